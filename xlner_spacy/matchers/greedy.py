"""Greedy matching: the best proposal first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..settings import check_setting, is_number, is_whole
from ..solving.ties import preference
from ..types import Proposal


class Greedy:
    """Places the proposal with the highest score that still fits, until none is left.

    Fast, and nearly always as good as the exact matching (arXiv 2501.18750 finds no
    difference worth its time); not where two entities compete for the same words. With
    `xlner.AlignedRanges.v1`, which has one candidate an entity, it is the heuristic of
    aligned ranges.

    min_score (float): Proposals with a lower score are not placed.
    max_projections (int): Places that one entity may have.
    """

    description: ClassVar[Description] = Description("greedy")

    def __init__(self, min_score: float = 0.0, max_projections: int = 1) -> None:
        check_setting("Greedy", "min_score", min_score, is_number(min_score), "a number")
        some = is_whole(max_projections) and max_projections > 0
        wanted = "a whole number greater than 0"
        check_setting("Greedy", "max_projections", max_projections, some, wanted)
        self.min_score = min_score
        self.max_projections = max_projections

    def __call__(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        chosen: list[Proposal] = []
        places: Counter[int] = Counter()
        taken: set[int] = set()
        possible = [p for p in proposals if p.score > 0 and p.score >= self.min_score]
        for p in sorted(possible, key=lambda p: (preference(p)[0], p.entity, preference(p))):
            words = range(p.start, p.end)
            if places[p.entity] < self.max_projections and taken.isdisjoint(words):
                chosen.append(p)
                places[p.entity] += 1
                taken.update(words)
        return sorted(chosen, key=lambda p: (p.entity, p.start))
