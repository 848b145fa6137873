"""Bipartite matching of entities and spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ..models.description import Description
from ..settings import check_setting, is_number
from ..solving.ties import EQUAL, by_entity
from ..types import Proposal
from .greedy import Greedy


class Bipartite:
    """Minimum-weight full bipartite matching of entities and candidate spans (scipy).

    Each entity gets at most one span and each span at most one entity, with the highest sum of
    scores. The method does not see that two different spans may share words; where the spans
    that it chose do, the one with the highest score stays and the others are not placed. So
    an entity can be left without the free place that it also had: `xlner.ILP.v1` is exact.

    Of equally good matchings, the one that the rule of `solving.ties` prefers is taken, before
    overlaps are resolved by the same rule.

    min_score (float): Proposals with a lower score are not placed.
    """

    description: ClassVar[Description] = Description(
        "bipartite matching",
        package="scipy",
    )

    def __init__(self, min_score: float = 0.0) -> None:
        check_setting("Bipartite", "min_score", min_score, is_number(min_score), "a number")
        self.min_score = min_score

    def __call__(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        possible = [p for p in proposals if p.score > 0 and p.score >= self.min_score]
        return Greedy()(_first_optimum(possible))


def _first_optimum(proposals: list[Proposal]) -> list[Proposal]:
    """The best matching that comes first in the order of `matchers.ties`."""
    best = _matching(proposals)
    target = _total(best)
    kept: list[Proposal] = []
    rest = proposals
    for entity, options in by_entity(proposals).items():
        current = next((p for p in best if p.entity == entity), None)
        used = {(p.start, p.end) for p in kept}
        others = [p for p in rest if p.entity != entity]
        for option in options:
            span = (option.start, option.end)
            if option == current:
                break
            if span in used:
                continue
            free = [p for p in others if (p.start, p.end) != span]
            attempt = [*kept, option, *_matching(free)]
            if _total(attempt) >= target - EQUAL:
                best, current = attempt, option
                break
        if current is not None:
            kept.append(current)
            others = [p for p in others if (p.start, p.end) != (current.start, current.end)]
        rest = others
    return kept


def _matching(proposals: list[Proposal]) -> list[Proposal]:
    """Some best matching."""
    from scipy.optimize import linear_sum_assignment

    firsts = [options[0] for options in by_entity(proposals).values()]
    if len({(p.start, p.end) for p in firsts}) == len(firsts):
        return firsts
    rows = {entity: n for n, entity in enumerate(sorted({p.entity for p in proposals}))}
    columns = {span: n for n, span in enumerate(sorted({(p.start, p.end) for p in proposals}))}
    scores = np.zeros((len(rows), len(columns)))
    at: dict[tuple[int, int], Proposal] = {}
    for p in proposals:
        place = rows[p.entity], columns[p.start, p.end]
        if p.score > scores[place]:
            scores[place] = p.score
            at[place] = p
    matched = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return [at[place] for place in ((int(r), int(c)) for r, c in matched) if place in at]


def _total(proposals: Sequence[Proposal]) -> float:
    return sum(p.score for p in proposals)
