"""Labels that the labels of similar words confirm are trusted."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting
from ..protocols import Batch


class Neighbours:
    """Trusts a word's label as far as the words with the most similar vectors have the same.

    After CoLaDa (Ma et al. 2023): the share of the nearest neighbours with the same label, minus the label's mean
    share, through a steep sigmoid. Two differences: the neighbours are words of the last batches, not of the
    whole corpus, and it is the vectors of the present model.

    k (int): How many neighbours are asked.
    memory (int): How many words are remembered.
    slope (float): Of the sigmoid.
    """

    description: ClassVar[Description] = Description("agreement of nearest neighbours")

    def __init__(self, k: int = 50, memory: int = 8192, slope: float = 6.0) -> None:
        check_setting("Neighbours", "k", k, k > 0, "greater than 0")
        check_setting("Neighbours", "memory", memory, memory > k, "greater than k")
        check_setting("Neighbours", "slope", slope, slope > 0, "greater than 0")
        self.k = k
        self.memory = memory
        self.slope = slope
        self._vectors: np.ndarray | None = None
        self._tags = np.zeros(0, dtype=int)

    def __call__(self, batch: Batch) -> np.ndarray:
        """As of `Weighting`."""
        norms = np.linalg.norm(batch.features, axis=1, keepdims=True)
        vectors = batch.features / np.maximum(norms, 1e-12)
        known = np.flatnonzero(batch.tags >= 0)
        trust = np.ones(len(batch.tags))
        if self._vectors is not None and len(self._tags) > self.k:
            trust[known] = self._trust(vectors[known], batch.tags[known])
        self._remember(vectors[known], batch.tags[known])
        return trust

    def _trust(self, vectors: np.ndarray, tags: np.ndarray) -> np.ndarray:
        assert self._vectors is not None
        nearest = np.argpartition(-(vectors @ self._vectors.T), self.k, axis=1)[:, : self.k]
        shares = (self._tags[nearest] == tags[:, np.newaxis]).mean(axis=1)
        trust = np.ones(len(tags))
        for tag in np.unique(tags):
            own = tags == tag
            steep = 1 / (1 + np.exp(-self.slope * (shares[own] - shares[own].mean())))
            trust[own] = steep / steep.max()
        return trust

    def _remember(self, vectors: np.ndarray, tags: np.ndarray) -> None:
        before = vectors[:0] if self._vectors is None else self._vectors
        self._vectors = np.concatenate([before, vectors])[-self.memory :]
        self._tags = np.concatenate([self._tags, tags])[-self.memory :]
