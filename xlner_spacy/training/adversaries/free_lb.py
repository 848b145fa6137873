"""FreeLB: several adversarial steps."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting
from ..directions import along, lengths_of
from ..protocols import Objective, Slope


class FreeLB:
    """Trains on every step of a search for the worst change of the features.

    Zhu et al. (2020). A change begins at random and is moved up the gradient, `steps` times; the
    model learns the mean of the steps' losses. Here it is the vectors that the classifier sees.

    steps (int): How many.
    rate (float): How far a step goes, as a share of the length of a text's vectors.
    start (float): How long the random change is, likewise.
    most (float): How long a change may become, likewise.
    seed (int): Of the random changes.
    """

    description: ClassVar[Description] = Description("adversarial training, several steps (FreeLB)")

    def __init__(
        self,
        steps: int = 2,
        rate: float = 0.1,
        start: float = 0.05,
        most: float = 0.2,
        seed: int = 0,
    ) -> None:
        check_setting("FreeLB", "steps", steps, steps > 0, "greater than 0")
        check_setting("FreeLB", "rate", rate, rate > 0, "greater than 0")
        check_setting("FreeLB", "start", start, start >= 0, "0 or more")
        check_setting("FreeLB", "most", most, most > 0, "greater than 0")
        self.steps = steps
        self.rate = rate
        self.start = start
        self.most = most
        self._rng = np.random.default_rng(seed)

    def __call__(self, features: np.ndarray, clean: Slope, objective: Objective) -> Slope:
        """As of `Adversary`."""
        texts = objective.texts
        random = self._rng.uniform(-1, 1, features.shape)
        change = along(random, features, texts, self.start)
        loss, gradient = 0.0, np.zeros_like(features)
        for _ in range(self.steps):
            step = objective.labelled(features + change, share=1 / self.steps)
            loss += step.loss
            gradient += step.gradient
            change = change + along(step.gradient, features, texts, self.rate)
            too_long = lengths_of(change, texts) / (self.most * lengths_of(features, texts) + 1e-12)
            change = change / np.maximum(too_long, 1.0)[:, np.newaxis]
        return Slope(loss, gradient)
