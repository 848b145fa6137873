"""From probabilities of BIO tags to entities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Tagged(NamedTuple):
    """An entity of a sequence."""

    start: int  # units [start, end)
    end: int
    label: str
    probability: float  # 0 to 1


class Tags:
    """The tags that a token classifier knows, and which may follow which.

    names (Sequence[str]): "O", "B-PER", "I-PER", ..., in the order of the classifier.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._after = np.zeros((len(names), len(names)))
        self._first = np.zeros(len(names))
        for n, name in enumerate(names):
            if name.startswith("I-"):
                before = [name, f"B-{name[2:]}"]
                self._after[[other not in before for other in names], n] = -np.inf
                self._first[n] = -np.inf

    def decode(self, log_probs: np.ndarray) -> list[Tagged]:
        """The entities of the most probable sequence of tags, by Viterbi's algorithm.

        log_probs (ndarray): Shape (units, tags), natural logarithms.
        RETURNS: Entities in order. The probability of one is the geometric mean of those of
            its tags.
        """
        best = self._best(log_probs)
        found = []
        start = 0
        while start < len(best):
            name, end = self.names[best[start]], start + 1
            if name != "O":
                while end < len(best) and self.names[best[end]] == f"I-{name[2:]}":
                    end += 1
                inside = [log_probs[n, best[n]] for n in range(start, end)]
                found.append(Tagged(start, end, name[2:], float(np.exp(np.mean(inside)))))
            start = end
        return found

    def _best(self, log_probs: np.ndarray) -> list[int]:
        if not len(log_probs):
            return []
        score = log_probs[0] + self._first
        came_from = []
        for row in log_probs[1:]:
            paths = score[:, np.newaxis] + self._after
            came_from.append(paths.argmax(axis=0))
            score = paths.max(axis=0) + row
        best = [int(score.argmax())]
        for back in reversed(came_from):
            best.append(int(back[best[-1]]))
        return best[::-1]
