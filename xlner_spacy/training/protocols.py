"""What plugs into the training of `xl_ner`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Loss(Protocol):
    """How wrong probabilities are: `@xl_losses`."""

    def __call__(
        self, probabilities: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """probabilities, targets: (tokens, tags), rows that add up to 1; a row of zeros is a target
            that is not known, and is not looked at.
        RETURNS: The loss of each token, (tokens,), and its gradient by the scores that the
            probabilities are the softmax of, (tokens, tags).
        """
        ...


class Batch(NamedTuple):
    """The tokens of a batch of texts, one text after another.

    features: Their vectors, (tokens, width).
    tags: What each should be, as a number; -1 where nothing is known, (tokens,).
    losses: How wrong the model is now, or its peer, (tokens,).
    texts: The number of the text that each is of, (tokens,).
    """

    features: np.ndarray
    tags: np.ndarray
    losses: np.ndarray
    texts: np.ndarray


@runtime_checkable
class Weighting(Protocol):
    """How far each label is trusted: `@xl_weightings`.

    One with `asks_peer = True` gets the losses of a second network, which learns beside the first one.
    """

    def __call__(self, batch: Batch) -> np.ndarray:
        """RETURNS: What the loss of each token is multiplied with, (tokens,)."""
        ...


class Slope(NamedTuple):
    """A loss, and its gradient by the features, (tokens, width)."""

    loss: float
    gradient: np.ndarray


@runtime_checkable
class Objective(Protocol):
    """What can be asked about features, while training."""

    texts: np.ndarray  # the number of the text that each token is of, (tokens,)
    corpora: Sequence[str]  # the name of the corpus that each text is of; "" where it is not known

    def labelled(self, features: np.ndarray, share: float = 1.0) -> Slope:
        """How wrong the labels would be with these features. The classifier learns from it, to this share."""
        ...

    def alike(self, features: np.ndarray, share: float = 1.0) -> Slope:
        """How far the probabilities would be from those of the features as they are: the mean over tokens of the
        Kullback-Leibler divergence. The classifier learns from it, to this share."""
        ...


@runtime_checkable
class Adversary(Protocol):
    """Training against small changes of the features, the worst for the model: `@xl_adversaries`."""

    def __call__(self, features: np.ndarray, clean: Slope, objective: Objective) -> Slope:
        """features: (tokens, width). clean: The loss of the labels with them.
        RETURNS: The loss to be added, and its gradient by the features.
        """
        ...
