"""Squared error of probabilities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description


class SquaredError:
    """Mean squared error between the probabilities and a teacher's, as in the teacher-student learning of Wu et al.
    (2020, 'Single-/Multi-Source Cross-Lingual NER via Teacher-Student Learning'); here a sum over
    tags."""

    description: ClassVar[Description] = Description("squared error of probabilities")

    def __call__(
        self, probabilities: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As of `Loss`."""
        apart = probabilities - targets
        inner = (apart * probabilities).sum(axis=1, keepdims=True)
        return (apart**2).sum(axis=1), 2 * probabilities * (apart - inner)
