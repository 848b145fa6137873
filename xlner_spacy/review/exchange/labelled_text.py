"""A labelled text between us and another tool, and how tools count characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ...errors import InputError
from ..review_texts import ReviewText

Part = tuple[int, int, str]  # characters (code points) [start, end), and label


@dataclass(frozen=True)
class LabelledText:
    """A text with entities, by characters.

    scores: How sure each entity is, 0 to 1; None where that is not known.
    words: The characters of each word; None if they are not known.
    silver (bool): Whether the labels are silver, to be corrected, and not a person's.
    """

    text: str
    parts: Sequence[Part]
    scores: Sequence[float | None] = ()
    words: Sequence[tuple[int, int]] | None = None
    silver: bool = False


def of_silver(text: ReviewText) -> LabelledText:
    """A text of silver data."""
    parts = [text.part(own) for own in text.silver]
    return LabelledText(text.text, parts, text.confidences, text.words, silver=True)


class Utf16:
    """Code points of a text as UTF-16 units, which JavaScript counts in, and back."""

    def __init__(self, text: str) -> None:
        self._units = [0, *accumulate(1 + (ord(character) > 0xFFFF) for character in text)]
        self._points = {units: n for n, units in enumerate(self._units)}

    def units(self, point: int) -> int:
        """Where a code point begins."""
        return self._units[point]

    def point(self, units: Any) -> int | None:
        """The code point that begins there; None if none does."""
        return self._points.get(units) if isinstance(units, int) else None


def from_units(text: str, start: Any, end: Any, where: str) -> tuple[int, int]:
    """Offsets in UTF-16 units as code points.

    RAISES: InputError if they are not within the text, or within a character.
    """
    counted = Utf16(text)
    first, last = counted.point(start), counted.point(end)
    if first is None or last is None:
        raise InputError(
            f"{where}: {start!r} to {end!r} are no offsets in UTF-16 units of {text[:40]!r}.",
            hint="doccano counts so, unless its project counts grapheme clusters as one character: turn that off.",
        )
    return first, last


def text_of(record: Any, where: str) -> str:
    """RAISES: InputError if there is no text in a record."""
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise InputError(f'{where}: no "text".', hint="Is it the file of another format?")
    return text


def listed(value: Any, where: str, what: str) -> list[Any]:
    """RAISES: InputError if a value is no list."""
    if not isinstance(value, list):
        raise InputError(f"{where}: {what} is no list.", hint="Is it the file of another format?")
    return value


@dataclass
class Found:
    """What a file of another tool has.

    texts: Where each stands, the text, and its entities.
    skipped: For each reason, how many texts are not reviewed there.
    """

    texts: list[tuple[str, str, list[Part]]]
    skipped: dict[str, int]

    def skip(self, reason: str) -> None:
        """Count a text that is not taken."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


def labels_of(texts: Iterable[LabelledText]) -> list[str]:
    """All labels, in alphabetical order."""
    return sorted({label for text in texts for _, _, label in text.parts})
