"""Generalised cross-entropy."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting


class GeneralisedCrossEntropy:
    """Between cross-entropy and mean absolute error: a label that the model finds improbable, and which may
    be wrong, teaches it less.

    (1 - p^q) / q for the probability p of the target (Zhang & Sabuncu 2018); of a target that is a
    distribution, the mean over it.

    q (float): Towards 0 it is cross-entropy; at 1 mean absolute error, which no wrong label harms
        but which learns slowly.
    """

    description: ClassVar[Description] = Description("generalised cross-entropy")

    def __init__(self, q: float = 0.7) -> None:
        check_setting("GeneralisedCrossEntropy", "q", q, 0 < q <= 1, "above 0, at most 1")
        self.q = q

    def __call__(
        self, probabilities: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As of `Loss`."""
        powers = np.maximum(probabilities, 1e-12) ** self.q
        losses = (targets * (1 - powers) / self.q).sum(axis=1)
        pulled = targets * powers
        return losses, probabilities * pulled.sum(axis=1, keepdims=True) - pulled
