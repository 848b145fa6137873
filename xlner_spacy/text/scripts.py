"""Scripts that are written without spaces."""

from __future__ import annotations

from functools import cache

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
