"""How far two sets of labels of the same texts agree: silver and reviewed, or those of two reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..evaluation.metrics import TokenEntity, only
from ..evaluation.paired import RESAMPLES, Estimate, resampled_f1, summary
from .decisions import Review


class Agreed(NamedTuple):
    """F1 of the first labels measured on the second.

    f1 (Estimate): With the 95% interval of a bootstrap over the texts; None without entities.
    first, second, both (int): Entities of either side, and those that both have.
    """

    f1: Estimate | None
    first: int
    second: int
    both: int

    def as_record(self) -> dict[str, Any]:
        """For a page, or a file."""
        f1 = self.f1.as_json() if self.f1 else None
        return {"f1": f1, "first": self.first, "second": self.second, "same": self.both}


def agreement(
    first: Sequence[set[TokenEntity]], second: Sequence[set[TokenEntity]]
) -> dict[str, Agreed]:
    """By label, and of all under "".

    first, second: The entities of each text.
    """
    labels = sorted({own[2] for side in (first, second) for text in side for own in text})
    found = {}
    for label in ["", *labels]:
        one, other = (
            [only(text, [label] if label else None) for text in side] for side in (first, second)
        )
        total = [sum(map(len, side)) for side in (one, other)]
        same = sum(len(a & b) for a, b in zip(one, other, strict=True))
        f1 = summary(resampled_f1((one, other))) if sum(total) else None
        found[label] = Agreed(f1, total[0], total[1], same)
    return found


def reviewed_agreement(review: Review) -> dict[str, Agreed]:
    """Silver labels measured on the reviewed ones."""
    keys = review.done
    silver = [set(review.silver.by_key[key].silver) for key in keys]
    return agreement(silver, [set(review.entities(key)) for key in keys])


def kappa(
    first: Sequence[set[TokenEntity]], second: Sequence[set[TokenEntity]], lengths: Sequence[int]
) -> Estimate | None:
    """Cohen's kappa of the labels of words, with its 95% interval of a bootstrap over the texts; None where it has no meaning,
    as both give every word the same one.

    lengths: How many words each text has.
    """
    names = ["", *sorted({own[2] for side in (first, second) for text in side for own in text})]
    index = {name: n for n, name in enumerate(names)}
    tables = np.zeros((len(lengths), len(names), len(names)))
    for table, one, other, n in zip(tables, first, second, lengths, strict=True):
        np.add.at(table, (_of_words(one, n, index), _of_words(other, n, index)), 1)
    rng = np.random.default_rng(0)
    n_texts = max(1, len(lengths))
    drawn = rng.multinomial(n_texts, np.full(n_texts, 1 / n_texts), size=RESAMPLES)
    every = np.vstack([np.ones((1, n_texts)), drawn])[:, : len(lengths)]
    sums = np.einsum("rt,tij->rij", every, tables)
    totals = np.maximum(sums.sum(axis=(1, 2)), 1)
    seen = np.trace(sums, axis1=1, axis2=2) / totals
    by_chance = (sums.sum(axis=1) * sums.sum(axis=2)).sum(axis=1) / totals**2
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(by_chance < 1, (seen - by_chance) / (1 - by_chance), np.nan)
    return summary(values)


def _of_words(entities: set[TokenEntity], n: int, index: dict[str, int]) -> np.ndarray:
    found = np.zeros(n, dtype=int)
    for start, end, label in entities:
        found[start:end] = index[label]
    return found
