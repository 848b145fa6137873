"""Words of a raw text as a token classifier labels them, in any script, without a tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from .scripts import is_unspaced


class Unit(NamedTuple):
    """A word of a text, or a word piece where words are not separated."""

    start: int  # characters [start, end)
    end: int
    piece: int  # the word piece that stands for it


def units(text: str, offsets: Sequence[tuple[int, int]]) -> list[Unit]:
    """The units of a text, in order, each with its first word piece.

    Spaces separate units. Marks at the edges of what is between spaces are units of their own;
    hyphens, slashes and apostrophes inside it end a unit ("l'" + "Union"). In a script without
    spaces each word piece is a unit.

    offsets: The characters [start, end) of each word piece; a leading space may be among them.
    """
    begins = {match.start() for match in _pattern().finditer(text)}
    found: list[Unit] = []
    for piece, (start, end) in enumerate(offsets):
        while start < end and text[start].isspace():
            start += 1
        if found and start == found[-1].start:
            found[-1] = found[-1]._replace(end=max(end, found[-1].end))
        elif start in begins or _changes_script(text, start):
            found.append(Unit(start, end, piece))
        elif found:
            found[-1] = found[-1]._replace(end=max(end, found[-1].end))
    # Tokenizers have pieces for what is not in the text.
    return [unit for unit in found if unit.start < unit.end]


def _changes_script(text: str, start: int) -> bool:
    """Whether the character or the one before it is of a script without spaces."""
    return any(map(is_unspaced, text[max(start - 1, 0) : start + 1]))


@cache
def _pattern() -> Any:
    import regex

    edge = r"[^\s\p{L}\p{M}\p{N}]"
    word = r"[\p{L}\p{M}\p{N}]"
    # A word goes on over marks that have a letter or digit behind them ("U.S", "3.5"), except
    # those that end a unit.
    ends = r"\-‐‑–—/'’"
    inside = rf"(?:{word}|(?![{ends}]){edge}(?={word}))"
    return regex.compile(rf"{word}{inside}*[{ends}]?|{edge}")
