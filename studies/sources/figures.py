"""Figures of the study, from the counts of each text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from xlner_spacy.evaluation.sources import LEARNT_FROM

from ..comparison import Counts
from ..measuring import f1
from ..statistics import Estimate, difference, difference_over, mean_over
from . import projection
from .targets import ALONE, BEA_LEARNT, FIRST, GOLD, METHODS, POOLED, STUDENT, key
from .teachers import Subset, family_of, names_of, of_size

Runs = Mapping[str, Sequence[Counts]]  # by target, the counts of each seed
Sets = list[list[np.ndarray]]  # for each target the counts of subsets and seeds


class Figures(NamedTuple):
    """What is told of a group of targets.

    curves: By method and number of sources, the mean over targets, subsets and seeds.
    best, first: Of the source that is best by gold, and of the first sources of the ranking without labels, which vote.
    more: How much more the methods have with all sources than the best single one.
    alike: Of two and three sources of one family, less those of both, by method and number.
    gold: By method, number of sources and of gold texts.
    """

    targets: list[str]
    curves: dict[str, dict[int, Estimate]]
    best: Estimate
    first: dict[int, Estimate]
    more: dict[str, Estimate]
    alike: dict[str, dict[int, Estimate]]
    gold: dict[str, dict[int, dict[int, Estimate]]]


def of_targets(
    runs: Runs,
    subsets: Sequence[Subset],
    families: Mapping[str, Sequence[str]],
    n_gold: Sequence[int],
    gold_k: Sequence[int],
) -> Figures:
    """The means over targets."""
    sizes = sorted({len(own) for own in subsets})
    best = [_best(counts, [own for own in subsets if len(own) == 1]) for counts in runs.values()]
    whole = [own for own in subsets if len(own) == sizes[-1]]
    curves = {
        method: {
            k: mean_over(sets_of(runs, method, of_size(subsets, k)))
            for k in sizes
            if k >= _least(method)
        }
        for method in METHODS
        if sizes[-1] >= _least(method)
    }
    return Figures(
        targets=list(runs),
        curves=curves,
        best=mean_over(best),
        first={k: mean_over(_first(runs, k)) for k in sizes},
        more={method: difference_over(sets_of(runs, method, whole), best) for method in curves},
        alike=_alike(runs, subsets, families),
        gold=_gold(runs, subsets, n_gold, gold_k),
    )


def _least(method: str) -> int:
    """The fewest sources that a method takes."""
    return LEARNT_FROM if method == BEA_LEARNT else 1


def sets_of(runs: Runs, method: str, subsets: Iterable[Subset], n_gold: int = 0) -> Sets:
    """Of each target the counts of a method, of every subset and seed. One teacher alone is what every method but the
    student has of one source."""
    names = []
    for subset in subsets:
        alone = len(subset) == 1 and method != STUDENT and not n_gold
        names.append(key(ALONE if alone else method, names_of(subset), n_gold))
    return [[run[name] for name in names for run in counts] for counts in runs.values()]


def best_source(counts: Sequence[Counts], singles: Sequence[Subset]) -> str:
    """The source whose teacher is best by the target's gold labels, on the mean over seeds."""
    means = {
        names_of(own): np.mean([f1(run[key(ALONE, names_of(own))].sum(axis=0)) for run in counts])
        for own in singles
    }
    return max(means, key=lambda name: means[name])


def _best(counts: Sequence[Counts], singles: Sequence[Subset]) -> list[np.ndarray]:
    name = best_source(counts, singles)
    return [run[key(ALONE, name)] for run in counts]


def _first(runs: Runs, k: int) -> Sets:
    return [[run[key(FIRST, str(k))] for run in counts] for counts in runs.values()]


def _alike(
    runs: Runs, subsets: Sequence[Subset], families: Mapping[str, Sequence[str]]
) -> dict[str, dict[int, Estimate]]:
    found: dict[str, dict[int, Estimate]] = {}
    for method in METHODS:
        for k in (2, 3):
            own = [*of_size(subsets, k)]
            alike = [subset for subset in own if family_of(subset, families)]
            diverse = [subset for subset in own if subset not in alike]
            if alike and diverse and k >= _least(method):
                one, other = sets_of(runs, method, alike), sets_of(runs, method, diverse)
                found.setdefault(method, {})[k] = difference_over(one, other)
    return found


def _gold(
    runs: Runs, subsets: Sequence[Subset], n_gold: Sequence[int], gold_k: Sequence[int]
) -> dict[str, dict[int, dict[int, Estimate]]]:
    alone = {
        n: mean_over([[run[key(GOLD, "", n)] for run in c] for c in runs.values()]) for n in n_gold
    }
    found = {GOLD: {0: alone}}
    for method in (POOLED, STUDENT):
        found[method] = {
            k: {n: mean_over(sets_of(runs, method, of_size(subsets, k), n)) for n in (0, *n_gold)}
            for k in gold_k
        }
    return found


class Projected(NamedTuple):
    """What is told of the projection to one target.

    sources: In their ranked order.
    best: The best single source by gold, and its name.
    curves: By voter and number of sources.
    more: How much more each voter has with all sources than the best single one.
    first: Of the first sources of the ranking.
    """

    sources: list[str]
    best: tuple[str, Estimate]
    curves: dict[str, dict[int, Estimate]]
    more: dict[str, Estimate]
    first: dict[int, Estimate]


def of_projection(counts: Counts, order: Sequence[str]) -> Projected:
    """The means over subsets of sources.

    order: All sources, ranked.
    """
    groups: dict[str, dict[int, list[np.ndarray]]] = {}
    for name, own in counts.items():
        voter, _, sources = name.partition("|")
        if voter != projection.FIRST:
            groups.setdefault(voter, {}).setdefault(len(sources.split("+")), []).append(own)
    singles = {lang: counts[projection.key(projection.ALONE, lang)] for lang in order}
    best = max(order, key=lambda lang: float(f1(singles[lang].sum(axis=0))))
    sizes = range(1, len(order) + 1)
    return Projected(
        list(order),
        (best, mean_over([[singles[best]]])),
        {voter: {k: mean_over([own]) for k, own in by_k.items()} for voter, by_k in groups.items()},
        {
            voter: difference(by_k[len(order)], [singles[best]])
            for voter, by_k in groups.items()
            if len(order) in by_k
        },
        {k: mean_over([[counts[projection.key(projection.FIRST, str(k))]]]) for k in sizes},
    )
