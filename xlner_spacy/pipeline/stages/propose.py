"""Entities and links -> Doc.spans["xl_candidates"]."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from ...document.attributes import language_of
from ...document.bounds import is_too_long, reach
from ...document.span_groups import CANDIDATES, set_candidates
from ...document.strongest_links import strongest
from ...types import (
    Bitext,
    Candidate,
    CandidateGenerator,
    Measure,
    SourceEntity,
)
from . import checks
from .stage import ENTITIES, Stage


class Propose(Stage):
    """Entities and links -> Doc.spans["xl_candidates"]: spans where each might be, with scores."""

    name = "propose"
    attribute = CANDIDATES
    settings = ("candidates", "measure")
    repeatable = True
    needs = ("xl_translations", ENTITIES, "xl_alignments")

    def __init__(self, candidates: CandidateGenerator, measure: Measure) -> None:
        self.candidates = candidates
        self.measure = measure

    def run(self, docs: Sequence[Doc]) -> None:
        places = [
            (doc, index, names)
            for doc in docs
            for index, translation in enumerate(doc._.xl_translations)
            if (names := _names(translation["entities"] or []))
        ]
        bitexts = [_bitext(*place) for place in places]
        spans = checks.spans(bitexts, self.candidates(bitexts))
        scores = checks.scores(bitexts, spans, self.measure(bitexts, spans))
        found: dict[int, list[Candidate]] = {id(doc): [] for doc in docs}
        for n, (doc, index, names) in enumerate(places):
            found[id(doc)] += _candidates(index, names, bitexts[n], spans[n], scores[n])
        for doc in docs:
            set_candidates(doc, found[id(doc)])

    def give_up(self, doc: Doc) -> None:
        set_candidates(doc, [])


def _names(entities: Sequence[SourceEntity]) -> list[int]:
    """The entities that are short enough to be projected."""
    return [k for k, entity in enumerate(entities) if not is_too_long(entity)]


def _bitext(doc: Doc, index: int, names: list[int]) -> Bitext:
    """One translation of a Doc and the Doc, as candidates and measures see them, with some of
    the translation's entities."""
    translation = doc._.xl_translations[index]
    entities = [translation["entities"][k] for k in names]
    links = doc._.xl_alignments[index]
    return Bitext(
        source_words=translation["words"],
        target_words=[token.text for token in doc],
        entities=[(e["start"], e["end"]) for e in entities],
        links=strongest(links, len(translation["words"]), len(doc)),
        labels=[e["label"] for e in entities],
        source_lang=translation["lang"],
        target_lang=language_of(doc),
        source_spaces=translation["spaces"],
        target_spaces=[bool(token.whitespace_) for token in doc],
        reach=reach(doc, translation["segments"], entities),
    )


def _candidates(
    index: int,
    names: list[int],
    bitext: Bitext,
    spans: list[list[tuple[int, int]]],
    scores: list[list[float]],
) -> list[Candidate]:
    return [
        {
            "translation": index,
            "entity": name,
            "start": start,
            "end": end,
            "score": score,
            # A score that rests on no links (of characters, of an NER) stands alone.
            "confidence": max(0.0, min(1.0, score)) * (trust or 1.0),
        }
        for k, name in enumerate(names)
        for (start, end), score, trust in zip(
            spans[k], scores[k], bitext.trust(k, spans[k]), strict=True
        )
    ]
