"""Letters as readers see them: a character with its marks, in any script."""

from __future__ import annotations

from functools import cache

import regex

_LETTERS = regex.compile(r"\X")


def letters(word: str) -> list[str]:
    """Unicode's grapheme clusters: "é" in one or two characters, an emoji of several, a
    Devanagari consonant with its vowel sign."""
    found: list[str] = _LETTERS.findall(word)
    return found


def is_letter(cluster: str) -> bool:
    """Whether a cluster is a letter, not a digit, a mark or an emoji."""
    return cluster[0].isalpha()


def is_script(cluster: str, script: str) -> bool:
    """Whether a cluster's first character belongs to a script, by Unicode's name of it."""
    return _of_script(script).match(cluster) is not None


@cache
def _of_script(script: str) -> regex.Pattern[str]:
    return regex.compile(rf"\p{{Script={script}}}")
