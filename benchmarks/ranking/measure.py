"""Rankings of sources against the F1 that each has on a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import ndcg_score

F1 = Mapping[str, float]  # by source
Score = Callable[[str, Sequence[str]], Mapping[str, float]]  # target, sources -> by source


def ndcg(scores: Mapping[str, float], f1: F1, k: int | None = None) -> float:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002) of a ranking: the sum of F1 /
    log2(1 + rank) over the first k sources, divided by that of the best order."""
    names = list(f1)
    return float(ndcg_score([[f1[n] for n in names]], [[scores[n] for n in names]], k=k))


def rescaled(f1: F1) -> F1:
    """F1 from 0, the worst source's, to 1, the best one's. As it is, the sources differ so little that any
    order has a high NDCG."""
    low, high = min(f1.values()), max(f1.values())
    return {name: (value - low) / max(high - low, 1e-9) for name, value in f1.items()}


def regret(scores: Mapping[str, float], f1: F1) -> float:
    """The F1 that is lost if the source that is ranked first is used, not the best one."""
    best = max(scores[name] for name in f1)
    return max(f1.values()) - fmean(f1[name] for name in f1 if scores[name] == best)


def measure(score: Score, matrix: Mapping[str, F1], k: int = 3) -> dict[str, float]:
    """Means over targets.

    matrix: For each target the F1 of each source.
    """
    rows = []
    for target, f1 in matrix.items():
        scores = score(target, list(f1))
        order = spearmanr([scores[n] for n in f1], [f1[n] for n in f1]).statistic
        rows.append(
            (
                ndcg(scores, f1),
                ndcg(scores, rescaled(f1), k),
                regret(scores, f1),
                float(order) if np.isfinite(order) else 0.0,
            )
        )
    names = ("ndcg", f"ndcg@{k}, rescaled", "regret", "spearman")
    return dict(
        zip(names, (round(fmean(column), 4) for column in zip(*rows, strict=True)), strict=True)
    )


def by_chance(matrix: Mapping[str, F1], rounds: int = 500) -> dict[str, float]:
    """What random orders have, on the mean."""
    rng = np.random.default_rng(0)
    found = [
        measure(lambda _, names: dict(zip(names, rng.random(len(names)), strict=True)), matrix)
        for _ in range(rounds)
    ]
    return {name: round(fmean(row[name] for row in found), 4) for name in found[0]}
