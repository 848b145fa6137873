"""Slips of the fingers on a keyboard."""

from __future__ import annotations

import unicodedata
from functools import cache
from random import Random
from typing import Literal

from .labelled import Labelled, Where, respell
from .letters import is_letter, letters

Keyboard = Literal["qwerty", "qwertz", "azerty"]
_ROWS = {
    "qwerty": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "qwertz": ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
}


def typos(
    text: Labelled,
    rng: Random,
    strength: float,
    *,
    where: Where = "both",
    keyboard: Keyboard = "qwerty",
) -> Labelled:
    """Letters replaced by, or doubled with, a neighbour on the keyboard, left out, doubled, or
    swapped with the next one. Letters that are not on a Latin keyboard have no neighbours.

    No word is lost, and digits and punctuation stay.

    strength (float): The probability that a letter is hit, 0 to 1.
    where: The words that may be hit.
    """
    return respell(text, text.chosen(where), lambda word: mistyped(word, rng, strength, keyboard))


def mistyped(word: str, rng: Random, strength: float, keyboard: Keyboard = "qwerty") -> str:
    """A word with typing errors; never an empty one."""
    found = letters(word)
    typed: list[str] = []
    at = 0
    while at < len(found):
        letter = found[at]
        following = found[at + 1] if at + 1 < len(found) else ""
        at += 1
        if not is_letter(letter) or rng.random() >= strength:
            typed.append(letter)
            continue
        neighbours = _neighbours(letter, keyboard)
        slips = ["double"]
        slips += ["replace", "insert"] if neighbours else []
        slips += ["leave out"] if len(found) > 1 else []
        slips += ["swap"] if following and is_letter(following) and following != letter else []
        slip = rng.choice(slips)
        if slip == "double":
            typed += [letter, letter]
        elif slip == "replace":
            typed.append(rng.choice(neighbours))
        elif slip == "insert":
            typed += rng.sample([letter, rng.choice(neighbours)], 2)
        elif slip == "swap":
            typed += [following, letter]
            at += 1
    return "".join(typed) or word


def _neighbours(letter: str, keyboard: Keyboard) -> str:
    """The keys round the letter's own, in its case; "" for letters of other scripts."""
    base = unicodedata.normalize("NFD", letter)[0]
    found = _neighbours_of(keyboard).get(base.lower(), "")
    return found.upper() if base.isupper() else found


@cache
def _neighbours_of(keyboard: Keyboard) -> dict[str, str]:
    """Each row lies half a key further to the right than the one above it."""
    places = {
        key: (column + row / 2, row)
        for row, keys in enumerate(_ROWS[keyboard])
        for column, key in enumerate(keys)
    }
    return {
        key: "".join(
            other
            for other, (u, v) in places.items()
            if other != key and abs(u - x) <= 1 and abs(v - y) <= 1
        )
        for key, (x, y) in places.items()
    }
