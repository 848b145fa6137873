"""What became of each candidate: placed, or why it lost."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc

from ...document.records import PLACED
from ...document.span_groups import CANDIDATES, candidates, has_group
from ...types import Candidate, Placement

Place = tuple[int, int]


def candidate_fates(doc: Doc) -> list[dict[str, Any]]:
    """The candidates of each entity of each translation, the best first, with their outcomes.

    doc (Doc): A Doc that went through; one that nothing was projected on has no candidates.
    """
    if not has_group(doc, CANDIDATES):
        return []
    offered = candidates(doc)
    offered.sort(key=lambda c: (c["translation"], c["entity"], -c["score"], c["start"]))
    reasons = {
        (lost["translation"], lost["start_char"]): lost["reason"]
        for lost in doc._.xl_unplaced or []
    }
    return [_record(doc, candidate, offered, reasons) for candidate in offered]


def _record(
    doc: Doc, own: Candidate, offered: list[Candidate], reasons: dict[Place, str]
) -> dict[str, Any]:
    entity = doc._.xl_translations[own["translation"]]["entities"][own["entity"]]
    span = doc[own["start"] : own["end"]]
    return {
        "translation": own["translation"],
        "entity": own["entity"],
        "start": span.start_char,
        "end": span.end_char,
        "text": span.text,
        "label": entity["label"],
        "score": round(own["score"], 4),
        "confidence": round(own["confidence"], 4),
        "outcome": _outcome(doc, own, entity, offered, reasons),
    }


def _outcome(
    doc: Doc,
    own: Candidate,
    entity: Any,
    offered: list[Candidate],
    reasons: dict[Place, str],
) -> str:
    place = own["start"], own["end"]
    placed: dict[Place, Placement] = {(e["start"], e["end"]): e for e in doc._.xl_entities or []}
    there = placed.get(place)
    if there and there["label"] == entity["label"]:
        return PLACED
    if there:
        return f"the label {there['label']} won there"
    # Where this entity went instead: the place of one of its other candidates.
    instead = next(
        (
            other
            for other in offered
            if (other["translation"], other["entity"]) == (own["translation"], own["entity"])
            and (won := placed.get((other["start"], other["end"])))
            and won["label"] == entity["label"]
        ),
        None,
    )
    if instead:
        chosen = doc[instead["start"] : instead["end"]].text
        better = instead["score"] > own["score"]
        return f"{chosen!r} scored higher" if better else f"{chosen!r} was chosen instead"
    taken = next((e for (s, t), e in placed.items() if s < own["end"] and own["start"] < t), None)
    if taken:
        return f"its words went to {taken['text']!r} ({taken['label']})"
    return reasons.get((own["translation"], entity["start_char"]), "not chosen")
