"""Sequences of tags of which only some are legal: the best one, and how probable each part is.

Tags of different words are independent but for the rule of what may follow what, as in a token
classifier with constrained decoding. Sums over all legal sequences are those of the forward-backward algorithm
(Rabiner 1989), with probabilities scaled word by word; texts are done together, shape (texts, words, tags).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_LEAST = 1e-12  # of a tag's probability, so that a legal sequence is never impossible


class Lattice(NamedTuple):
    """Which of K tags may come first, last, and after which: 1.0 or 0.0."""

    first: np.ndarray  # (K,)
    last: np.ndarray  # (K,)
    after: np.ndarray  # (K, K): a row for the tag before


class Sums(NamedTuple):
    """What the sum over all legal sequences of one text says."""

    marginals: np.ndarray  # (words, K): the probability of each tag
    steps: (
        np.ndarray
    )  # (words, K, K): of each tag, after the tag before; the first word's is unused

    def of_run(self, start: int, tags: Sequence[int]) -> float:
        """The probability of these tags, one after another, from the word `start` on."""
        probability = float(self.marginals[start, tags[0]])
        for n, (before, tag) in enumerate(pairwise(tags), start + 1):
            probability *= float(self.steps[n, before, tag])
        return probability


def best(lattice: Lattice, probabilities: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The most probable legal sequence of each text, by Viterbi's algorithm.

    probabilities: For each text an array (words, K).
    RETURNS: For each text its tags, (words,). Of equals the first tag.
    """
    if not probabilities:
        return []
    emitted, lengths = _padded(probabilities)
    with np.errstate(divide="ignore"):
        first, last, after = (np.log(part) for part in lattice)
        logs = np.log(emitted)
    n_texts, n_words, n_tags = logs.shape
    back = np.zeros((n_texts, n_words, n_tags), dtype=np.int16)
    scores = np.empty_like(logs)
    scores[:, 0] = logs[:, 0] + first
    for n in range(1, n_words):
        paths = scores[:, n - 1, :, np.newaxis] + after
        back[:, n] = paths.argmax(axis=1)
        scores[:, n] = np.take_along_axis(paths, back[:, n, np.newaxis].astype(int), 1)[:, 0]
        scores[:, n] += logs[:, n]
    found = []
    for text, length in enumerate(lengths):
        tags = np.zeros(length, dtype=int)
        if length:
            tags[-1] = (scores[text, length - 1] + last).argmax()
            for n in range(length - 1, 0, -1):
                tags[n - 1] = back[text, n, tags[n]]
        found.append(tags)
    return found


def sums(lattice: Lattice, probabilities: Sequence[np.ndarray]) -> list[Sums]:
    """The sums over all legal sequences of each text.

    probabilities: For each text an array (words, K), of what each word is if nothing is known of the
        others. Rows need not add up to 1, so that tags can be ruled out by 0.
    """
    if not probabilities:
        return []
    emitted, lengths = _padded(probabilities)
    backward = _backward(lattice, emitted, lengths)
    # P(tag | the tag before, all that follows) = after * emitted * backward, normalised.
    ahead = emitted * backward
    steps = lattice.after[np.newaxis, np.newaxis] * ahead[:, :, np.newaxis]
    steps /= np.maximum(steps.sum(axis=3, keepdims=True), 1e-300)
    marginals = np.empty_like(emitted)
    current = lattice.first * ahead[:, 0]
    current /= current.sum(axis=1, keepdims=True)
    marginals[:, 0] = current
    for n in range(1, emitted.shape[1]):
        current = np.einsum("tk,tkl->tl", current, steps[:, n])
        marginals[:, n] = current
    return [
        Sums(marginals[text, :length], steps[text, :length]) for text, length in enumerate(lengths)
    ]


def _backward(lattice: Lattice, emitted: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
    """For each word and tag, how probable all that follows is, but for a factor of each word."""
    n_texts, n_words, n_tags = emitted.shape
    found = np.empty((n_texts, n_words, n_tags))
    ends = np.array(lengths)
    current = np.tile(lattice.last, (n_texts, 1))
    for n in range(n_words - 1, -1, -1):
        current = np.where((ends - 1 <= n)[:, np.newaxis], lattice.last, current)
        found[:, n] = current
        current = (emitted[:, n] * current) @ lattice.after.T
        current /= np.maximum(current.max(axis=1, keepdims=True), 1e-300)
    return found


def _padded(probabilities: Sequence[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """All texts in one array, at least one word long, and their lengths."""
    lengths = [len(own) for own in probabilities]
    n_tags = probabilities[0].shape[1]
    padded = np.ones((len(lengths), max([1, *lengths]), n_tags))
    for text, own in enumerate(probabilities):
        padded[text, : len(own)] = np.where(own > 0, np.maximum(own, _LEAST), 0.0)
    return padded, lengths
