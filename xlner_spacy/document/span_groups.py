"""Candidates and votes: span groups of the Doc, with what is known of each span in `attrs`.

    Doc.spans["xl_candidates"]  spans where an entity of a translation might be, with its label
        scores       what the matcher maximises (spancat's convention)
        entities     [translation, entity]: which one it is of `Doc._.xl_translations`
        confidences  how sure the place is, 0 to 1
    Doc.spans["xl_votes"]       spans that members of `xl_ensemble` found, the best first
        scores       the support that each got, 0 to 1
        members      who found it: name -> confidence
        outcomes     "placed", "its place was taken", "crosses a sentence boundary", or why the
                     voter ruled it out: "too few votes"

Each attribute is a list with one item per span, of plain data: it survives `Doc.to_bytes`,
`DocBin` and other processes.
"""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc, Span, SpanGroup

from ..types import Candidate, Vote
from .records import PLACED

CANDIDATES = "xl_candidates"
VOTES = "xl_votes"


def has_group(doc: Doc, name: str) -> bool:
    """Whether a stage has put a group on the Doc. (`Doc.from_docs` brings the spans along without
    what is known of them.)"""
    return name in doc.spans and bool(doc.spans[name].attrs)


def set_candidates(doc: Doc, found: Sequence[Candidate]) -> None:
    """Put candidates on the Doc, in the place of earlier ones."""
    # Names as numbers: spaCy would look the string of each span up again.
    labels = [
        [doc.vocab.strings.add(entity["label"]) for entity in translation["entities"] or []]
        for translation in doc._.xl_translations or []
    ]
    doc.spans[CANDIDATES] = SpanGroup(
        doc,
        name=CANDIDATES,
        spans=[
            Span(doc, c["start"], c["end"], labels[c["translation"]][c["entity"]]) for c in found
        ],
        attrs={
            "scores": [c["score"] for c in found],
            "entities": [[c["translation"], c["entity"]] for c in found],
            "confidences": [c["confidence"] for c in found],
        },
    )


def candidates(doc: Doc) -> list[Candidate]:
    """The candidates that are on the Doc."""
    group = doc.spans[CANDIDATES]
    attrs = group.attrs
    return [
        {
            "translation": translation,
            "entity": entity,
            "start": span.start,
            "end": span.end,
            "score": score,
            "confidence": confidence,
        }
        for span, (translation, entity), score, confidence in zip(
            group, attrs["entities"], attrs["scores"], attrs["confidences"], strict=True
        )
    ]


def set_votes(doc: Doc, found: Sequence[Vote]) -> None:
    """Put votes on the Doc, in the place of earlier ones."""
    doc.spans[VOTES] = SpanGroup(
        doc,
        name=VOTES,
        spans=[Span(doc, vote.start, vote.end, vote.label) for vote in found],
        attrs={
            "scores": [round(vote.support, 4) for vote in found],
            "members": [{b.who: b.confidence for b in vote.ballots} for vote in found],
            "outcomes": [vote.outcome for vote in found],
        },
    )


def placed_votes(doc: Doc) -> list[Span]:
    """The spans that got a place by vote; none without an `xl_ensemble`."""
    if not has_group(doc, VOTES):
        return []
    group = doc.spans[VOTES]
    outcomes = group.attrs["outcomes"]
    return [span for span, outcome in zip(group, outcomes, strict=True) if outcome == PLACED]
