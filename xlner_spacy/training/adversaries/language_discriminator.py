"""Vectors that do not give away the language of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ...errors import SetupError
from ...models.description import Description
from ...settings import check_setting
from ..discriminator import Discriminator
from ..protocols import Objective, Slope


class LanguageDiscriminator:
    """A discriminator learns to tell the corpora by the vectors of tokens; the encoder learns to make that hard.

    Gradient reversal (Ganin et al. 2016), on tokens as in AdvPicker (Chen et al. 2021). It needs no labels: give labelled
    texts of a source language and unlabelled ones of the target language with xlner.Corpora.v1.

    corpora (list): The names of the corpora that are to be told apart, at least two. Texts of others take no part.
    weight (float): Of the reversed gradient. AdvPicker's encoder learns from it at a hundredth of its usual
        rate.
    hidden (int): Units of the discriminator's hidden layer.
    rate (float): The discriminator's learning rate.
    """

    description: ClassVar[Description] = Description(
        "a language discriminator with gradient reversal"
    )

    def __init__(
        self, corpora: Sequence[str], weight: float = 0.01, hidden: int = 500, rate: float = 0.005
    ) -> None:
        name = "LanguageDiscriminator"
        distinct = len(set(corpora)) == len(corpora) >= 2
        check_setting(name, "corpora", list(corpora), distinct, "two or more different names")
        check_setting(name, "weight", weight, weight > 0, "greater than 0")
        check_setting(name, "hidden", hidden, hidden > 0, "greater than 0")
        check_setting(name, "rate", rate, rate > 0, "greater than 0")
        self.corpora = list(corpora)
        self.weight = weight
        self.hidden = hidden
        self.rate = rate
        self._discriminator: Discriminator | None = None

    def __call__(self, features: np.ndarray, clean: Slope, objective: Objective) -> Slope:
        """As of `Adversary`. RAISES: SetupError if the texts do not say which corpus they are of."""
        if not any(objective.corpora):
            raise SetupError(
                "xlner.LanguageDiscriminator.v1: the training texts do not say which corpus they are of.",
                hint="Read them with xlner.Corpora.v1, under the names " + ", ".join(self.corpora),
            )
        number = {name: n for n, name in enumerate(self.corpora)}
        classes = np.array([number.get(name, -1) for name in objective.corpora])[objective.texts]
        known = classes >= 0
        gradient = np.zeros_like(features)
        if not known.any():
            return Slope(0.0, gradient)
        if self._discriminator is None:
            self._discriminator = Discriminator(
                features.shape[1], len(self.corpora), self.hidden, self.rate
            )
        _, found = self._discriminator.learn(features[known], classes[known])
        gradient[known] = -self.weight * found
        return Slope(0.0, gradient)
