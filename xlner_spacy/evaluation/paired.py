"""Whether one pipeline is better than another on the same texts, or only seems so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .metrics import RESAMPLES, TokenEntity


class Difference(NamedTuple):
    """Of two F1s, the first less the second.

    value: The difference.
    low, high: Its 95% interval.
    """

    value: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def f1_difference(
    first: Sequence[set[TokenEntity]],
    second: Sequence[set[TokenEntity]],
    gold: Sequence[set[TokenEntity]],
    *,
    seed: int = 0,
) -> Difference:
    """The difference of two pipelines' F1, by paired bootstrap: both are scored on the same resamples of the
    texts, as in Koehn (2004), Statistical significance tests for machine translation evaluation.

    first, second, gold: The entities of each text.
    RAISES: ValueError if they are not of the same texts.
    """
    counts = np.array(
        [
            (len(a & g), len(a) + len(g), len(b & g), len(b) + len(g))
            for a, b, g in zip(first, second, gold, strict=True)
        ]
    ).reshape(-1, 4)
    rng = np.random.default_rng(seed)
    # How often each text is drawn, which says as much as which are drawn.
    n_texts = max(1, len(counts))
    drawn = rng.multinomial(len(counts), np.full(n_texts, 1 / n_texts), size=RESAMPLES)
    own = _difference(counts.sum(axis=0, keepdims=True))[0]
    low, high = np.percentile(_difference(drawn[:, : len(counts)] @ counts), (2.5, 97.5))
    return Difference(*(round(float(x), 4) for x in (own, low, high)))


def _difference(sums: np.ndarray) -> np.ndarray:
    totals = np.maximum(sums, 1)
    return 2 * sums[:, 0] / totals[:, 1] - 2 * sums[:, 2] / totals[:, 3]
