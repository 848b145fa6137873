"""Text without diacritics, as it is typed on a keyboard that lacks them."""

from __future__ import annotations

import unicodedata
from random import Random

import regex
from anyascii import anyascii

from .labelled import Labelled, lots, respell
from .letters import is_script, letters

# Scripts in which a text without its nonspacing marks can still be read. Elsewhere (Devanagari,
# Thai) they are vowels, and the text would be another one.
_OPTIONAL = ("Greek", "Cyrillic", "Arabic", "Hebrew")
_MARKS = regex.compile(r"\p{Mn}+")


def strip_diacritics(text: Labelled, rng: Random, strength: float = 1.0) -> Labelled:
    """Words without diacritics: Latin letters as in ASCII ("São" -> "Sao", "Łódź" -> "Lodz"),
    Greek, Cyrillic, Arabic and Hebrew ones without marks. Other scripts stay as they are.

    strength (float): The share of the words, 0 to 1.
    """
    return respell(text, lots(rng, range(len(text.words)), strength), without_diacritics)


def without_diacritics(word: str) -> str:
    """A word without diacritics; punctuation, digits and letters without a plain form stay."""
    return "".join(map(_plain, letters(word)))


def _plain(letter: str) -> str:
    if letter.isascii() or not letter[0].isalpha():
        return letter
    if is_script(letter, "Latin"):
        plain = anyascii(unicodedata.normalize("NFC", letter))
        return plain if plain.isalpha() else letter
    if any(is_script(letter, script) for script in _OPTIONAL):
        parts = unicodedata.normalize("NFD", letter)
        return unicodedata.normalize("NFC", _MARKS.sub("", parts)) or letter
    return letter
