"""What kind of word a token is: a stop word, or a mark that candidates do not cross."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import Literal

from spacy.util import get_lang_class

from .languages import has_spacy_rules, iso639_1

Within = Literal["text", "sentence", "clause"]

# Unicode's own properties, for every script: "。", "؟" and "।" end sentences, "、" and "،" do
# not. Line breaks end both; brackets and dashes only separate clauses.
_BREAKS = {
    "sentence": r"\p{Sentence_Terminal}+|\s*[\n\r\u2028\u2029]\s*",
    "clause": r"[\p{Terminal_Punctuation}\p{Ps}\p{Pe}\u2013\u2014\u2026]+|\s*[\n\r\u2028\u2029]\s*",
}


def is_break(word: str, within: Within) -> bool:
    """Whether no candidate that lies within a `within` may contain the word.

    within: How far a candidate may reach.
    """
    import regex

    if within == "text" or word.isalnum():
        return False
    return regex.fullmatch(_BREAKS[within], word) is not None


@cache
def stop_words(lang: str) -> frozenset[str]:
    """spaCy's stop words of a language, in lower case; none where spaCy has no list."""
    short = iso639_1(lang) if lang else "xx"
    if not has_spacy_rules(short):
        return frozenset()
    return frozenset(get_lang_class(short).Defaults.stop_words)


def counted(marks: Iterable[bool]) -> list[int]:
    """How many of the words before each place are marked: [0] has 0, the last has all."""
    return list(accumulate(marks, initial=0))
