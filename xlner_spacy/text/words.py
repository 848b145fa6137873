"""Kinds of words: stop words, marks that candidates do not cross, and words that candidates may
begin and end with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from heapq import nsmallest
from itertools import accumulate
from typing import Literal

from spacy.util import get_lang_class

from .languages import has_spacy_rules, iso639_1

Within = Literal["text", "sentence", "clause"]

# Words that the candidates of an entity may begin or end with, at the most; so it has at most
# 120 x 121 / 2 = 7,260 candidates. In Europarl and UNER-PUD no entity had more than 46.
MAX_EDGES = 120

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


def edges(mass: Mapping[int, float]) -> list[int]:
    """The words that are linked to an entity, in text order; of more than MAX_EDGES those with
    the most confident links.

    mass: For each word, the summed confidence of its links to the entity.
    """
    if len(mass) <= MAX_EDGES:
        return sorted(mass)
    return sorted(nsmallest(MAX_EDGES, mass, key=lambda word: (-mass[word], word)))


@cache
def stop_words(lang: str) -> frozenset[str]:
    """spaCy's stop words of a language, in lower case; none where spaCy has no list."""
    short = iso639_1(lang) if lang else "xx"
    if not has_spacy_rules(short):
        return frozenset()
    return frozenset(get_lang_class(short).Defaults.stop_words)


def counted(marks: Iterable[bool]) -> list[int]:
    """Cumulative counts: item n is the number of marked words before place n."""
    return list(accumulate(marks, initial=0))
