"""Texts that are learnt easily are trusted."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from ...models.description import Description
from ...settings import check_setting
from ..protocols import Batch


class SmallLoss:
    """Learns from the texts of each batch whose labels the model finds least wrong.

    A network learns what is regular before it learns what is wrong. The rule of co-teaching (Han et al. 2018), with one
    network, which chooses for itself. (xlner.CoTeaching.v1 has two.)

    keep (float): The share of the texts of a batch that is learnt from, in the end.
    after (int): In so many updates the share falls from 1 to that.
    """

    description: ClassVar[Description] = Description("texts of small loss only")

    def __init__(self, keep: float = 0.8, after: int = 100) -> None:
        check_setting("SmallLoss", "keep", keep, 0 < keep <= 1, "above 0, at most 1")
        check_setting("SmallLoss", "after", after, after >= 0, "0 or more")
        self.keep = keep
        self.after = after
        self._seen = 0

    def __call__(self, batch: Batch) -> np.ndarray:
        """As of `Weighting`."""
        done = min(1.0, self._seen / self.after) if self.after else 1.0
        self._seen += 1
        known = batch.tags >= 0
        n_texts = int(batch.texts.max(initial=-1)) + 1
        sums = np.bincount(batch.texts, weights=np.where(known, batch.losses, 0), minlength=n_texts)
        counts = np.bincount(batch.texts, weights=known, minlength=n_texts)
        means = sums / np.maximum(counts, 1)
        n_kept = max(1, round(n_texts * (1 - done * (1 - self.keep))))
        kept = np.zeros(n_texts)
        kept[np.argsort(means, kind="stable")[:n_kept]] = 1.0
        found: np.ndarray = kept[batch.texts]
        return found
