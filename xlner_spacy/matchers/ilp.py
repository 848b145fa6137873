"""Exact matching as an integer linear programme (arXiv 2501.18750, section 3)."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ..backend import LazyBackend
from ..errors import BackendError, SetupError, check_setting
from ..types import Proposal
from .ties import EQUAL, by_entity, overlap

SOLVERS = ("auto", "highs", "cbc")


def make_ilp(min_score: float = 0.0, solver: str = "auto", time_limit: float = 10.0) -> ILP:
    """Registered as `xlner.ILP.v1`.

    min_score (float): Proposals with a lower score are not placed.
    solver (str): "highs" (in the process), "cbc" (comes with PuLP, a subprocess for each
        problem), or "auto": HiGHS where highspy is installed. All give the same result.
    time_limit (float): Seconds that the solver may take for one problem. A text may need it
        several times; on Europarl no call took a tenth of a second.
    """
    return ILP(min_score, solver, time_limit)


class ILP(LazyBackend):
    """The placements with the highest sum of scores: each entity at most once, no overlap.

    Entities that compete for no word are decided one by one, so that a solver is started
    only for the few that do. Equal optima are decided by the rule of `matchers.ties`:
    entity by entity, the most preferred proposal that some optimum contains is kept.
    """

    def __init__(
        self, min_score: float = 0.0, solver: str = "auto", time_limit: float = 10.0
    ) -> None:
        check_setting("ILP", "solver", solver, solver in SOLVERS, f"one of {', '.join(SOLVERS)}")
        check_setting("ILP", "time_limit", time_limit, time_limit > 0, "greater than 0")
        self.min_score = min_score
        self.solver = solver
        self.time_limit = time_limit

    def __call__(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        """RAISES: BackendError if the solver finds no optimum in time."""
        possible = [p for p in proposals if p.score > 0 and p.score >= self.min_score]
        chosen = [p for group in _competing(possible) for p in self._first_optimum(group)]
        return sorted(chosen, key=lambda p: p.entity)

    def _first_optimum(self, proposals: list[Proposal]) -> list[Proposal]:
        """The optimum that comes first in the order of `matchers.ties`."""
        best = self._optimum(proposals)
        if _is_everyones_first(best, proposals):
            return best
        target = _total(best)
        kept: list[Proposal] = []
        rest = proposals
        for entity, options in by_entity(proposals).items():
            others = [p for p in rest if p.entity != entity]
            current = next((p for p in best if p.entity == entity), None)
            for option in options:
                if option == current:
                    break
                if any(overlap(option, p) for p in kept):
                    continue
                free = [p for p in others if not overlap(option, p)]
                bound = _total(kept) + option.score + _bound(free)
                if bound < target - EQUAL:
                    continue
                attempt = [*kept, option, *self._optimum(free)]
                if _total(attempt) >= target - EQUAL:
                    best, current = attempt, option
                    break
            if current is not None:
                kept.append(current)
                others = [p for p in others if not overlap(current, p)]
            rest = others
        return kept

    def _optimum(self, proposals: list[Proposal]) -> list[Proposal]:
        """Some optimum, without a solver where everyone can have their first preference."""
        first = [options[0] for options in by_entity(proposals).values()]
        if not any(overlap(a, b) for n, a in enumerate(first) for b in first[:n]):
            return first
        return self._solve(proposals)

    def _solve(self, proposals: list[Proposal]) -> list[Proposal]:
        import pulp

        problem = pulp.LpProblem("projection", pulp.LpMaximize)
        use = [pulp.LpVariable(f"x{n}", cat=pulp.LpBinary) for n in range(len(proposals))]
        problem += pulp.lpSum(p.score * x for p, x in zip(proposals, use, strict=True))
        for entity in {p.entity for p in proposals}:
            problem += (
                pulp.lpSum(x for p, x in zip(proposals, use, strict=True) if p.entity == entity)
                <= 1
            )
        # Intervals that overlap all contain the start of the one that begins last.
        for word in {p.start for p in proposals}:
            problem += (
                pulp.lpSum(
                    x for p, x in zip(proposals, use, strict=True) if p.start <= word < p.end
                )
                <= 1
            )
        problem.solve(self._solver)
        if pulp.LpStatus[problem.status] != "Optimal":
            raise BackendError(
                f"The ILP solver gave {pulp.LpStatus[problem.status]!r} for {len(proposals)} proposals.",
                hint='Raise time_limit, or use {"@xl_matchers": "xlner.Greedy.v1"}.',
            )
        return [p for p, x in zip(proposals, use, strict=True) if x.value() and x.value() > 0.5]

    @cached_property
    def _solver(self) -> Any:
        import pulp

        # A gap of zero: the solvers' own default stops within a ten-thousandth of the optimum.
        options = {"msg": False, "gapRel": 0.0, "timeLimit": self.time_limit}
        has_highs = importlib.util.find_spec("highspy") is not None
        if self.solver == "highs" and not has_highs:
            raise SetupError(
                'ILP: solver="highs" needs the package highspy, which is not installed.',
                hint='pip install highspy, or set solver = "cbc"',
            )
        if self.solver != "cbc" and has_highs:
            # One thread: a pool would not survive the fork of nlp.pipe(n_process=2).
            return pulp.HiGHS(threads=1, gapAbs=0.0, **options)
        return pulp.PULP_CBC_CMD(threads=1, **options)


def _competing(proposals: Sequence[Proposal]) -> list[list[Proposal]]:
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


def _total(proposals: Sequence[Proposal]) -> float:
    return sum(p.score for p in proposals)


def _bound(proposals: Sequence[Proposal]) -> float:
    """What the proposals could be worth if no two competed."""
    best: dict[int, float] = {}
    for p in proposals:
        best[p.entity] = max(best.get(p.entity, 0.0), p.score)
    return sum(best.values())


def _is_everyones_first(chosen: list[Proposal], proposals: list[Proposal]) -> bool:
    firsts = {options[0] for options in by_entity(proposals).values()}
    return set(chosen) == firsts
