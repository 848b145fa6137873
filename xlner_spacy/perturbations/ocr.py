"""What optical character recognition takes for something else."""

from __future__ import annotations

from functools import cache
from random import Random

import regex

from .labelled import Labelled, Where, respell

# Shapes that are alike in print; "ſ", the long s of old prints, is read as f. An own selection
# from what OCR is known to confuse: no corpus was counted.
CONFUSIONS: dict[str, tuple[str, ...]] = {
    "rn": ("m",),
    "m": ("rn",),
    "cl": ("d",),
    "d": ("cl",),
    "vv": ("w",),
    "w": ("vv",),
    "ii": ("u",),
    "l": ("1", "I"),
    "1": ("l",),
    "I": ("l", "1"),
    "i": ("l",),
    "e": ("c",),
    "c": ("e",),
    "h": ("b",),
    "b": ("h",),
    "n": ("u",),
    "u": ("n",),
    "t": ("f",),
    "f": ("t", "ſ"),
    "s": ("f",),
    "ſ": ("f",),
    "g": ("q",),
    "O": ("0",),
    "0": ("O",),
    "S": ("5",),
    "5": ("S",),
    "B": ("8",),
    "8": ("B",),
    "Z": ("2",),
    "G": ("6",),
}


def ocr_errors(text: Labelled, rng: Random, strength: float, *, where: Where = "both") -> Labelled:
    """Latin letters and digits read as others that look alike (rn and m, l and 1, e and c, long s
    and f). Other scripts stay as they are.

    strength (float): The probability that a shape that may be misread is, 0 to 1.
    where: The words that may be hit.
    """
    return respell(text, text.chosen(where), lambda word: misread(word, rng, strength))


def misread(word: str, rng: Random, strength: float) -> str:
    """A word with OCR errors. An s at its end stays: it was never a long one."""

    def other(match: regex.Match[str]) -> str:
        shape: str = match.group()
        if rng.random() >= strength or (shape == "s" and match.end() == len(word)):
            return shape
        return rng.choice(CONFUSIONS[shape])

    read: str = _shapes().sub(other, word)
    return read


@cache
def _shapes() -> regex.Pattern[str]:
    """Two letters before one."""
    return regex.compile("|".join(sorted(CONFUSIONS, key=len, reverse=True)))
