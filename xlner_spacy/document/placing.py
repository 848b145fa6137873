"""Putting entities on a Doc, for the components that do not match candidates; and the records
of what got a place and what got none, for all."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from spacy.tokens import Doc, Span

from ..types import Placement, SourceEntity, Unplaced
from .attributes import claim

# What becomes of an entity.
PLACED = "placed"
TAKEN = "its place was taken"
CROSSES = "crosses a sentence boundary"


def place(doc: Doc, found: Iterable[Placement], overwrite: bool) -> list[str]:
    """Set `Doc.ents` and `Doc._.xl_entities`, in the order given as far as there is room.

    overwrite (bool): Replace entities that are already on the Doc. If not, they stay.
    RETURNS: What became of each entity: "placed", "its place was taken" or "crosses a sentence
        boundary", one that is on the Doc.
    """
    kept = [] if overwrite else list(doc.ents)
    taken = {word for span in kept for word in range(span.start, span.end)}
    sentence = sentence_numbers(doc)
    placed: list[Placement] = []
    outcomes = []
    for entity in found:
        words = range(entity["start"], entity["end"])
        if sentence[words[0]] != sentence[words[-1]]:
            outcomes.append(CROSSES)
        elif not taken.isdisjoint(words):
            outcomes.append(TAKEN)
        else:
            outcomes.append(PLACED)
            placed.append(entity)
            taken.update(words)
    spans = [Span(doc, e["start"], e["end"], e["label"]) for e in placed]
    # Every token was looked at, so what is no entity is known to be none.
    doc.set_ents([*kept, *spans], default="outside")
    on_doc = {(e.start_char, e.end_char, e.label_) for e in kept}
    earlier = [e for e in doc._.xl_entities or [] if claim(e) in on_doc]
    doc._.xl_entities = sorted([*earlier, *placed], key=lambda e: e["start"])
    return outcomes


def sentence_numbers(doc: Doc) -> list[int]:
    """For each token which sentence it is in, by the boundaries that the user or an upstream
    component set; where there are none the text is one sentence."""
    if not doc.has_annotation("SENT_START"):
        return [0] * len(doc)
    return list(accumulate(int(bool(token.is_sent_start)) for token in doc))


def projected(
    span: Span, entity: SourceEntity, translation: int, lang: str, confidence: float
) -> Placement:
    """The record of an entity that was placed.

    translation (int): Which translation it is of, -1 for none; `lang` is its language.
    confidence (float): How sure the place is, 0 to 1. The record has it times the annotator's
        probability of the entity, where there is one.
    """
    return {
        "start": span.start,
        "end": span.end,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "text": span.text,
        "label": entity["label"],
        "confidence": round(confidence * (1.0 if entity["score"] is None else entity["score"]), 4),
        "source": {
            "translation": translation,
            "lang": lang,
            "text": entity["text"],
            "label": entity["source_label"],
            "start_char": entity["start_char"],
            "end_char": entity["end_char"],
            "score": entity["score"],
        },
    }


def unplaced(entity: SourceEntity | Placement, translation: int, reason: str) -> Unplaced:
    """The record of an entity that got no place."""
    return {
        "text": entity["text"],
        "label": entity["label"],
        "reason": reason,
        "translation": translation,
        "start_char": entity["start_char"],
        "end_char": entity["end_char"],
    }
