"""Whether one pipeline is better than another on the same texts, or only seems so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .metrics import RESAMPLES, TokenEntity


class Estimate(NamedTuple):
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    def as_json(self) -> list[float]:
        """Rounded."""
        return [round(float(own), 4) for own in self]


def f1_difference(
    first: Sequence[set[TokenEntity]],
    second: Sequence[set[TokenEntity]],
    gold: Sequence[set[TokenEntity]],
    *,
    seed: int = 0,
) -> Estimate:
    """The difference of two pipelines' F1, by paired bootstrap: both are scored on the same resamples of the
    texts, as in Koehn (2004), Statistical significance tests for machine translation evaluation.

    first, second, gold: The entities of each text.
    RAISES: ValueError if they are not of the same texts.
    """
    both = (resampled_f1((found, gold), seed=seed) for found in (first, second))
    return _estimate_of(np.subtract(*both))


# Found and gold entities, text by text.
Scored = tuple[Sequence[set[TokenEntity]], Sequence[set[TokenEntity]]]


def resampled_f1(scored: Scored, *, seed: int = 0) -> np.ndarray:
    """F1 on all texts, then on each of RESAMPLES resamples of them. Those of pipelines on the same texts, by the
    same seed, are paired: the n-th of each are of the same resample.

    RAISES: ValueError if found and gold are not of the same texts.
    """
    counts = np.array(
        [(len(f & g), len(f) + len(g)) for f, g in zip(*scored, strict=True)]
    ).reshape(-1, 2)
    n_texts = max(1, len(counts))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(counts), np.full(n_texts, 1 / n_texts), size=RESAMPLES)
    every = np.vstack([np.ones_like(drawn[:1]), drawn])[:, : len(counts)]
    correct, entities = (every @ counts).T
    return 2 * correct / np.maximum(entities, 1)


class Shifted(NamedTuple):
    """F1 of a pipeline in its own domain and out of it, on all texts and on resamples of the texts of both."""

    inside: np.ndarray
    outside: np.ndarray

    @classmethod
    def of(cls, inside: Scored, outside: Scored, *, seed: int = 0) -> Shifted:
        """inside, outside: What was found in the texts of the two domains, and what is there. The resamples of
        one domain are drawn without regard to those of the other."""
        return cls(resampled_f1(inside, seed=seed), resampled_f1(outside, seed=seed + 1))

    @property
    def relative_drops(self) -> np.ndarray:
        """(F1 in - F1 out) / F1 in; NaN where F1 in the domain is 0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            drops = (self.inside - self.outside) / self.inside
        return np.where(self.inside > 0, drops, np.nan)


def drop(pipeline: Shifted) -> Estimate:
    """F1 in the domain less F1 out of it, with its interval."""
    return _estimate_of(pipeline.inside - pipeline.outside)


def relative_drop(pipeline: Shifted) -> Estimate | None:
    """The share of F1 that is lost out of the domain; None if there is none to lose."""
    return summary(pipeline.relative_drops)


def relative_drop_difference(first: Shifted, second: Shifted) -> Estimate | None:
    """The difference of two pipelines' relative drops, by paired bootstrap over the texts of both domains: above 0
    if the first loses the larger share. None if one of them has nothing to lose."""
    return summary(first.relative_drops - second.relative_drops)


def summary(values: np.ndarray) -> Estimate | None:
    """The value of all texts, and the 95% interval of those of the resamples in which there is one. None if there is
    none of all texts.

    values: As of `resampled_f1`; NaN where there is none.
    """
    return _estimate_of(values) if np.isfinite(values[0]) else None


def _estimate_of(values: np.ndarray) -> Estimate:
    low, high = np.nanpercentile(values[1:], (2.5, 97.5))
    return Estimate(*(round(float(x), 4) for x in (values[0], low, high)))
