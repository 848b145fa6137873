"""Cross-entropy."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting


class CrossEntropy:
    """The loss of maximum likelihood: every label counts alike, a wrong one most of all.

    smoothing (float): This share of each target is spread evenly over all tags (Szegedy et al. 2016).
    """

    description: ClassVar[Description] = Description("cross-entropy")

    def __init__(self, smoothing: float = 0.0) -> None:
        check_setting("CrossEntropy", "smoothing", smoothing, 0 <= smoothing < 1, "from 0 to 1")
        self.smoothing = smoothing

    def __call__(
        self, probabilities: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As of `Loss`."""
        wanted = (1 - self.smoothing) * targets + self.smoothing / targets.shape[1]
        losses = -(wanted * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
        return losses, probabilities - wanted
