"""Words that are split and words that are written together."""

from __future__ import annotations

from random import Random

from .labelled import Edit, Labelled, Where, edited, lots
from .letters import letters


def split_words(text: Labelled, rng: Random, strength: float, *, where: Where = "both") -> Labelled:
    """Words broken in two by a space. Both halves have the label of the word.

    strength (float): The share of the words that have two letters or more, 0 to 1.
    where: The words that may be hit.
    """
    edits = []
    for number in lots(rng, text.chosen(where), strength):
        found = letters(text.words[number])
        if len(found) > 1 and not any(map(str.isspace, found)):
            cut = rng.randrange(1, len(found))
            halves = "".join(found[:cut]), "".join(found[cut:])
            edits.append(Edit(number, number + 1, halves, (True, False), (number, number)))
    return edited(text, edits)


def merge_words(text: Labelled, rng: Random, strength: float, *, where: Where = "both") -> Labelled:
    """Words written together with the next one, where a space is between them. Two words become
    one only inside of an entity or outside of all, so that the labels stay right.

    strength (float): The share of such spaces that are lost, 0 to 1.
    where: The words that may be hit.
    """
    allowed = set(text.chosen(where))
    edits = []
    for start, end, _ in text.segments():
        at = start
        while at + 1 < end:
            pair = text.words[at : at + 2]
            can = text.spaces[at] and at in allowed and all(map(_is_word, pair))
            if can and rng.random() < strength:
                edits.append(Edit(at, at + 2, ("".join(pair),), (False,), (at,)))
                at += 1
            at += 1
    return edited(text, edits)


def _is_word(word: str) -> bool:
    """Whether it begins and ends with a letter or digit."""
    found = letters(word)
    return found[0][0].isalnum() and found[-1][0].isalnum()
