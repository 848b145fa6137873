"""The fast gradient method."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting
from ..directions import along
from ..protocols import Objective, Slope


class FGM:
    """Trains also on features that are moved a little up the gradient of the loss.

    Miyato, Dai & Goodfellow (2017), who move word embeddings; here it is the vectors that the classifier
    sees, which costs little with any encoder.

    strength (float): How far the vectors of a text are moved, as a share of their length.
    """

    description: ClassVar[Description] = Description("adversarial training, one step (FGM)")

    def __init__(self, strength: float = 0.1) -> None:
        check_setting("FGM", "strength", strength, strength > 0, "greater than 0")
        self.strength = strength

    def __call__(self, features: np.ndarray, clean: Slope, objective: Objective) -> Slope:
        """As of `Adversary`."""
        moved = along(clean.gradient, features, objective.texts, self.strength)
        return objective.labelled(features + moved)
