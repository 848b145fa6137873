"""Entities and links -> Doc.spans["xl_candidates"]."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from ...document.attributes import language_of
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
    needs = ("xl_translations", ENTITIES, "xl_alignments")
    settings = ("candidates", "measure")
    repeatable = True

    def __init__(self, candidates: CandidateGenerator, measure: Measure) -> None:
        self.candidates = candidates
        self.measure = measure

    def run(self, docs: Sequence[Doc]) -> None:
        places = [
            (doc, index)
            for doc in docs
            for index, translation in enumerate(doc._.xl_translations)
            if translation["entities"]
        ]
        bitexts = [_bitext(doc, index) for doc, index in places]
        spans = checks.spans(bitexts, self.candidates(bitexts))
        scores = checks.scores(bitexts, spans, self.measure(bitexts, spans))
        found: dict[int, list[Candidate]] = {id(doc): [] for doc in docs}
        for n, (doc, index) in enumerate(places):
            found[id(doc)] += _candidates(index, bitexts[n], spans[n], scores[n])
        for doc in docs:
            set_candidates(doc, found[id(doc)])

    def give_up(self, doc: Doc) -> None:
        set_candidates(doc, [])


def _bitext(doc: Doc, index: int) -> Bitext:
    """One translation of a Doc and the Doc, as candidates and measures see them."""
    translation = doc._.xl_translations[index]
    entities = translation["entities"]
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
        reach=_reach(doc, translation["segments"], entities),
    )


def _reach(
    doc: Doc, segments: list[list[int]], entities: list[SourceEntity]
) -> list[tuple[int, int]]:
    """The words of the Doc that translate the parts in which each entity lies."""
    if len(segments) < 2:
        return []
    found = []
    for entity in entities:
        own = [s for s in segments if s[2] < entity["end_char"] and entity["start_char"] < s[3]]
        span = doc.char_span(
            min((s[0] for s in own), default=0),
            max((s[1] for s in own), default=0),
            alignment_mode="expand",
        )
        found.append((span.start, span.end) if span else (0, len(doc)))
    return found


def _candidates(
    index: int, bitext: Bitext, spans: list[list[tuple[int, int]]], scores: list[list[float]]
) -> list[Candidate]:
    return [
        {
            "translation": index,
            "entity": k,
            "start": start,
            "end": end,
            "score": score,
            # A score that rests on no links (of characters, of an NER) stands alone.
            "confidence": max(0.0, min(1.0, score)) * (bitext.trust(k, (start, end)) or 1.0),
        }
        for k in range(len(bitext.entities))
        for (start, end), score in zip(spans[k], scores[k], strict=True)
    ]
