"""Texts cut at their entities, to be drawn side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..text.terminal import drawable

WINDOW = 600  # characters of a text that are shown; of a single entity's text, half of them


@dataclass(frozen=True)
class Mark:
    """A marked entity.

    note (str): Its tooltip, which screen readers say too.
    sign (str): What is written beside its label.
    """

    start: int
    end: int
    label: str
    note: str = ""
    sign: str = ""


@dataclass(frozen=True)
class Piece:
    """A piece of a text, marked or not."""

    text: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Shown:
    """A text beside its other sides: its translation, say, or what a model found in it."""

    left: list[Piece]
    right: list[list[Piece]]
    facts: dict[str, Any] = field(default_factory=dict)


def pieces(text: str, marks: Iterable[Mark], around: int = 0, window: int = WINDOW) -> list[Piece]:
    """Cut a text at its marks.

    around (int): The character that must be seen if the text is too long to be shown whole.
    window (int): How many characters may be shown.
    """
    text = drawable(text)
    first, last = 0, len(text)
    if last > window:
        first = max(0, min(around - window // 2, last - window))
        last = first + window
    found = [Piece("…")] if first else []
    here = first
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        start, end = max(mark.start, here), min(mark.end, last)
        if start < end:
            found += [Piece(text[here:start]), Piece(text[start:end], mark)]
            here = end
    found.append(Piece(text[here:last]))
    if last < len(text):
        found.append(Piece("…"))
    return [piece for piece in found if piece.text]


def example(item: dict[str, Any]) -> Shown:
    """A text of the corpus beside its translations."""
    marks = [
        Mark(
            ent["start"],
            ent["end"],
            ent["label"],
            note=f"confidence {ent['confidence']:.2f}",
            sign="" if ent["fate"] == "kept" else ent["fate"],
        )
        for ent in item["ents"]
    ]
    return Shown(
        left=pieces(item["text"], marks),
        right=[pieces(t["text"], _plain(t["ents"])) for t in item["translations"]],
        facts={"outcome": item["outcome"]},
    )


def _plain(entities: Iterable[dict[str, Any]]) -> list[Mark]:
    return [Mark(ent["start"], ent["end"], ent["label"]) for ent in entities]


def unsure(item: dict[str, Any]) -> Shown:
    """Only the entity in question is marked, on both sides."""
    entity, half = item["entity"], WINDOW // 2
    source = entity["source"]
    target_mark = Mark(
        entity["start_char"],
        entity["end_char"],
        entity["label"],
        note=f"confidence {entity['confidence']:.2f}",
    )
    source_mark = Mark(source["start_char"], source["end_char"], source["label"])
    number = source["translation"]
    # Of what only the text's own voice found, the text is the source.
    translation = item["text"] if number < 0 else item["translations"][number]["text"]
    kept = item["outcome"] in ("train", "dev")
    return Shown(
        left=pieces(item["text"], [target_mark], target_mark.start, half),
        right=[pieces(translation, [source_mark], source_mark.start, half)],
        facts={
            "confidence": entity["confidence"],
            "fate": item["fate"] if kept else f"its text is left out: {item['outcome']}",
            "text": entity["text"],
            "source": source["text"],
        },
    )


def error(item: dict[str, Any]) -> Shown:
    """Gold on the left, what was found on the right; the text around the first difference."""
    gold, found = _plain(item["gold"]), _plain(item["found"])
    different = [mark.start for mark in {*gold} ^ {*found}]
    around = min(different, default=0)
    return Shown(
        left=pieces(item["text"], _compared(gold, found, "missed"), around),
        right=[pieces(item["text"], _compared(found, gold, "wrong"), around)],
    )


def _compared(marks: Sequence[Mark], others: Sequence[Mark], sign: str) -> list[Mark]:
    return [
        mark if mark in others else Mark(mark.start, mark.end, mark.label, sign=sign)
        for mark in marks
    ]
