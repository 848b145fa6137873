"""Candidates and votes: span groups of the Doc, with what is known of each span in `attrs`.

    Doc.spans["xl_candidates"]  spans where an entity of a translation might be, with its label
        scores       what the matcher maximises (spancat's convention)
        entities     [translation, entity]: which one it is of `Doc._.xl_translations`
        confidences  how sure the place is, 0 to 1
    Doc.spans["xl_votes"]       spans that members of `xl_ensemble` found, the best first
        scores       the support that each got, 0 to 1
        members      who found it: name -> confidence
        outcomes     "placed", "too few votes", "its place was taken"

Each attribute is a list with one item per span, of plain data: it survives `Doc.to_bytes`,
`DocBin` and other processes.
"""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc, Span, SpanGroup

from ..types import Candidate, Vote

CANDIDATES = "xl_candidates"
VOTES = "xl_votes"


def has_group(doc: Doc, name: str) -> bool:
    """Whether a stage has put a group on the Doc. (`Doc.from_docs` brings the spans along without
    what is known of them.)"""
    return name in doc.spans and bool(doc.spans[name].attrs)


def set_candidates(doc: Doc, found: Sequence[Candidate]) -> None:
    """Put candidates on the Doc, in the place of earlier ones."""
    translations = doc._.xl_translations or []
    labels = [translations[c["translation"]]["entities"][c["entity"]]["label"] for c in found]
    doc.spans[CANDIDATES] = SpanGroup(
        doc,
        name=CANDIDATES,
        spans=[
            Span(doc, c["start"], c["end"], label) for c, label in zip(found, labels, strict=True)
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
        spans=[Span(doc, vote["start"], vote["end"], vote["label"]) for vote in found],
        attrs={
            "scores": [vote["support"] for vote in found],
            "members": [dict(vote["members"]) for vote in found],
            "outcomes": [vote["outcome"] for vote in found],
        },
    )


def votes(doc: Doc) -> list[Vote]:
    """The votes that are on the Doc; none without an `xl_ensemble`."""
    if not has_group(doc, VOTES):
        return []
    group = doc.spans[VOTES]
    attrs = group.attrs
    return [
        {
            "start": span.start,
            "end": span.end,
            "start_char": span.start_char,
            "end_char": span.end_char,
            "text": span.text,
            "label": span.label_,
            "members": dict(members),
            "support": support,
            "outcome": outcome,
        }
        for span, support, members, outcome in zip(
            group, attrs["scores"], attrs["members"], attrs["outcomes"], strict=True
        )
    ]
