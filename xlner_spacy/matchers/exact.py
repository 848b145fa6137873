"""Exact matching without a solver: dynamic programming over the words of the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..needs import Needs
from ..types import Proposal
from .greedy import Greedy
from .ilp import ILP, Goal
from .prices import Prices
from .ties import EQUAL

# Ways that are looked at before a problem is handed to the solver, which takes some ten
# milliseconds anyway.
MAX_STEPS = 15_000
# Proposals of entities that compete, up to which leaving some out does not pay.
SMALL = 100

NEEDS = Needs(model="HiGHS (highspy) for hard cases")


def make_exact(
    min_score: float = 0.0,
    solver: str = "auto",
    time_limit: float = 10.0,
    projections: str = "at_most",
    n: int = 1,
    power: float = 1.0,
) -> Exact:
    """Registered as `xlner.Exact.v1`.

    min_score, solver, time_limit, projections, n, power: As of `xlner.ILP.v1`.
    """
    return Exact(min_score, solver, time_limit, projections, n, power)


class Exact(ILP):
    """What `xlner.ILP.v1` finds, sooner: the same optimum by the same rule among equals.

    The text is walked through word by word. What matters of the placements so far is which
    entities have been placed of those that could be placed again further on: few, where
    candidates lie near one another. Ways that cannot reach what greedy matching has are left.
    In large problems proposals that no optimum contains are left out first. Where too many ways
    are open all the same, and for more than one place an entity, the solver is asked.
    """

    def _first_optimum(self, proposals: list[Proposal]) -> list[Proposal]:
        goal = self._goal(proposals)
        if goal.most > 1 or len(proposals) <= SMALL:
            return super()._first_optimum(proposals)
        prices = _prices(proposals, goal)
        best = goal.value(self._near(prices, goal))
        return super()._first_optimum(prices.within(best))

    def _solve(
        self, proposals: list[Proposal], goal: Goal, kept: Sequence[Proposal]
    ) -> list[Proposal]:
        if goal.most > 1:
            return super()._solve(proposals, goal, kept)
        if len(proposals) > SMALL:
            return self._near(_prices(proposals, goal), goal)
        found = walk(proposals, lambda p: p.score + goal.reward)
        return super()._solve(proposals, goal, kept) if found is None else found

    def _near(self, prices: Prices, goal: Goal) -> list[Proposal]:
        """Some optimum of what has been relaxed already."""
        guess = max(prices.rounded(), Greedy()(prices.proposals), key=goal.value)
        if goal.value(guess) >= prices.bound - EQUAL / 100:
            return guess
        hopeful = prices.within(goal.value(guess))
        found = walk(hopeful, lambda p: p.score + goal.reward)
        return super()._solve(hopeful, goal, ()) if found is None else found


def _prices(proposals: Sequence[Proposal], goal: Goal) -> Prices:
    return Prices(proposals, [p.score + goal.reward for p in proposals])


_Chain = tuple[Proposal, "_Chain"] | tuple[()]


def walk(
    proposals: Sequence[Proposal], worth: Callable[[Proposal], float], max_steps: int = MAX_STEPS
) -> list[Proposal] | None:
    """Proposals of the highest sum of worth, each entity at most once, without overlap.

    RETURNS: Some such choice; None if it would take more than `max_steps`.
    """
    points = sorted({p.start for p in proposals} | {p.end for p in proposals})
    number = {word: n for n, word in enumerate(points)}
    bit = {entity: 1 << n for n, entity in enumerate({p.entity for p in proposals})}
    starting: list[list[Proposal]] = [[] for _ in points]
    for p in proposals:
        starting[number[p.start]].append(p)
    # From each point on: the entities that can be placed, and what they could be worth if an
    # entity could be placed any number of times.
    later, hope = [0] * (len(points) + 1), [0.0] * (len(points) + 1)
    for n in reversed(range(len(points))):
        later[n], hope[n] = later[n + 1], hope[n + 1]
        for p in starting[n]:
            later[n] |= bit[p.entity]
            hope[n] = max(hope[n], worth(p) + hope[number[p.end]])
    floor = sum(map(worth, Greedy()(proposals))) - EQUAL
    # For each point: placed entities that still matter -> the best sum and the way to it.
    ways: list[dict[int, tuple[float, _Chain]]] = [{} for _ in range(len(points) + 1)]
    ways[0][0] = 0.0, ()
    steps = 0
    for n, here in enumerate(ways[:-1]):
        for placed, (value, chain) in here.items():
            if value + hope[n] < floor:
                continue
            _keep_better(ways[n + 1], placed & later[n + 1], value, chain)
            for p in starting[n]:
                if not placed & bit[p.entity]:
                    end = number[p.end]
                    mask = (placed | bit[p.entity]) & later[end]
                    _keep_better(ways[end], mask, value + worth(p), (p, chain))
            steps += 1 + len(starting[n])
            if steps > max_steps:
                return None
    (_, chain) = ways[-1][0]
    chosen = []
    while chain:
        p, chain = chain
        chosen.append(p)
    return chosen


def _keep_better(
    ways: dict[int, tuple[float, _Chain]], placed: int, value: float, chain: _Chain
) -> None:
    if placed not in ways or value > ways[placed][0]:
        ways[placed] = value, chain
