"""In which order texts are reviewed."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np

from ..errors import SetupError
from .review_texts import ReviewText, SilverTexts

Order = Literal["unsure", "informative", "random"]
ORDERS: tuple[str, ...] = get_args(Order)
# So many texts are chosen by what they add to those before them; after these, by doubt alone.
_GREEDY = 1000


def ordered(silver: SilverTexts, order: str, seed: int = 0) -> list[ReviewText]:
    """The texts in the order in which they are to be reviewed. The same corpus, order and seed always give the same.

    order (str): "unsure": by the least sure entity, as in Culotta and McCallum (2005), Reducing labeling effort for
        structured prediction tasks. "informative": by the entropy of all that is in doubt in a text (total entropy in Settles
        and Craven 2008, An analysis of active learning strategies for sequence labeling tasks), less what is like a text chosen
        before (maximal marginal relevance, Carbonell and Goldstein 1998). "random": drawn by the seed.
    RAISES: SetupError for another order.
    """
    texts = list(silver.texts)
    if order == "random":
        random.Random(seed).shuffle(texts)
        return texts
    if order == "unsure":
        return sorted(texts, key=_least_sure)
    if order == "informative":
        return _informative(texts, silver.threshold)
    raise SetupError(f"There is no order {order!r}.", hint=f"Choose one of {', '.join(ORDERS)}.")


def in_doubt(text: ReviewText) -> list[float]:
    """How likely each decision of a text is to be right, 0 to 1: of its entities, of names in its translations that were placed
    nowhere, of words that were left open, of words that teachers disagree on."""
    found = [1.0 if c is None else c for c in text.confidences]
    # Of what was outvoted or found no place, nothing says whether that was right.
    found += [0.5] * len([own for own in text.unplaced if own["reason"] != "another label won"])
    found += [0.5] * len(text.unsure)
    return found + [p for p in text.beliefs if p < 0.995]


def _least_sure(text: ReviewText) -> tuple[list[float], str]:
    """Ascending; texts without any doubt come last, and of equals the one with the lower key."""
    return [*sorted(in_doubt(text)), 1.0], text.key


def doubt(text: ReviewText, threshold: float) -> float:
    """The entropy of all that is in doubt in a text, in bits. What is as sure as the threshold that decides on it counts most:
    confidences are rescaled so that it lies at .5."""
    middle = threshold if 0 < threshold < 1 else 0.5
    total = 0.0
    for sure in in_doubt(text):
        p = sure / (2 * middle) if sure < middle else 0.5 + (sure - middle) / (2 * (1 - middle))
        if 0 < p < 1:
            total -= p * math.log2(p) + (1 - p) * math.log2(1 - p)
    return total


def _informative(texts: Sequence[ReviewText], threshold: float) -> list[ReviewText]:
    doubts = np.array([doubt(text, threshold) for text in texts])
    by_doubt = sorted(range(len(texts)), key=lambda n: (-doubts[n], texts[n].key))
    vectors = _vectors([texts[n] for n in by_doubt])
    left = doubts[by_doubt]
    nearest = np.zeros(len(texts))
    chosen: list[int] = []
    waiting = left > 0
    while waiting.any() and len(chosen) < _GREEDY:
        gain = np.where(waiting, left * (1 - nearest), -1.0)
        best = int(np.argmax(gain))
        chosen.append(best)
        waiting[best] = False
        alike = np.asarray((vectors @ vectors[[best]].T).todense()).ravel()
        nearest = np.maximum(nearest, np.clip(alike, 0, 1))
    rest = sorted(set(range(len(texts))) - set(chosen))
    return [texts[by_doubt[n]] for n in (*chosen, *rest)]


def _vectors(texts: Sequence[ReviewText]) -> Any:
    """A row a text: its words, by the logarithm of how rare they are, of length 1."""
    from scipy.sparse import csr_matrix

    rows = [Counter(text.text[start:end].lower() for start, end in text.words) for text in texts]
    known = Counter(word for row in rows for word in row)
    columns = {word: n for n, word in enumerate(known)}
    values, indices, ends = [], [], [0]
    for row in rows:
        weights = {
            word: n * (1 + math.log(len(rows) / known[word]))
            for word, n in row.items()
            if not word.isspace()
        }
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        values += [w / length for w in weights.values()]
        indices += [columns[word] for word in weights]
        ends.append(len(values))
    return csr_matrix((values, indices, ends), shape=(len(rows), max(1, len(columns))))
