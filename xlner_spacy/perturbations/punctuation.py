"""Text without punctuation, as speech recognition or hurried writers give it."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import regex

from ..text.scripts import is_unspaced
from .labelled import Edit, Labelled, edited, lots, with_spaces
from .letters import letters

_PUNCTUATION = regex.compile(r"\p{P}+")


def drop_punctuation(text: Labelled, rng: Random, strength: float = 1.0) -> Labelled:
    """The text without the words that are punctuation; what was separated by it is separated by a
    space. Punctuation inside of words ("n.º", "S.A.") and symbols stay, and so does that of an
    entity or a text which has nothing else.

    strength (float): The share of the punctuation, 0 to 1.
    """
    marks = [n for n, word in enumerate(text.words) if _PUNCTUATION.fullmatch(word)]
    dropped = set(lots(rng, marks, strength))
    for start, end, entity in text.segments():
        if entity is not None and dropped.issuperset(range(start, end)):
            dropped.difference_update(range(start, end))
    if len(dropped) == len(text.words):
        return text
    kept = [n for n in range(len(text.words)) if n not in dropped]
    spaced = []
    for before, after in pairwise(kept):
        if after - before > 1 and not _unspaced(text.words[before], text.words[after]):
            spaced.append(before)
    return edited(with_spaces(text, spaced), [Edit(n, n + 1, (), (), ()) for n in sorted(dropped)])


def _unspaced(before: str, after: str) -> bool:
    """Whether no space belongs between two words: their scripts have none, or one is a space."""
    if before.isspace() or after.isspace():
        return True
    return is_unspaced(letters(before)[-1]) and is_unspaced(letters(after)[0])
