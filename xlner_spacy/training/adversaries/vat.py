"""Virtual adversarial training."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting
from ..directions import along
from ..protocols import Objective, Slope


class VAT:
    """Wants the same answer where features are moved to where it would change most: needs no labels.

    Miyato et al. (2018). Texts whose labels are missing take part as all others do, so text of the
    target language can be added without any.

    strength (float): How far the vectors of a text are moved, as a share of their length.
    weight (float): Of this loss, beside that of the labels.
    seed (int): Of the random directions that the search begins with.
    """

    description: ClassVar[Description] = Description("virtual adversarial training (VAT)")

    def __init__(self, strength: float = 0.1, weight: float = 1.0, seed: int = 0) -> None:
        check_setting("VAT", "strength", strength, strength > 0, "greater than 0")
        check_setting("VAT", "weight", weight, weight > 0, "greater than 0")
        self.strength = strength
        self.weight = weight
        self._rng = np.random.default_rng(seed)

    def __call__(self, features: np.ndarray, clean: Slope, objective: Objective) -> Slope:
        """As of `Adversary`."""
        texts = objective.texts
        random = along(self._rng.normal(size=features.shape), features, texts, self.strength / 10)
        worst = objective.alike(features + random, share=0.0).gradient
        moved = along(worst, features, texts, self.strength)
        return objective.alike(features + moved, share=self.weight)
