"""Back-translation refinement (arXiv 2501.18750): the labelled translation goes back to the
text's own language with its entities marked, so that what is aligned with the text is of the
same language.

Unlike that paper's code, we assign a marked span to the entity that it matches best, and
each entity at most one span.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from spacy.tokens import Doc

from ...document.attributes import add_problem, forget, set_data, translation_doc
from ...document.give import make_translation, source_entity
from ...settings import check_choice, check_setting
from ...text.languages import same_language, tokenizer
from ...text.markers import (
    MIN_SIMILARITY,
    STYLE,
    STYLES,
    Marked,
    Recovered,
    free_style,
    translate_marked,
)
from ...text.segments import sentences
from ...types import SourceEntity, Translation, Translator
from .stage import ENTITIES, Stage
from .translate import _kind, translate_texts

Keep = Literal["lost", "all", "none"]


class BackTranslate(Stage):
    """Doc._.xl_translations -> the same, with back-translations and their entities behind them.

    The translations as they were before are kept: run again, the stage starts from those.
    Translations into the text's own language and those without entities are left as they are.

    counts (Counter): "entities", and what became of them: "recovered", or lost: "marker lost"
        (or round something else), "cannot be marked" (the text has all markers), "overlap". "choices": pieces in which entities of more than one
        label were assigned. "out of order": those of them whose spans are not in the entities'
        order. "stray spans": that are no entity's.
    """

    name = "back-translate"
    attribute = "xl_forward"
    repeatable = True
    needs = ("xl_translations", ENTITIES)

    def __init__(
        self,
        translator: Translator,
        target_lang: str,
        *,
        keep: Keep = "lost",
        style: str = STYLE,
        min_similarity: float = MIN_SIMILARITY,
        max_words: int = 100,
    ) -> None:
        part = "xl_back_translator"
        check_choice(part, "keep", keep, Keep)
        check_setting(part, "style", style, style in STYLES, f"one of {tuple(STYLES)}")
        valid = 0 <= min_similarity <= 1
        check_setting(part, "min_similarity", min_similarity, valid, "between 0 and 1")
        check_setting(part, "max_words", max_words, max_words > 0, "greater than 0")
        self.translator = translator
        self.target_lang = target_lang
        self.keep = keep
        self.style = style
        self.min_similarity = min_similarity
        self.max_words = max_words
        self.counts: Counter = Counter()

    def run(self, docs: Sequence[Doc]) -> None:
        jobs = [
            _Job(doc, index, self._parts(doc, index))
            for doc in docs
            for index, record in enumerate(doc._.xl_translations)
            if record["entities"] and not same_language(record["lang"], self.target_lang)
        ]
        known = self._translate(jobs)
        made: dict[int, list[_Back]] = {}
        for job in jobs:
            made.setdefault(id(job.doc), []).append(self._assemble(job, known[job.lang]))
        for doc in docs:
            self._set(doc, made.get(id(doc), []))

    def give_up(self, doc: Doc) -> None:
        set_data(self.attribute, doc, doc._.xl_translations)

    def _parts(self, doc: Doc, index: int) -> list[list[_Piece]]:
        """For each segment that has entities its sentences, for the others nothing."""
        record: Translation = doc._.xl_translations[index]
        entities = record["entities"] or []
        tokens = translation_doc(record, doc.vocab)
        bounds = sentences(tokens, self.max_words, record["lang"])
        parts = []
        for _, _, start, end in record["segments"]:
            inside = [k for k, e in enumerate(entities) if _within(e, start, end)]
            cuts = [
                at
                for at, _ in bounds
                if start < at < end
                and not any(e["start_char"] < at < e["end_char"] for e in entities)
            ]
            edges = [start, *cuts, end]
            parts.append(
                [
                    _piece(record["text"], a, b, entities)
                    for a, b in pairwise(edges)
                    if inside and _kind(tokens, record["text"], a, b) == "sentence"
                ]
            )
        return parts

    def _translate(self, jobs: Sequence[_Job]) -> dict[str, dict[Marked, Recovered]]:
        """The back-translation of each piece, by the piece's language."""
        wanted: dict[str, dict[Marked, None]] = {}
        for job in jobs:
            pieces = wanted.setdefault(job.lang, {})
            pieces.update((piece.marked, None) for part in job.parts for piece in part)
        return {
            lang: translate_marked(
                list(pieces), self._translator(lang), self.style, self.min_similarity
            )
            for lang, pieces in wanted.items()
        }

    def _translator(self, lang: str) -> Callable[[list[str]], list[str]]:
        return lambda texts: translate_texts(self.translator, texts, lang, self.target_lang)

    def _assemble(self, job: _Job, known: dict[Marked, Recovered]) -> _Back:
        """The back-translation of one translation."""
        text = ""
        segments = []
        places: list[tuple[int, int, int]] = []  # characters, and which entity
        for (start, end, _, _), part in zip(job.record["segments"], job.parts, strict=True):
            begin = None
            for piece in part:
                recovered = known[piece.marked]
                self._count(job, piece, recovered)
                text += " " if text and recovered.text else ""
                begin = len(text) if begin is None else begin
                for k, span in zip(piece.entities, recovered.spans, strict=True):
                    if span is not None:
                        places.append((len(text) + span[0], len(text) + span[1], k))
                text += recovered.text
            segments.append([start, end, len(text) if begin is None else begin, len(text)])
        tokens = tokenizer(self.target_lang)(text)
        found = _entities(tokens, places, job.entities)
        record = make_translation(tokens, self.target_lang, segments)
        record["entities"] = list(found.values())
        lost = [k for k in range(len(job.entities)) if k not in found]
        marked = {k for part in job.parts for piece in part for k in self._markable(piece)}
        self.counts.update(
            {
                "entities": len(job.entities),
                "recovered": len(found),
                "cannot be marked": sum(k not in marked for k in lost),
                "overlap": len(places) - len(found),
                "marker lost": len(marked) - len(places),
            }
        )
        return _Back(job.translation, record, lost)

    def _markable(self, piece: _Piece) -> list[int]:
        """Nothing if its text has markers of every style of its own."""
        return piece.entities if free_style(piece.marked.text, self.style) else []

    def _count(self, job: _Job, piece: _Piece, recovered: Recovered) -> None:
        spans = [span for span in recovered.spans if span is not None]
        self.counts["stray spans"] += recovered.n_marked - len(spans)
        if len({job.entities[k]["label"] for k in piece.entities}) > 1 and spans:
            self.counts["choices"] += 1
            self.counts["out of order"] += spans != sorted(spans)

    def _set(self, doc: Doc, backs: list[_Back]) -> None:
        forward: list[Translation] = doc._.xl_translations
        if backs:
            forget(doc, "xl_alignments")
            records = list(forward)
            for back in backs:
                record = records[back.translation]
                before = record["entities"] or []
                if self.keep == "none":
                    for k in back.lost:
                        add_problem(doc, self.name, "marker lost", before[k]["text"])
                if self.keep == "lost":
                    lost = [before[k] for k in back.lost]
                    records[back.translation] = {**record, "entities": lost}
            gone = {back.translation for back in backs} if self.keep == "none" else set()
            doc._.xl_translations = [
                *(record for n, record in enumerate(records) if n not in gone),
                *(back.record for back in backs),
            ]
        set_data(self.attribute, doc, forward)


class _Piece(NamedTuple):
    """A piece of text that is translated back on its own."""

    marked: Marked
    entities: list[int]  # which of the translation's they are


class _Job(NamedTuple):
    """One translation of a Doc, with the pieces of each of its segments."""

    doc: Doc
    translation: int  # index in Doc._.xl_translations
    parts: list[list[_Piece]]

    @property
    def record(self) -> Translation:
        record: Translation = self.doc._.xl_translations[self.translation]
        return record

    @property
    def entities(self) -> list[SourceEntity]:
        return self.record["entities"] or []

    @property
    def lang(self) -> str:
        return self.record["lang"]


class _Back(NamedTuple):
    """A back-translation."""

    translation: int  # which one it is of
    record: Translation
    lost: list[int]


def _within(entity: SourceEntity, start: int, end: int) -> bool:
    return start <= entity["start_char"] and entity["end_char"] <= end


def _piece(text: str, start: int, end: int, entities: list[SourceEntity]) -> _Piece:
    inside = [k for k, e in enumerate(entities) if _within(e, start, end)]
    spans = tuple(
        (entities[k]["start_char"] - start, entities[k]["end_char"] - start) for k in inside
    )
    return _Piece(Marked(text[start:end], spans), inside)


def _entities(
    tokens: Doc, places: list[tuple[int, int, int]], entities: list[SourceEntity]
) -> dict[int, SourceEntity]:
    """The recovered entities in text order, by which entity of the translation each is. Of two
    that get the same token the first stays."""
    found: dict[int, SourceEntity] = {}
    free = 0
    for start, end, k in sorted(places):
        span = tokens.char_span(start, end, alignment_mode="expand")
        if span is not None and span.start >= free:
            first = entities[k]
            found[k] = source_entity(
                tokens, span.start, span.end, first["label"], first["source_label"], first["score"]
            )
            free = span.end
    return found
