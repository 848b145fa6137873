"""The BIOES scheme: every word of an entity says where in it it stands.

O is outside; S an entity of one word; B, I and E its first, inner and last words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .lattice import Lattice, best, sums

PREFIXES = "BIES"
OUTSIDE = 0
# spaCy's BILUO letters.
_OF_BILUO = {"B": "B", "I": "I", "L": "E", "U": "S"}


class Found(NamedTuple):
    """An entity of a text."""

    start: int  # words [start, end)
    end: int
    label: str
    probability: float  # of exactly these words and this label


class Bioes:
    """The tags of some labels, and the entities that they say.

    labels (Sequence[str]): Their order is that of the tags: O, then B, I, E, S of each label.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.names = ["O", *(f"{prefix}-{label}" for label in labels for prefix in PREFIXES)]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each tag."""
        return {name: n for n, name in enumerate(self.names)}

    def of_biluo(self, tag: str) -> int:
        """The number of a tag as spaCy writes it ("L-PER"). RAISES: KeyError for another label."""
        return self.index[tag if tag == "O" else f"{_OF_BILUO[tag[0]]}-{tag[2:]}"]

    def tags_of(self, start: int, end: int, label: str) -> list[int]:
        """The tags of an entity's words."""
        begin = self.index[f"B-{label}"]
        if end - start == 1:
            return [begin + 3]
        return [begin, *[begin + 1] * (end - start - 2), begin + 2]

    @cached_property
    def lattice(self) -> Lattice:
        """What may begin, end and follow."""
        opens = np.array([name[0] in "OBS" for name in self.names], dtype=float)
        closes = np.array([name[0] in "OES" for name in self.names], dtype=float)
        after = np.outer(closes, opens)
        for n, label in enumerate(self.labels):
            begin = 1 + 4 * n
            assert self.names[begin] == f"B-{label}"
            after[begin : begin + 2, begin + 1 : begin + 3] = 1.0
        return Lattice(opens, closes, after)

    def entities(self, probabilities: Sequence[np.ndarray]) -> list[list[Found]]:
        """The entities of the most probable legal tags of each text.

        probabilities: For each text an array (words, tags).
        """
        tags = [own.tolist() for own in best(self.lattice, probabilities)]
        spans = [self.spans(own) for own in tags]
        # Texts without an entity need no sums.
        needed = [own for own, there in zip(probabilities, spans, strict=True) if there]
        known = iter(sums(self.lattice, needed))
        found: list[list[Found]] = []
        for own, there in zip(tags, spans, strict=True):
            if not there:
                found.append([])
                continue
            of_text = next(known)
            found.append(
                [Found(*span, of_text.of_run(span[0], own[slice(*span[:2])])) for span in there]
            )
        return found

    def spans(self, tags: Iterable[int]) -> list[tuple[int, int, str]]:
        """The entities that legal tags say: [start, end) and label."""
        found, start = [], 0
        for n, tag in enumerate(tags):
            prefix, _, label = self.names[tag].partition("-")
            if prefix in "BS":
                start = n
            if prefix in "ES":
                found.append((start, n + 1, label))
        return found

    def completed(
        self, probabilities: Sequence[np.ndarray], allowed: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """What a model that gives these probabilities believes of tags that are known in part.

        allowed: For each text, (words, tags), 1 for what a word may be, 0 for what it is not.
        RETURNS: For each text the posterior over tags, (words, tags). As the target of a cross-entropy it
            has the gradient of the marginal likelihood of what is known (Tsuboi et al. 2008).
        """
        masked = [own * may for own, may in zip(probabilities, allowed, strict=True)]
        known = iter(sums(self.lattice, [own for own in masked if len(own)]))
        return [next(known).marginals if len(own) else own for own in masked]
