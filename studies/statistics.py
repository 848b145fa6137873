"""Means over seeds, and intervals that know of both seeds and texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlner_spacy.evaluation.paired import Estimate

from .measuring import f1

RESAMPLES = 2000


def mean_f1(counts: Sequence[np.ndarray]) -> Estimate:
    """Mean F1 over seeds.

    counts: For each seed, (texts, 3): right, found, gold.
    """
    stacked = np.stack(counts)
    return _estimate(_mean(stacked), _resampled(stacked))


def difference(counts: Sequence[np.ndarray], base: Sequence[np.ndarray]) -> Estimate:
    """Mean F1 over seeds less that of another method, with the same seeds on the same texts.

    The interval is a bootstrap's over seeds and texts at once: both methods are given the same draw.
    """
    one, other = np.stack(counts), np.stack(base)
    return _estimate(_mean(one) - _mean(other), _resampled(one) - _resampled(other))


def mean_over(sets: Sequence[Sequence[np.ndarray]]) -> Estimate:
    """Mean F1 over several test sets, which count alike.

    sets: Of each, for each seed the counts, as of `mean_f1`.
    """
    return _estimate(*_over(sets))


def difference_over(
    sets: Sequence[Sequence[np.ndarray]], base: Sequence[Sequence[np.ndarray]]
) -> Estimate:
    """Mean F1 over several test sets, less that of another method on the same ones."""
    (own, resampled), (other, other_resampled) = _over(sets), _over(base)
    return _estimate(own - other, resampled - other_resampled)


def _over(sets: Sequence[Sequence[np.ndarray]]) -> tuple[float, np.ndarray]:
    stacked = [np.stack(counts) for counts in sets]
    resampled = [_resampled(own, texts=n) for n, own in enumerate(stacked)]
    return float(np.mean([*map(_mean, stacked)])), np.mean(resampled, axis=0)


def relative_drop(inside: Sequence[np.ndarray], outside: Sequence[np.ndarray]) -> Estimate:
    """How much of the mean F1 is lost from one test set to another: (inside - outside) / inside.

    inside, outside: For each seed the counts, as of `mean_f1`.
    """
    return _estimate(*_drop(inside, outside))


def difference_of_drops(
    inside: Sequence[np.ndarray],
    outside: Sequence[np.ndarray],
    base_inside: Sequence[np.ndarray],
    base_outside: Sequence[np.ndarray],
) -> Estimate:
    """A method's relative drop less that of another, with the same draws for both."""
    own, resampled = _drop(inside, outside)
    base, base_resampled = _drop(base_inside, base_outside)
    return _estimate(own - base, resampled - base_resampled)


def _drop(inside: Sequence[np.ndarray], outside: Sequence[np.ndarray]) -> tuple[float, np.ndarray]:
    one, other = np.stack(inside), np.stack(outside)
    value = 1 - _mean(other) / max(_mean(one), 1e-9)
    return value, 1 - _resampled(other, texts=1) / np.maximum(_resampled(one), 1e-9)


def _mean(stacked: np.ndarray) -> float:
    return float(f1(stacked.sum(axis=1)).mean())


def _resampled(stacked: np.ndarray, texts: int = 0) -> np.ndarray:
    """F1 in each resample. The draws are always the same ones: of seeds, and of texts by the number of the set."""
    n_seeds, n_texts, _ = stacked.shape
    drawn = np.random.default_rng(texts).multinomial(
        n_texts, np.full(n_texts, 1 / n_texts), size=RESAMPLES
    )
    seeds = np.random.default_rng(99).multinomial(
        n_seeds, np.full(n_seeds, 1 / n_seeds), size=RESAMPLES
    )
    scores = f1(np.einsum("rt,stc->rsc", drawn, stacked, optimize=True))
    found: np.ndarray = (scores * seeds / n_seeds).sum(axis=1)
    return found


def _estimate(value: float, resampled: np.ndarray) -> Estimate:
    low, high = np.percentile(resampled, (2.5, 97.5))
    return Estimate(value, float(low), float(high))
