"""Changes of the features of texts."""

from __future__ import annotations

import numpy as np


def lengths_of(vectors: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """For each token the length of all vectors of its text as one (Frobenius norm), (tokens,)."""
    squares = np.bincount(texts, weights=(vectors**2).sum(axis=1), minlength=1)
    found: np.ndarray = np.sqrt(squares)[texts]
    return found


def along(
    direction: np.ndarray, features: np.ndarray, texts: np.ndarray, share: float
) -> np.ndarray:
    """A change in a direction, for each text as long as this share of its features' length.

    direction, features: (tokens, width). texts: The number of the text of each token.
    """
    length = share * lengths_of(features, texts) / (lengths_of(direction, texts) + 1e-12)
    found: np.ndarray = direction * length[:, np.newaxis]
    return found
