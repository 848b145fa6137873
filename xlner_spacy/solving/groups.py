"""Properties of a set of proposals that exact matching uses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from ..types import Proposal
from .ties import by_entity


def competing(proposals: Sequence[Proposal]) -> list[list[Proposal]]:
    """Groups of entities that compete, directly or by way of others, for the same words."""
    from scipy.cluster.hierarchy import DisjointSet

    rivals = DisjointSet(p.entity for p in proposals)
    reach = -1
    previous = None
    for p in sorted(proposals, key=lambda p: p.start):
        if previous is not None and p.start < reach:
            rivals.merge(previous, p.entity)
        previous = p.entity
        reach = max(reach, p.end)
    groups: dict[int, list[Proposal]] = {}
    for p in proposals:
        groups.setdefault(rivals[p.entity], []).append(p)
    return list(groups.values())


def total(proposals: Sequence[Proposal]) -> float:
    """The sum of scores."""
    return sum(p.score for p in proposals)


def best_without_overlap(proposals: Sequence[Proposal]) -> float:
    """The highest sum of scores of spans that do not overlap, whichever entities they are of:
    weighted interval scheduling, in the order of their ends."""
    ordered = sorted(proposals, key=lambda p: p.end)
    ends = [p.end for p in ordered]
    best = [0.0]
    for n, p in enumerate(ordered):
        best.append(max(best[n], p.score + best[bisect_right(ends, p.start, 0, n)]))
    return best[-1]


def apart(proposals: Sequence[Proposal]) -> bool:
    """Whether no two of the spans overlap."""
    spans = sorted((p.start, p.end) for p in proposals)
    return all(before[1] <= after[0] for before, after in pairwise(spans))


def firsts(proposals: Sequence[Proposal]) -> list[Proposal]:
    """The place that each entity prefers."""
    return [options[0] for options in by_entity(proposals).values()]
