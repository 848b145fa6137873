"""Whether a pipeline is better out of its domain than its F1 in the domain lets one expect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .paired import Estimate, Shifted, summary

# Fewer points say too little of a line.
LEAST_BASELINES = 5


class Line(NamedTuple):
    """logit(F1 out) = intercept + slope * logit(F1 in), by least squares, on all texts and on resamples."""

    slope: np.ndarray
    intercept: np.ndarray

    def at(self, inside: np.ndarray) -> np.ndarray:
        """The F1 out of the domain to expect of F1 in the domain; NaN for an F1 of 0 or 1, which has no logit."""
        logits = self.intercept + self.slope * _logit(inside)
        return 1 / (1 + np.exp(-logits))


def baseline_line(baselines: Sequence[Shifted]) -> Line | None:
    """The line of the baselines, as in Taori et al. (2020), Measuring robustness to natural distribution shifts in
    image classification, with F1 in the place of accuracy.

    baselines: At least LEAST_BASELINES, on the same texts by the same seed.
    RETURNS: None if there is no line: too few baselines, one with an F1 of 0 or 1, or all alike in the domain.
    """
    if len(baselines) < LEAST_BASELINES:
        return None
    x = _logit(np.array([own.inside for own in baselines]))
    y = _logit(np.array([own.outside for own in baselines]))
    with np.errstate(invalid="ignore", divide="ignore"):
        from_mean = x - x.mean(axis=0)
        spread = (from_mean**2).sum(axis=0)
        slope = np.where(spread > 1e-9, (from_mean * y).sum(axis=0) / spread, np.nan)
    line = Line(slope, y.mean(axis=0) - slope * x.mean(axis=0))
    return line if np.isfinite(line.slope[0]) and np.isfinite(line.intercept[0]) else None


def effective_robustness(pipeline: Shifted, line: Line) -> Estimate | None:
    """F1 out of the domain less what the line expects, with its interval: the texts of both domains are resampled
    and the line is fitted anew each time. (Which baselines were chosen is not in it.) None for an F1 of 0 or 1 in the
    domain.
    """
    return summary(pipeline.outside - line.at(pipeline.inside))


def _logit(f1: np.ndarray) -> np.ndarray:
    inner = np.where((f1 > 0) & (f1 < 1), f1, np.nan)
    return np.log(inner / (1 - inner))
