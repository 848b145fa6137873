"""Lower, upper and title case."""

from __future__ import annotations

from random import Random
from typing import Literal

from .labelled import Labelled, lots, respell
from .letters import letters

Form = Literal["lower", "upper", "title"]
# Languages whose dotted and dotless i are two letters.
_DOTTED = ("tr", "az", "crh", "tt")


def change_case(
    text: Labelled, rng: Random, strength: float = 1.0, *, form: Form = "lower", lang: str = ""
) -> Labelled:
    """Words in lower, upper or title case. Text in a script without case stays as it is.

    strength (float): The share of the words, 0 to 1.
    lang (str): Its language: Turkish and its neighbours have rules of their own for i.
    """
    chosen = lots(rng, range(len(text.words)), strength)
    return respell(text, chosen, lambda word: in_case(word, form, lang))


def in_case(word: str, form: Form, lang: str = "") -> str:
    """A word in another case. It may get longer: "ß" in upper case is "SS"."""
    if form == "lower":
        return _lower(word, lang)
    if form == "upper":
        return _upper(word, lang)
    found = letters(word)
    first = next((n for n, letter in enumerate(found) if letter[0].isalpha()), None)
    if first is None:
        return word
    head = found[first]
    head = _upper(head, lang) if head[0] in "iı" else head.title()
    return "".join(found[:first]) + head + _lower("".join(found[first + 1 :]), lang)


def _lower(word: str, lang: str) -> str:
    if lang in _DOTTED:
        word = word.replace("I\u0307", "i").replace("İ", "i").replace("I", "ı")
    return word.lower()


def _upper(word: str, lang: str) -> str:
    if lang in _DOTTED:
        word = word.replace("i", "İ")
    return word.upper()
