"""Words in another order."""

from __future__ import annotations

from random import Random

from .labelled import Edit, Labelled, edited, separated


def shuffle_segments(text: Labelled, rng: Random, strength: float = 0.3) -> Labelled:
    """The words of an entity, or between two entities, in another order (SiS, Dai & Adel 2020).
    What was separated by some spaces is separated by one everywhere.

    strength (float): The share of the segments, 0 to 1.
    """
    edits = []
    for start, end, _ in text.segments():
        if end - start < 2 or rng.random() >= strength:
            continue
        order = rng.sample(range(start, end), end - start)
        spaced = any(text.spaces[start : end - 1])
        words = tuple(text.words[n] for n in order)
        edits.append(Edit(start, end, words, (spaced,) * len(order), tuple(order)))
    return separated(edited(text, edits))
