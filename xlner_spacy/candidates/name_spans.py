"""N-grams that could be a name, by the way they are written."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from ..models.description import Description
from ..settings import check_setting, is_whole
from ..text.scripts import is_unspaced
from ..text.words import counted, edges, is_break
from ..types import Bitext, Span

# Kinds of names that are written with a capital in every language that has capitals. Others
# are not: nationalities and languages (MISC, NORP), months (DATE).
CAPITALISED = ("PER", "PERSON", "LOC", "GPE", "FAC", "ORG")
JOINERS = frozenset("-‐‑–·・‧•/")


class NameSpans:
    """The n-grams whose first and last words are linked to the entity and that are written
    like a name.

    Found by reading what the n-grams of arXiv 2501.18750 got wrong with gold entities: in
    "奧匈帝國（Austria" one half of a bracket, in "US-Armee" the half of a compound, for "Ottoman"
    the adjective "otomana", which nobody annotates as an organisation.

    max_extra (int): A candidate has at most twice the entity's words and so many more; the
        more where the target text has more tokens than the source.
    balanced (bool): No candidate has one bracket of a pair.
    whole_compounds (bool): No candidate is a part of words that are joined by a hyphen, a
        slash or a middle dot without spaces.
    capitalised (list): Labels of entities that a candidate without any capital cannot be, if
        the entity has one; not in a text that has capitals at most where sentences begin, and
        not for a candidate that is the entity in small letters.
    """

    description: ClassVar[Description] = Description("linked n-grams written like names")

    def __init__(
        self,
        max_extra: int = 6,
        balanced: bool = True,
        whole_compounds: bool = True,
        capitalised: Sequence[str] = CAPITALISED,
    ) -> None:
        some = is_whole(max_extra) and max_extra >= 0
        check_setting("NameSpans", "max_extra", max_extra, some, "a whole number, 0 or more")
        labels = _are_strings(capitalised)
        check_setting("NameSpans", "capitalised", capitalised, labels, "a list of labels")
        self.max_extra = max_extra
        self.balanced = balanced
        self.whole_compounds = whole_compounds
        self.capitalised = frozenset(capitalised)

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]:
        return [self._candidates(bitext) for bitext in bitexts]

    def _candidates(self, bitext: Bitext) -> list[list[Span]]:
        writing = _writing(bitext)
        # Characters of one word of another language are many tokens.
        more = 2 * max(1.0, len(bitext.target_words) / max(1, len(bitext.source_words)))
        found = []
        for entity, (start, end) in enumerate(bitext.entities):
            longest = more * (end - start) + self.max_extra
            words = edges(bitext.entity_mass[entity])
            spans = [
                (first, last + 1)
                for n, first in enumerate(words)
                for last in words[n : bisect_left(words, first + longest)]
            ]
            if writing.cased and self._wants_capital(bitext, entity):
                name = bitext.entity_text(entity).lower()
                spans = [
                    s for s in spans if _has_capitals(writing, s) or bitext.target_text(*s) == name
                ]
            found.append([span for span in spans if self._is_whole(writing, span)])
        return found

    def _wants_capital(self, bitext: Bitext, entity: int) -> bool:
        label = bitext.labels[entity] if bitext.labels else ""
        return label in self.capitalised and _has_capital(bitext.entity_text(entity))

    def _is_whole(self, writing: _Writing, span: Span) -> bool:
        start, end = span
        if self.whole_compounds and (writing.inside[start] or writing.inside[end]):
            return False
        return not self.balanced or _is_balanced(writing.brackets[start:end])


def _are_strings(value: object) -> bool:
    """Whether it is several strings, and not one: "PER" would be taken letter by letter."""
    several = isinstance(value, (list, tuple, set, frozenset))
    return several and all(isinstance(item, str) for item in value)  # type: ignore[attr-defined]


class _Writing(NamedTuple):
    """Features of a text's spelling. Counts are of the words before each place."""

    cased: bool  # whether capitals mean something: there are some inside sentences
    capitals: list[int]  # words with an upper-case letter
    smalls: list[int]  # words with a lower-case letter
    brackets: list[str]  # for each word, itself if it is a bracket, else ""
    inside: list[bool]  # for each place between words, whether it is inside a compound


def _writing(bitext: Bitext) -> _Writing:
    words = bitext.target_words
    begins = [n == 0 or is_break(words[n - 1], "sentence") for n in range(len(words))]
    return _Writing(
        any(_has_capital(w) and not first for w, first in zip(words, begins, strict=True)),
        counted(_has_capital(word) for word in words),
        counted(any(c.islower() for c in word) for word in words),
        [word if unicodedata.category(word[:1] or " ") in ("Ps", "Pe") else "" for word in words],
        _inside(words, bitext.target_spaces),
    )


def _has_capitals(writing: _Writing, span: Span) -> bool:
    """Whether a span has a capital, or no letters of which there are capitals."""
    start, end = span
    small = writing.smalls[start] < writing.smalls[end]
    return writing.capitals[start] < writing.capitals[end] or not small


def _inside(words: Sequence[str], spaces: Sequence[bool]) -> list[bool]:
    """Places beside a joiner that touches the words on both its sides, and between letters
    that a tokenizer gives one by one. Without knowledge of spaces every word is taken to
    have one behind it."""
    inside = [False] * (len(words) + 1)
    if not spaces:
        return inside
    for n in range(1, len(words)):
        if spaces[n - 1]:
            continue
        if _is_letter(words[n - 1]) and _is_letter(words[n]):
            inside[n] = True
        if words[n] in JOINERS and n + 1 < len(words) and not spaces[n]:
            inside[n] = inside[n + 1] = True
    return inside


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalnum() and not is_unspaced(word)


def _is_balanced(brackets: Iterable[str]) -> bool:
    depth = 0
    for bracket in brackets:
        if bracket:
            depth += 1 if unicodedata.category(bracket[0]) == "Ps" else -1
        if depth < 0:
            return False
    return depth == 0


def _has_capital(text: str) -> bool:
    return any(c.isupper() for c in text)
