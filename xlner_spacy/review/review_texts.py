"""The texts of a silver corpus as a reviewer sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.tokens import Doc, SpanGroup

from ..corpus.texts import read_docbin
from ..document.teacher import TEACHER, teacher_of
from ..errors import InputError
from ..evaluation.metrics import TokenEntity
from ..reports.facts import languages
from ..silver.corpus_files import corpus_files
from ..silver.kept_sides import TRANSLATIONS, UNPLACED
from ..silver.manifest import FILE, read_manifest
from ..silver.selection import SILVER
from ..silver.shards import SPLITS
from ..text.languages import tokenizer


@dataclass(frozen=True)
class ReviewText:
    """A text with its silver labels, and what is known of them.

    key (str): Names the text; two texts of the same characters have the same.
    words: The characters of each word, [start, end).
    silver: The entities, by word.
    confidences: Of each entity, 0 to 1; None where it has none.
    sources: Where each comes from, as the shards have it; None where that is not known.
    unsure: Words, [start, end), that the build left open (`--below missing`).
    translations, unplaced: As `silver.kept_sides` has them; [] in shards of earlier versions.
    beliefs: Of teachers: for each word the probability of its likeliest tag.
    """

    key: str
    text: str
    words: tuple[tuple[int, int], ...]
    silver: tuple[TokenEntity, ...] = ()
    confidences: tuple[float | None, ...] = ()
    sources: tuple[dict[str, Any] | None, ...] = ()
    unsure: tuple[tuple[int, int], ...] = ()
    translations: Sequence[dict[str, Any]] = ()
    unplaced: Sequence[dict[str, Any]] = ()
    beliefs: tuple[float, ...] = ()

    def part(self, entity: TokenEntity) -> tuple[int, int, str]:
        """An entity by characters."""
        start, end, label = entity
        return self.words[start][0], self.words[end - 1][1], label


@dataclass(frozen=True)
class SilverTexts:
    """A silver corpus to be reviewed.

    place (str): The folder or file, as the user named it.
    lang, source_langs: Of the texts and of their translations; "xx" and () if the corpus does not say.
    repeated (int): How many texts were left out because the same text comes before.
    threshold (float): The least confidence of an entity that was trained on.
    """

    place: str
    lang: str
    texts: Sequence[ReviewText]
    source_langs: Sequence[str] = ()
    repeated: int = 0
    threshold: float = 0.0
    by_key: dict[str, ReviewText] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """Of the silver entities, the most frequent first."""
        counts: dict[str, int] = {}
        for text in self.texts:
            for _, _, label in text.silver:
                counts[label] = counts.get(label, 0) + 1
        return sorted(counts, key=lambda label: (-counts[label], label))

    @property
    def has_translations(self) -> bool:
        """Whether the corpus keeps the texts' translations."""
        return any(text.translations for text in self.texts)


def text_id(text: str) -> str:
    """The key of a text."""
    return hashlib.blake2b(text.encode("utf8", "surrogatepass"), digest_size=10).hexdigest()


def read_silver(place: Path) -> SilverTexts:
    """Read a silver corpus.

    place (Path): The folder of a finished `xlner build`, whose train texts are read; a folder of shards, as
        silver/dev; or a .spacy file.
    RAISES: InputError if it is none of them, is not finished, or has no texts.
    """
    shards, settings = place, {}
    if (place / FILE).is_file():
        shards, settings = place / SPLITS[0], read_manifest(place)["settings"]
    elif (place.parent / FILE).is_file() and place.name in SPLITS:
        settings = read_manifest(place.parent)["settings"]
    if not place.exists():
        raise InputError(
            f"{place} does not exist.",
            hint="Give the folder of an `xlner build`: silver/press",
        )
    sources, lang = languages(settings) if settings else ([], "xx")
    nlp = tokenizer("xx")
    docs = (doc for file in _shard_files(shards) for doc in read_docbin(file, nlp))
    texts, repeated = _texts(docs)
    if not texts:
        raise InputError(f"{place} has no texts to review.")
    return SilverTexts(
        str(place),
        lang,
        texts,
        sources,
        repeated,
        float(settings.get("min_confidence", 0.0)),
        {text.key: text for text in texts},
    )


def _shard_files(place: Path) -> list[Path]:
    files = corpus_files([place])
    for file in files:
        if file.suffix != ".spacy":
            raise InputError(
                f"{file} is no silver data.",
                hint="Give the folder of an `xlner build`, a folder of shards, or a .spacy file.",
            )
    return files


def _texts(docs: Iterable[Doc]) -> tuple[list[ReviewText], int]:
    found: dict[str, ReviewText] = {}
    repeated = 0
    for doc in docs:
        if not doc.text.strip():
            continue
        key = text_id(doc.text)
        if key in found:
            repeated += 1
        else:
            found[key] = review_text(doc)
    return list(found.values()), repeated


def review_text(doc: Doc) -> ReviewText:
    """A training text of a build, or any text with entities."""
    group = doc.spans[SILVER] if SILVER in doc.spans else SpanGroup(doc)
    attrs = group.attrs
    spans = [(span.start, span.end) for span in group]
    known = dict(zip(spans, attrs.get("scores", ()), strict=False))
    origins = dict(zip(spans, attrs.get("sources", ()), strict=False))
    silver = tuple((ent.start, ent.end, ent.label_) for ent in doc.ents)
    confidences = [known.get(own[:2]) for own in silver]
    return ReviewText(
        key=text_id(doc.text),
        text=doc.text,
        words=tuple((token.idx, token.idx + len(token)) for token in doc),
        silver=silver,
        confidences=tuple(None if c is None else float(c) for c in confidences),
        sources=tuple(origins.get(own[:2]) for own in silver),
        unsure=tuple(_missing(doc)),
        translations=list(attrs.get(TRANSLATIONS, ())),
        unplaced=list(attrs.get(UNPLACED, ())),
        beliefs=_beliefs(doc),
    )


def _missing(doc: Doc) -> Iterable[tuple[int, int]]:
    """Words without annotation, in a text that has some: a text with none at all is just unlabelled."""
    open_words = [token.i for token in doc if not token.ent_iob]
    if len(open_words) == len(doc):
        return
    for n in open_words:
        yield n, n + 1


def _beliefs(doc: Doc) -> tuple[float, ...]:
    if TEACHER not in doc.spans:
        return ()
    _, distributions, _ = teacher_of(doc)
    return tuple(float(p) for p in distributions.max(axis=1, initial=0.0))
