"""Exact matching without a solver: dynamic programming over the words of the text."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import ClassVar

from ..models.description import Description
from ..solving.groups import competing
from ..solving.prices import Prices
from ..solving.ties import EQUAL, by_entity
from ..types import Proposal
from .greedy import Greedy
from .ilp import ILP, Goal

# Sums that differ by less are equal: this share of what all could be worth at the most. It is above
# the rounding of sums and far below what makes a difference, so that many small losses are none.
ROUNDING = 1e-9
# Ways that are looked at before a problem is handed to the solver, which takes some ten
# milliseconds anyway.
MAX_STEPS = 15_000
# Proposals of entities that compete, up to which leaving some out does not pay.
SMALL = 100


class Exact(ILP):
    """The optimum of `xlner.ILP.v1`, found faster, by the same rule among equals.

    The text is walked through word by word. What matters of the placements so far is which
    entities have been placed of those that could be placed again further on: few, where
    candidates lie near one another. Ways that cannot reach what greedy matching has are left.
    In large problems proposals that no optimum contains are left out first, and what is left
    falls apart into small ones. Where too many ways are open all the same, and for more than
    one place an entity, the solver is asked.

    min_score, solver, time_limit, projections, n, power: As in `xlner.ILP.v1`.
    """

    description: ClassVar[Description] = Description(
        "exact",
        package="highspy",
        model="HiGHS (highspy) for hard cases",
    )

    def _first_optimum(self, proposals: list[Proposal]) -> list[Proposal]:
        goal = self._goal(proposals)
        if goal.most > 1:
            return super()._first_optimum(proposals)
        hopeful = undominated(proposals)
        best: list[Proposal] = []
        if len(hopeful) > SMALL:
            prices = _prices(hopeful, goal)
            best = self._near(prices, goal)
            hopeful = prices.within(goal.value(best))
        return [p for group in competing(hopeful) for p in self._first_of_group(group, goal, best)]

    def _first_of_group(
        self, group: list[Proposal], goal: Goal, best: Sequence[Proposal]
    ) -> list[Proposal]:
        found = walk(group, goal.reward, best)
        if found is not None:
            return found
        # Of groups that do not compete the optimum is that of all.
        known = [p for p in group if p in best] or super()._solve(group, goal, ())
        return self._preferred(group, goal, known)

    def _solve(
        self, proposals: list[Proposal], goal: Goal, kept: Sequence[Proposal]
    ) -> list[Proposal]:
        if goal.most > 1:
            return super()._solve(proposals, goal, kept)
        if len(proposals) > SMALL:
            return self._near(_prices(proposals, goal), goal)
        found = walk(proposals, goal.reward)
        return super()._solve(proposals, goal, kept) if found is None else found

    def _near(self, prices: Prices, goal: Goal) -> list[Proposal]:
        """Some optimum of what has been relaxed already."""
        guess = max(prices.rounded(), Greedy()(prices.proposals), key=goal.value)
        if goal.value(guess) >= prices.bound - EQUAL / 100:
            return guess
        hopeful = prices.within(goal.value(guess))
        found = walk(hopeful, goal.reward, guess)
        return super()._solve(hopeful, goal, ()) if found is None else found


def _prices(proposals: Sequence[Proposal], goal: Goal) -> Prices:
    return Prices(proposals, [p.score + goal.reward for p in proposals])


def undominated(proposals: Iterable[Proposal]) -> list[Proposal]:
    """The proposals without those that contain a place of the same entity with no lower score:
    in any solution it can stand in for them, and the entity prefers it."""
    kept = []
    # For each entity the places that matter to those that end later: where each begins and its
    # score. The later one begins, the lower its score, or the one before it would not matter.
    steps: dict[int, tuple[list[int], list[float]]] = {}
    for p in sorted(proposals, key=lambda p: (p.end, -p.start)):
        starts, scores = steps.setdefault(p.entity, ([], []))
        at = bisect_left(starts, p.start)
        if (scores[at] if at < len(scores) else 0.0) >= p.score:
            continue
        kept.append(p)
        end = bisect_right(starts, p.start)
        first = end
        while first and scores[first - 1] <= p.score:
            first -= 1
        starts[first:end] = [p.start]
        scores[first:end] = [p.score]
    return kept


_Chain = tuple[Proposal, "_Chain"] | tuple[()]


class _Ways:
    """The best way to each state of a walk, by the sum of worth; by preference among equals.

    equal (float): Sums that differ by less are equal.
    """

    def __init__(self, proposals: Sequence[Proposal], points: int, equal: float) -> None:
        self.equal = equal
        self.rank = {
            p: n for options in by_entity(proposals).values() for n, p in enumerate(options)
        }
        # For each point: placed entities that still matter -> the best sum and the way to it.
        self.at: list[dict[int, tuple[float, _Chain]]] = [{} for _ in range(points)]

    def keep_better(self, point: int, placed: int, value: float, chain: _Chain) -> None:
        """Two ways to one state have decided on the same entities, so that the one that is
        preferred stays so whatever follows."""
        known = self.at[point].get(placed)
        if known is not None:
            ahead = value - known[0]
            is_equal = abs(ahead) < self.equal
            if not (self._is_preferred(chain, known[1]) if is_equal else ahead > 0):
                return
        self.at[point][placed] = value, chain

    def _is_preferred(self, chain: _Chain, other: _Chain) -> bool:
        """Whether the first entity that the two decide on differently prefers the one."""
        ours, theirs = self._ranks(chain), self._ranks(other)
        nowhere = len(self.rank)
        for entity in sorted(ours.keys() | theirs.keys()):
            own, others = ours.get(entity, nowhere), theirs.get(entity, nowhere)
            if own != others:
                return own < others
        return False

    def _ranks(self, chain: _Chain) -> dict[int, int]:
        return {p.entity: self.rank[p] for p in unlinked(chain)}


def unlinked(chain: _Chain) -> list[Proposal]:
    """The proposals of a way, the last first."""
    chosen = []
    while chain:
        p, chain = chain
        chosen.append(p)
    return chosen


def walk(
    proposals: Sequence[Proposal],
    reward: float = 0.0,
    guess: Sequence[Proposal] = (),
    max_steps: int = MAX_STEPS,
) -> list[Proposal] | None:
    """Proposals of the highest sum of scores, each entity at most once, without overlap; of
    equal sums the one that the rule of `matchers.ties` prefers.

    reward: What each placement is worth besides its score.
    guess: A choice that is not bad. What is not of `proposals` is left out of it.
    RETURNS: The choice; None if it would take more than `max_steps`.
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
            hope[n] = max(hope[n], p.score + reward + hope[number[p.end]])
    possible = set(proposals)
    guesses = Greedy()(proposals), [p for p in guess if p in possible]
    equal = ROUNDING * hope[0]
    # At each point the way to the best sum may give place to one that is equal but for rounding.
    lost = equal * (len(points) + 1)
    floor = max(sum(p.score + reward for p in chosen) for chosen in guesses) - lost
    ways = _Ways(proposals, len(points) + 1, equal)
    ways.at[0][0] = 0.0, ()
    steps = 0
    for n, here in enumerate(ways.at[:-1]):
        for placed, (value, chain) in here.items():
            if value + hope[n] < floor:
                continue
            ways.keep_better(n + 1, placed & later[n + 1], value, chain)
            for p in starting[n]:
                if not placed & bit[p.entity]:
                    end = number[p.end]
                    mask = (placed | bit[p.entity]) & later[end]
                    ways.keep_better(end, mask, value + p.score + reward, (p, chain))
            steps += 1 + len(starting[n])
            if steps > max_steps:
                return None
    return unlinked(ways.at[-1][0][1])
