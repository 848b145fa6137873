"""The residual of a line through baselines, checked by hand and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import linregress

from xlner_spacy.evaluation.effective_robustness import baseline_line, effective_robustness
from xlner_spacy.evaluation.paired import Shifted

INSIDE = (0.5, 0.6, 0.7, 0.8, 0.9)
OUTSIDE = (0.3, 0.45, 0.5, 0.7, 0.75)


def constant(inside, outside):
    """A pipeline without spread."""
    return Shifted(np.full(11, inside), np.full(11, outside))


def baselines(inside=INSIDE, outside=OUTSIDE):
    return [constant(*row) for row in zip(inside, outside, strict=True)]


def test_the_residual_of_scipys_line():
    fit = linregress(logit(INSIDE), logit(OUTSIDE))
    line = baseline_line(baselines())
    assert (line.slope[0], line.intercept[0]) == pytest.approx((fit.slope, fit.intercept))
    found = effective_robustness(constant(0.75, 0.7), line)
    expected = 0.7 - expit(fit.intercept + fit.slope * logit(0.75))
    assert found == pytest.approx((expected,) * 3, abs=1e-4)
    assert found.value > 0


def test_there_is_no_line_of_few_baselines_of_a_zero_or_of_one_point():
    assert baseline_line(baselines()[:4]) is None
    assert baseline_line(baselines(outside=(0.0, *OUTSIDE[1:]))) is None
    assert baseline_line(baselines(inside=(0.5, 0.6, 0.7, 0.8, 1.0))) is None
    assert baseline_line(baselines(inside=(0.7,) * 5)) is None


def test_a_pipeline_that_finds_nothing_has_no_place_on_the_line():
    line = baseline_line(baselines())
    assert effective_robustness(constant(0.0, 0.0), line) is None
    assert effective_robustness(constant(0.5, 0.0), line).value < 0


def test_resamples_widen_the_interval():
    rng = np.random.default_rng(0)

    def noisy(inside, outside):
        noise = rng.normal(0, 0.01, (2, 501)) * (np.arange(501) > 0)
        return Shifted(inside + noise[0], outside + noise[1])

    line = baseline_line([noisy(*row) for row in zip(INSIDE, OUTSIDE, strict=True)])
    found = effective_robustness(noisy(0.75, 0.62), line)
    assert found.low < found.value < found.high
    assert found.high - found.low > 0.02
