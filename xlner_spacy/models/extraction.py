"""Links between words from the similarities of word pieces: pure functions on arrays.

`inter`, `itermax` and `mwmf` are the three methods of SimAlign (Jalili Sabet et al. 2020).
They give what the simalign package 0.4 gives, down to which of two equal similarities goes
first (the one with the smaller index). Where several matchings have the same weight, `mwmf`
may choose another one than the package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from ..types import Link

Method = Literal["inter", "itermax", "mwmf"]

# The factor of a similarity in the second round of itermax where one of the two pieces has a
# link already.
ALPHA = 0.9


def similarity(cosine: np.ndarray) -> np.ndarray:
    """Cosines, -1 to 1, as similarities, 0 to 1."""
    return np.asarray((cosine + 1.0) / 2.0)


def inter(similarity: np.ndarray) -> np.ndarray:
    """Pairs that are each other's best.

    similarity: Shape (source pieces, target pieces).
    RETURNS: Which are linked, bool, in the same shape.
    """
    linked = np.zeros(similarity.shape, dtype=bool)
    if not similarity.size:
        return linked
    best_target = similarity.argmax(axis=1)
    best_source = similarity.argmax(axis=0)
    mutual = np.flatnonzero(best_source[best_target] == np.arange(len(best_target)))
    linked[mutual, best_target[mutual]] = True
    return linked


def itermax(similarity: np.ndarray) -> np.ndarray:
    """`inter`, and a second round in which pieces without a link find partners.

    In that round a pair of two free pieces keeps its similarity, a pair of which one is
    free counts 0.9 times as much, and a pair of which none is free counts 0. There is no
    second round if all pieces of one side have links, or if a side has only two pieces.

    similarity, RETURNS: As in `inter`.
    """
    linked = inter(similarity)
    if min(similarity.shape) <= 2:
        return linked
    free_source = np.logical_not(linked.any(axis=1))
    free_target = np.logical_not(linked.any(axis=0))
    if not free_source.any() or not free_target.any():
        return linked
    free = free_source[:, np.newaxis].astype(np.intp) + free_target
    # In float64 whatever the similarities are: 0.9 times a float32 would make new ties.
    weight = np.array([0.0, ALPHA, 1.0])[free]
    return linked | (inter(similarity * weight) & (free > 0))


def mwmf(similarity: np.ndarray) -> np.ndarray:
    """The matching with the most pairs, and among these the one of the largest sum.

    A pair of similarity 0 cannot be matched.

    similarity, RETURNS: As in `inter`.
    """
    from scipy.optimize import linear_sum_assignment

    linked = np.zeros(similarity.shape, dtype=bool)
    possible = similarity != 0
    weight = similarity.astype(float)
    if not possible.all():
        # One pair more must be worth more than any change of the sum.
        weight = weight + possible * (2 * np.abs(weight).max(initial=0) * min(weight.shape) + 1)
    rows, columns = linear_sum_assignment(weight, maximize=True)
    linked[rows, columns] = True
    return linked & possible


METHODS: dict[Method, Callable[[np.ndarray], np.ndarray]] = {
    "inter": inter,
    "itermax": itermax,
    "mwmf": mwmf,
}


def softmaxes(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of each target piece given a source piece, and the other way round.

    scores: Shape (source pieces, target pieces).
    RETURNS: Forward (rows sum to 1) and backward (columns sum to 1), in the same shape.
    """
    forward = np.exp(scores - scores.max(axis=1, keepdims=True))
    forward /= forward.sum(axis=1, keepdims=True)
    backward = np.exp(scores - scores.max(axis=0, keepdims=True))
    backward /= backward.sum(axis=0, keepdims=True)
    return forward, backward


def mutual_probability(
    forward: np.ndarray, backward: np.ndarray, source_words: np.ndarray, target_words: np.ndarray
) -> np.ndarray:
    """The geometric mean of the probabilities of a target word given a source word and the other
    way round. That of a word given a piece is the sum over its pieces; that given a word the mean
    over the pieces.

    forward, backward: As from `softmaxes`.
    source_words, target_words: The word that each piece belongs to, ascending.
    RETURNS: Shape (words with pieces of the source, those of the target), 0 to 1.
    """
    begins, counts = _runs(source_words)
    others, of_others = _runs(target_words)

    def summed(matrix: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.add.reduceat(matrix, begins, axis=0), others, axis=1)

    given_source = summed(forward) / counts[:, np.newaxis]
    given_target = summed(backward) / of_others
    return np.asarray(np.sqrt(given_source * given_target))


def _runs(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the pieces of each word begin, and how many they are."""
    begins = np.flatnonzero(np.diff(words, prepend=-1))
    return begins, np.diff(begins, append=len(words))


def word_links(
    linked: np.ndarray,
    confidence: np.ndarray,
    source_words: np.ndarray,
    target_words: np.ndarray,
    weak: np.ndarray | None = None,
) -> list[Link]:
    """Links between words, sorted: two are linked if any of their pieces are, with the
    confidence of the most confident of these.

    linked, confidence: Bool and float, shape (source pieces, target pieces).
    source_words, target_words: The word that each piece belongs to, ascending.
    weak: Bool, shape (words with pieces of the source, those of the target). None: no link is.
    """
    rows, columns = np.nonzero(linked)
    if not len(rows):
        return []
    width = int(target_words.max()) + 1
    pairs = source_words[rows].astype(np.int64) * width + target_words[columns]
    words, place = np.unique(pairs, return_inverse=True)
    best = np.zeros(len(words))
    np.maximum.at(best, place, confidence[rows, columns])
    sources, targets = np.divmod(words, width)
    if weak is None:
        return list(map(Link, sources.tolist(), targets.tolist(), best.tolist()))
    marks = weak[
        np.searchsorted(np.unique(source_words), sources),
        np.searchsorted(np.unique(target_words), targets),
    ]
    return list(map(Link, sources.tolist(), targets.tolist(), best.tolist(), marks.tolist()))
