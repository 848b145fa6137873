"""Greedy matching: the best proposal first."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Proposal
from .ties import preference


def make_greedy(min_score: float = 0.0) -> Greedy:
    """Registered as `xlner.Greedy.v1`.

    min_score (float): Proposals with a lower score are not placed.
    """
    return Greedy(min_score)


class Greedy:
    """Places the proposal with the highest score that still fits, until none is left.

    Fast, and nearly always as good as the exact matching (arXiv 2501.18750 finds no
    difference worth its time); not where two entities compete for the same words.
    """

    def __init__(self, min_score: float = 0.0) -> None:
        self.min_score = min_score

    def __call__(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        chosen: list[Proposal] = []
        placed: set[int] = set()
        taken: set[int] = set()
        possible = [p for p in proposals if p.score > 0 and p.score >= self.min_score]
        for p in sorted(possible, key=lambda p: (preference(p)[0], p.entity, preference(p))):
            words = range(p.start, p.end)
            if p.entity not in placed and taken.isdisjoint(words):
                chosen.append(p)
                placed.add(p.entity)
                taken.update(words)
        return sorted(chosen, key=lambda p: p.entity)
