"""Exact matching as an integer linear programme (arXiv 2501.18750, section 3)."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from ..errors import BackendError, SetupError
from ..models.description import Description
from ..models.lazy import LazyBackend
from ..settings import check_choice, check_setting, is_number, is_whole
from ..solving.groups import apart, best_without_overlap, competing, firsts, total
from ..solving.ties import EQUAL, by_entity, overlap
from ..types import Proposal


@dataclass(frozen=True)
class Goal:
    """The value of a set of placements: its scores, and a reward for each wanted place.

    most (int): Places that an entity may have.
    wanted (int): Places that an entity should have.
    reward (float): What each of these is worth.
    """

    most: int
    wanted: int = 0
    reward: float = 0.0

    def value(self, chosen: Sequence[Proposal]) -> float:
        places = Counter(p.entity for p in chosen)
        return total(chosen) + self.reward * sum(min(self.wanted, n) for n in places.values())

    def left(self, kept: Sequence[Proposal], proposals: Iterable[Proposal]) -> list[Proposal]:
        """The proposals that could be added to `kept`, to which they were possible additions
        but for the last."""
        last = kept[-1]
        full = sum(p.entity == last.entity for p in kept) >= self.most
        return [
            p for p in proposals if not overlap(last, p) and not (full and p.entity == last.entity)
        ]

    def bound(self, kept: Sequence[Proposal], free: Sequence[Proposal]) -> float:
        """An upper bound of the value of any additions to `kept`: their value
        if no two of different entities competed."""
        places = Counter(p.entity for p in kept)
        worth = self.value(kept)
        for entity, options in by_entity(free).items():
            more = min(len(options), self.most - places[entity])
            worth += sum(sorted((p.score for p in options), reverse=True)[:more])
            worth += self.reward * min(more, max(0, self.wanted - places[entity]))
        return worth


Solver = Literal["auto", "highs", "cbc"]
Projections = Literal["at_most", "at_least", "exactly"]


class ILP(LazyBackend):
    """The placements with the highest sum of scores, without overlap.

    The constraints on the number of places are those of the paper's formulation. "at_most" 1
    is the default. With "at_least" an entity takes every place that adds to the sum, so it wants
    a `min_score`. Where the spans do not suffice for "at_least" or "exactly", as few places
    as possible are missing in all, and among such placements the sum decides. That placements
    overlap cannot be allowed: Doc.ents does not hold them.

    Entities that compete for no word are decided one by one, so that a solver is started
    only for the few that do. Equal optima are decided by the rule of `solving.ties`:
    entity by entity, the most preferred proposals that some optimum contains are kept.

    min_score (float): Proposals with a lower score are not placed.
    solver (str): "highs" (in the process), "cbc" (comes with PuLP, a subprocess for each
        problem), or "auto": HiGHS where highspy is installed. All give the same result.
    time_limit (float): Seconds that the solver may take for one problem. A text may need it
        several times; on Europarl no call took a tenth of a second.
    projections (str): "at_most", "at_least" or "exactly" `n` places for each entity.
    n (int): That number.
    power (float): What is summed are the scores to this power. 1: the paper's sum. With more,
        one good place counts more than two middling ones, and two entities do not share the
        two halves of a name ("Sri" + "Lanka") that one of them has as a whole.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "exact integer linear programme",
        package="highspy",
        module="pulp",
        install="pip install pulp highspy",
        model="HiGHS (highspy) or CBC",
    )

    def __init__(
        self,
        min_score: float = 0.0,
        solver: Solver = "auto",
        time_limit: float = 10.0,
        projections: Projections = "at_most",
        n: int = 1,
        power: float = 1.0,
    ) -> None:
        name = "ILP"
        check_choice(name, "solver", solver, Solver)
        check_setting(name, "min_score", min_score, is_number(min_score), "a number")
        above = "a number greater than 0"
        some = is_number(time_limit) and time_limit > 0
        check_setting(name, "time_limit", time_limit, some, above)
        check_choice(name, "projections", projections, Projections)
        check_setting(name, "n", n, is_whole(n) and n > 0, "a whole number greater than 0")
        check_setting(name, "power", power, is_number(power) and power > 0, above)
        self.min_score = min_score
        self.solver = solver
        self.time_limit = time_limit
        self.projections = projections
        self.n = n
        self.power = power

    def __call__(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        """RAISES: BackendError if the solver finds no optimum in time."""
        possible = [p for p in proposals if p.score > 0 and p.score >= self.min_score]
        # Relative to the highest, so that scores that are all low do not become all alike, and
        # that none is so high that what EQUAL is would be lost in rounding.
        top = max((p.score for p in possible), default=1.0)
        given = {p._replace(score=(p.score / top) ** self.power): p for p in possible}
        return [given[p] for p in self._best(list(given))]

    def _best(self, possible: list[Proposal]) -> list[Proposal]:
        if self.n == 1 and self.projections != "at_least" and apart(first := firsts(possible)):
            return first
        chosen = [p for group in competing(possible) for p in self._first_optimum(group)]
        return sorted(chosen, key=lambda p: (p.entity, p.start))

    def _first_optimum(self, proposals: list[Proposal]) -> list[Proposal]:
        """The optimum that comes first in the order of `matchers.ties`."""
        goal = self._goal(proposals)
        return self._preferred(proposals, goal, self._optimum(proposals, goal))

    def _preferred(
        self, proposals: list[Proposal], goal: Goal, best: list[Proposal]
    ) -> list[Proposal]:
        """The optimum that comes first, where some optimum, `best`, is known."""
        if goal.most == 1 and set(best) == set(firsts(proposals)):
            return best
        target = goal.value(best)
        kept: list[Proposal] = []
        # An ordered set: what can still be chosen.
        rest = dict.fromkeys(p for options in by_entity(proposals).values() for p in options)
        for option in list(rest):
            if option not in rest:
                continue
            del rest[option]
            free = goal.left([*kept, option], rest)
            if option not in best:
                if goal.bound([*kept, option], free) < target - EQUAL:
                    continue
                attempt = [*kept, option, *self._optimum(free, goal, [*kept, option])]
                if goal.value(attempt) < target - EQUAL:
                    continue
                best = attempt
            kept.append(option)
            rest = dict.fromkeys(free)
        return kept

    def _goal(self, proposals: Sequence[Proposal]) -> Goal:
        if self.projections == "at_most":
            return Goal(most=self.n)
        # More than any sum of scores: no score makes up for a place that is missing.
        reward = 1.0 + best_without_overlap(proposals)
        most = self.n if self.projections == "exactly" else len(proposals)
        return Goal(most=most, wanted=self.n, reward=reward)

    def _optimum(
        self, proposals: list[Proposal], goal: Goal, kept: Sequence[Proposal] = ()
    ) -> list[Proposal]:
        """Some best addition to `kept`, without a solver where everyone can have their first
        preference and no more."""
        first = firsts(proposals)
        if not first or (goal.most == 1 and apart(first)):
            return first
        return self._solve(proposals, goal, kept)

    def _solve(
        self, proposals: list[Proposal], goal: Goal, kept: Sequence[Proposal]
    ) -> list[Proposal]:
        ILP.description.check(type(self).__name__)
        import pulp

        problem = pulp.LpProblem("projection", pulp.LpMaximize)
        use = [pulp.LpVariable(f"x{n}", cat=pulp.LpBinary) for n in range(len(proposals))]
        places = {
            entity: pulp.lpSum(x for p, x in zip(proposals, use, strict=True) if p.entity == entity)
            for entity in {p.entity for p in proposals}
        }
        objective = pulp.lpSum(p.score * x for p, x in zip(proposals, use, strict=True))
        for entity, number in places.items():
            had = sum(p.entity == entity for p in kept)
            problem += number <= goal.most - had
            if had < goal.wanted:
                filled = pulp.LpVariable(f"filled{entity}", 0, goal.wanted - had)
                problem += filled <= number
                objective += goal.reward * filled
        problem += objective
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
