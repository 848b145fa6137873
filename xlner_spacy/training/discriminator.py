"""A classifier that tells by a token's vector which corpus or language its text is of."""

from __future__ import annotations

from typing import Any

import numpy as np
from thinc.api import Adam, Model, Relu, Softmax_v2, chain, use_ops


class Discriminator:
    """One hidden layer, as in AdvPicker (Chen et al. 2021), but with as many classes as there are corpora.

    width (int): Of the vectors.
    classes (int): How many.
    hidden (int): Units of the hidden layer.
    rate (float): Learning rate (Adam).
    """

    def __init__(self, width: int, classes: int, hidden: int, rate: float) -> None:
        with use_ops("numpy"):
            self._model: Model[Any, Any] = chain(Relu(hidden, width), Softmax_v2(classes, hidden))
        self._model.initialize()
        self._optimizer = Adam(rate)

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """Of each class, (tokens, classes)."""
        found: np.ndarray = self._model.predict(vectors.astype("float32"))
        return found

    def learn(self, vectors: np.ndarray, classes: np.ndarray) -> tuple[float, np.ndarray]:
        """One step; each class that occurs counts as much as the others.

        vectors: (tokens, width). classes: (tokens,).
        RETURNS: The loss (cross-entropy), and its gradient by the vectors, (tokens, width).
        """
        given = vectors.astype("float32")
        found, back = self._model.begin_update(given)
        rows = np.arange(len(classes))
        counts = np.bincount(classes)
        weights = 1.0 / (counts[classes] * np.count_nonzero(counts))
        loss = float(-(weights * np.log(np.maximum(found[rows, classes], 1e-12))).sum())
        gradient = found.copy()
        gradient[rows, classes] -= 1.0
        by_vectors: np.ndarray = back((gradient * weights[:, np.newaxis]).astype("float32"))
        self._model.finish_update(self._optimizer)
        return loss, by_vectors
