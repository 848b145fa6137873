"""The plain records of what got a place and what got none."""

from __future__ import annotations

from collections.abc import Iterable

from spacy.tokens import Span

from ..types import Ballot, Origin, Placement, SourceEntity, Unplaced

# What becomes of an entity.
PLACED = "placed"
TAKEN = "its place was taken"
CROSSES = "crosses a sentence boundary"
# It has a place, under the label that other voters gave it.
ANOTHER_LABEL = "another label won"


def origin(entity: SourceEntity, translation: int, lang: str) -> Origin:
    """Where an entity comes from.

    translation (int): Which translation it is of, -1 for none; `lang` is its language.
    """
    return {
        "translation": translation,
        "lang": lang,
        "langs": [lang],
        "text": entity["text"],
        "label": entity["source_label"],
        "start_char": entity["start_char"],
        "end_char": entity["end_char"],
        "score": entity["score"],
    }


def own_origin(span: Span, label: str) -> Origin:
    """The origin of an entity that comes from the text itself."""
    return {
        "translation": -1,
        "lang": "",
        "langs": [],
        "text": span.text,
        "label": label,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "score": None,
    }


def spoken_for(source: Origin, ballots: Iterable[Ballot]) -> Origin:
    """An origin with the languages of all that speak for the entity: those of the translations in
    their order, then the text's own."""
    origins = [ballot.origin for ballot in ballots if ballot.origin]
    origins.sort(key=lambda own: (own["translation"] < 0, own["translation"]))
    langs = dict.fromkeys(lang for own in origins for lang in own["langs"])
    return {**source, "langs": list(langs)}


def placement(span: Span, label: str, confidence: float, source: Origin) -> Placement:
    """The record of an entity that was placed.

    confidence (float): 0 to 1; kept to four decimals.
    """
    return {
        "start": span.start,
        "end": span.end,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "text": span.text,
        "label": label,
        "confidence": round(confidence, 4),
        "source": source,
    }


def projected(
    span: Span, entity: SourceEntity, translation: int, lang: str, confidence: float
) -> Placement:
    """The record of an entity of a translation that was placed.

    translation (int): Which translation it is of, -1 for none; `lang` is its language.
    confidence (float): How sure the place is, 0 to 1. The record has it times the annotator's
        probability of the entity, where there is one.
    """
    if entity["score"] is not None:
        confidence *= entity["score"]
    return placement(span, entity["label"], confidence, origin(entity, translation, lang))


def unplaced(entity: SourceEntity, translation: int, reason: str) -> Unplaced:
    """The record of a translation's entity that got no place."""
    return {
        "text": entity["text"],
        "label": entity["label"],
        "reason": reason,
        "translation": translation,
        "start_char": entity["start_char"],
        "end_char": entity["end_char"],
    }


def not_placed(entity: Placement, reason: str) -> Unplaced:
    """The record of an entity that did not get the place that was meant for it."""
    source = entity["source"]
    return {
        "text": source["text"],
        "label": entity["label"],
        "reason": reason,
        "translation": source["translation"],
        "start_char": source["start_char"],
        "end_char": source["end_char"],
    }
