"""Matching alone: ours, PuLP with HiGHS and CBC, and the paper's programme as it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pulp

from xlner_spacy.matchers.exact import Exact
from xlner_spacy.matchers.ilp import ILP
from xlner_spacy.types import Proposal

from .given import Gold, proposals
from .growth import crowded
from .timing import in_turns, ratios, spread

POWER = 3.0


def matching(gold: Gold, repeats: int) -> dict[str, Any]:
    """The matchers on the default's proposals of these pairs."""
    problems = proposals(gold)
    matchers = {
        "exact": Exact(power=POWER),
        "ILP, HiGHS": ILP(solver="highs", power=POWER),
        "ILP, CBC": ILP(solver="cbc", power=POWER),
    }
    runs: dict[str, Callable[[], Any]] = {
        name: lambda m=matcher: [m(problem) for problem in problems]
        for name, matcher in matchers.items()
    }
    for solver in ("HiGHS", "CBC"):
        runs[f"every sentence to {solver}"] = lambda s=solver: [plain_ilp(p, s) for p in problems]
    for matcher in matchers.values():
        matcher(crowded(Random(0), 10))
    took, results = in_turns(runs, repeats)
    best = results["every sentence to CBC"]
    same = sum(
        abs(sum(p.score**POWER for p in found) - value) < 1e-6
        for found, value in zip(results["exact"], best, strict=True)
    )
    return {
        "sentences": len(problems),
        "with_proposals": sum(map(bool, problems)),
        "same_optimum": same,
        "ms_a_sentence": {
            name: spread([t.wall / len(problems) * 1000 for t in turns], 3)
            for name, turns in took.items()
        },
        "times": {name: ratios(took[name], took["exact"]) for name in took if name != "exact"},
    }


def plain_ilp(problem: Sequence[Proposal], solver: str, power: float = POWER) -> float:
    """The largest sum, as PuLP finds it: arXiv 2501.18750, section 3, as it stands there, one
    programme a sentence, without a rule for ties."""
    if not problem:
        return 0.0
    model = pulp.LpProblem("match", pulp.LpMaximize)
    chosen = [pulp.LpVariable(f"x{n}", cat="Binary") for n in range(len(problem))]
    model += pulp.lpSum(p.score**power * x for p, x in zip(problem, chosen, strict=True))
    for entity in {p.entity for p in problem}:
        model += pulp.lpSum(chosen[n] for n, p in enumerate(problem) if p.entity == entity) <= 1
    for word in {word for p in problem for word in range(p.start, p.end)}:
        covering = [chosen[n] for n, p in enumerate(problem) if p.start <= word < p.end]
        model += pulp.lpSum(covering) <= 1
    model.solve(pulp.HiGHS(msg=False) if solver == "HiGHS" else pulp.PULP_CBC_CMD(msg=False))
    return float(pulp.value(model.objective) or 0.0)
