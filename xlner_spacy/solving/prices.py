"""Proposals that no optimum contains, found by linear programming."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..types import Proposal
from .ties import EQUAL


class Prices:
    """Prices of entities and words at which no proposal gains much.

    These are the dual values of the relaxed problem (reduced cost fixing, as solvers of integer
    programmes do it). Whatever the prices are, no choice is worth more than `bound`, and none
    that contains a proposal more than `bound` less what the proposal costs above its worth.

    worth (Sequence[float]): Of each proposal.
    """

    def __init__(self, proposals: Sequence[Proposal], worth: Sequence[float]) -> None:
        from scipy.optimize import linprog
        from scipy.sparse import csr_array

        self.proposals = list(proposals)
        rows = {entity: n for n, entity in enumerate({p.entity for p in proposals})}
        # Intervals that overlap all contain the start of the one that begins last.
        words = sorted({p.start for p in proposals})
        first = {word: n for n, word in enumerate(words, len(rows))}
        ends = np.searchsorted(words, [p.end for p in proposals]) + len(rows)
        at = [
            (row, column)
            for column, p in enumerate(proposals)
            for row in (rows[p.entity], *range(first[p.start], int(ends[column])))
        ]
        shape = (len(rows) + len(words), len(self.proposals))
        uses = csr_array((np.ones(len(at)), tuple(zip(*at, strict=True))), shape=shape)
        gains = np.asarray(worth)
        found = linprog(-gains, A_ub=uses, b_ub=np.ones(shape[0]), method="highs")
        solved = found.status == 0
        prices = np.maximum(0.0, -found.ineqlin.marginals) if solved else np.zeros(shape[0])
        over = gains - uses.T @ prices
        self.bound = float(prices.sum() + np.maximum(0.0, over).sum())
        self._losses = np.maximum(0.0, -over)
        self._shares: list[float] = (found.x if solved else 0 * gains).tolist()

    def rounded(self) -> list[Proposal]:
        """A choice near the relaxed optimum: an optimum if it is worth `bound`."""
        order = sorted(
            range(len(self.proposals)),
            key=lambda n: (-round(self._shares[n], 6), -self.proposals[n].score, self.proposals[n]),
        )
        chosen: list[Proposal] = []
        entities: set[int] = set()
        taken: set[int] = set()
        for p in (self.proposals[n] for n in order):
            words = range(p.start, p.end)
            if p.entity not in entities and taken.isdisjoint(words):
                chosen.append(p)
                entities.add(p.entity)
                taken.update(words)
        return chosen

    def within(self, reached: float) -> list[Proposal]:
        """The proposals that a choice worth `reached` or more could contain."""
        limit = self.bound - reached + 2 * EQUAL
        return [p for p, loss in zip(self.proposals, self._losses, strict=True) if loss <= limit]
