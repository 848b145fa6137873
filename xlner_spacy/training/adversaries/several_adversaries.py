"""Several adversaries at once."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting
from ..protocols import Objective, Slope


class SeveralAdversaries:
    """Trains against several adversaries at once: their losses are added.

    adversaries (dict): By any names. Each sees the features as they are, not as the others have changed them.
    """

    description: ClassVar[Description] = Description("several adversaries at once")

    def __init__(self, adversaries: dict[str, Any]) -> None:
        usable = bool(adversaries) and all(map(callable, adversaries.values()))
        wanted = "at least one adversary, and nothing else"
        check_setting("SeveralAdversaries", "adversaries", adversaries, usable, wanted)
        self.adversaries = adversaries

    def __call__(self, features: np.ndarray, clean: Slope, objective: Objective) -> Slope:
        """As of `Adversary`."""
        slopes = [own(features, clean, objective) for own in self.adversaries.values()]
        gradient = np.sum([own.gradient for own in slopes], axis=0)
        return Slope(sum(own.loss for own in slopes), gradient)
