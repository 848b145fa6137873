"""Scripts: which are written without spaces, and which a text is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

# Languages written without spaces, by ISO 15924 script.
SCRIPTS = frozenset(
    [
        "Khmr",
        "Laoo",
        "Mymr",
        "Tibt",
        "Thai",
        "Hani",
        "Hans",
        "Hant",
        "Jpan",
        "Tale",
        "Talu",
        "Lana",
        "Tavt",
    ]
)


_SCRIPTS = (
    "Han Hiragana Katakana Thai Lao Khmer Myanmar Tibetan Tai_Le New_Tai_Lue Tai_Tham Tai_Viet"
)
_UNSPACED = "|".join(rf"\p{{Script={script}}}" for script in _SCRIPTS.split())


@cache
def is_unspaced(word: str) -> bool:
    """Whether a word is one character, with its marks, of a script without spaces."""
    import regex

    if not word or word.isascii():
        return False
    return regex.fullmatch(rf"(?={_UNSPACED})\X", word) is not None


# Those that multilingual encoders know, by ISO 15924 code.
_KNOWN = [
    "Latn",
    "Cyrl",
    "Grek",
    "Arab",
    "Hebr",
    "Deva",
    "Beng",
    "Guru",
    "Gujr",
    "Orya",
    "Taml",
    "Telu",
    "Knda",
    "Mlym",
    "Sinh",
    "Thai",
    "Laoo",
    "Tibt",
    "Mymr",
    "Geor",
    "Armn",
    "Ethi",
    "Khmr",
    "Hang",
    "Hani",
    "Hira",
    "Kana",
    "Syrc",
    "Thaa",
    "Nkoo",
    "Tfng",
    "Adlm",
]
_RARE = 0.01  # a script with a smaller share of the letters is that of single words


def scripts_of(characters: Counter[str]) -> list[str]:
    """The scripts that texts are written in, by ISO 15924 code, the most frequent first.

    characters (Counter): How often each character occurs in them.
    """
    found: Counter[str] = Counter()
    for character, count in characters.items():
        script = _script(character)
        if script:
            found[script] += count
    total = sum(found.values())
    return [script for script, count in found.most_common() if count >= _RARE * total]


def is_written_in(text: str, scripts: Iterable[str]) -> bool:
    """Whether all letters are of these scripts. Digits, marks and punctuation are of any."""
    return _written_in(tuple(scripts)).fullmatch(text) is not None


@cache
def _script(character: str) -> str:
    import regex

    if not character.isalpha():
        return ""
    return next((own for own in _KNOWN if regex.match(rf"\p{{Script={own}}}", character)), "")


@cache
def _written_in(scripts: tuple[str, ...]) -> Any:
    import regex

    return regex.compile(
        "[" + "".join(rf"\p{{Script={own}}}" for own in (*scripts, "Zyyy", "Zinh")) + "]*"
    )
