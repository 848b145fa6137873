"""The losses of a batch, as functions of the features that a linear classifier sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import special
from thinc.api import Model

from .protocols import Slope


class LinearObjective:
    """As of `Objective`.

    output (Model): The classifier, a thinc Linear.
    labels_loss: From probabilities (tokens, tags) to a loss and its gradient by the scores.
    probabilities: Those of the features as they are, (tokens, tags).
    texts: The number of the text that each token is of, (tokens,).
    corpora: The corpus of each text; "" where it is not known.
    """

    def __init__(
        self,
        output: Model,
        labels_loss: Callable[[np.ndarray], tuple[float, np.ndarray]],
        probabilities: np.ndarray,
        texts: np.ndarray,
        corpora: Sequence[str],
    ) -> None:
        self.output = output
        self.labels_loss = labels_loss
        self.probabilities = probabilities
        self.texts = texts
        self.corpora = corpora

    def labelled(self, features: np.ndarray, share: float = 1.0) -> Slope:
        """As of `Objective`."""
        loss, gradient = self.labels_loss(self._shares(features))
        return self._slope(features, loss, gradient, share)

    def alike(self, features: np.ndarray, share: float = 1.0) -> Slope:
        """As of `Objective`."""
        found = self._shares(features)
        logs = np.log(np.maximum(self.probabilities, 1e-12)) - np.log(np.maximum(found, 1e-12))
        n_tokens = max(1, len(found))
        loss = float((self.probabilities * logs).sum() / n_tokens)
        return self._slope(features, loss, (found - self.probabilities) / n_tokens, share)

    def _shares(self, features: np.ndarray) -> np.ndarray:
        return softmax(features @ self._weights().T + to_numpy(self.output.get_param("b")))

    def _weights(self) -> np.ndarray:
        return to_numpy(self.output.get_param("W"))

    def _slope(
        self, features: np.ndarray, loss: float, gradient: np.ndarray, share: float
    ) -> Slope:
        """With a share of 0 the gradient is whole, and the classifier learns nothing."""
        if share:
            gradient = gradient * share
            ops: Any = self.output.ops
            self.output.inc_grad("W", ops.asarray((gradient.T @ features).astype("float32")))
            self.output.inc_grad("b", ops.asarray(gradient.sum(axis=0).astype("float32")))
        return Slope(loss * (share or 1.0), gradient @ self._weights())


def to_numpy(array: Any) -> np.ndarray:
    """An array of numpy or cupy as one of numpy, of double precision."""
    return np.asarray(array.get() if hasattr(array, "get") else array, dtype=float)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Rows that add up to 1."""
    shares: np.ndarray = special.softmax(scores, axis=1)
    return shares
