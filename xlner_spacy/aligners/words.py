"""Aligners for two texts of one language, by the letters of their words.

They link a back-translation with the text it came from: most words are the same there, and
names above all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from unicodedata import normalize

import numpy as np

from ..errors import check_setting
from ..needs import Needs
from ..types import Link
from .base import Pair

NEEDS = Needs()


def make_exact_words() -> ExactWords:
    """Registered as `xlner.ExactWords.v1`. It has no settings."""
    return ExactWords()


def make_fuzzy_words(min_similarity: float = 0.75, position_bonus: float = 0.1) -> FuzzyWords:
    """Registered as `xlner.FuzzyWords.v1`.

    min_similarity (float): Words that are less alike are not linked; 0 to 1.
    position_bonus (float): What being in the same relative place adds to the similarity
        when partners are chosen: of two equal words the nearer is taken.
    RAISES: SetupError for a setting that cannot be.
    """
    return FuzzyWords(min_similarity, position_bonus)


class ExactWords:
    """Links equal words one to one, whatever their case. The confidence is 1.

    First those of a longest common subsequence, in order; then, of the others, those whose
    relative positions are nearest.
    """

    def __call__(self, pairs: Sequence[Pair]) -> list[list[Link]]:
        """Links of each pair of (words, words of the same language), sorted."""
        return [_exact(source, target) for source, target in pairs]


class FuzzyWords:
    """Links similar words one to one, the most similar first.

    Similarity is rapidfuzz's ratio of the case-folded words, 0 to 1: twice the length of
    their longest common subsequence by the sum of their lengths. It is the confidence.
    """

    def __init__(self, min_similarity: float = 0.75, position_bonus: float = 0.1) -> None:
        part = "FuzzyWords"
        proper = 0 < min_similarity <= 1
        check_setting(part, "min_similarity", min_similarity, proper, "more than 0, at most 1")
        check_setting(part, "position_bonus", position_bonus, position_bonus >= 0, "0 or more")
        self.min_similarity = min_similarity
        self.position_bonus = position_bonus

    def __call__(self, pairs: Sequence[Pair]) -> list[list[Link]]:
        """Links of each pair of (words, words of the same language), sorted."""
        return [self._align(source, target) for source, target in pairs]

    def _align(self, source: Sequence[str], target: Sequence[str]) -> list[Link]:
        from rapidfuzz.fuzz import ratio
        from rapidfuzz.process import cdist

        if not source or not target:
            return []
        alike = cdist(_folded(source), _folded(target), scorer=ratio, dtype=np.float64) / 100
        chosen = alike + self.position_bonus * (1 - _distances(len(source), len(target)))
        rows, columns = np.nonzero(alike >= self.min_similarity)
        order = np.argsort(-chosen[rows, columns], kind="stable")
        best = _one_to_one(zip(rows[order].tolist(), columns[order].tolist(), strict=True))
        return sorted(Link(s, t, float(alike[s, t])) for s, t in best)


def _exact(source: Sequence[str], target: Sequence[str]) -> list[Link]:
    if not source or not target:
        return []
    sources, targets = _folded(source), _folded(target)
    linked = dict(_common_subsequence(sources, targets))
    taken = set(linked.values())
    places = defaultdict(list)
    for t, word in enumerate(targets):
        if t not in taken:
            places[word].append(t)
    left = [s for s in range(len(sources)) if s not in linked]
    options = [(s, t) for s in left for t in places.get(sources[s], ())]
    apart = _distances(len(sources), len(targets))
    options.sort(key=lambda pair: apart[pair])
    linked.update(_one_to_one(options))
    return [Link(s, t, 1.0) for s, t in sorted(linked.items())]


def _common_subsequence(source: list[str], target: list[str]) -> list[tuple[int, int]]:
    """The pairs of equal words of a longest common subsequence."""
    from rapidfuzz.distance import LCSseq

    return [
        (block.src_start + n, block.dest_start + n)
        for block in LCSseq.opcodes(source, target)
        if block.tag == "equal"
        for n in range(block.src_end - block.src_start)
    ]


def _one_to_one(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs that come first, each source and each target once."""
    sources: set[int] = set()
    targets: set[int] = set()
    found = []
    for s, t in pairs:
        if s not in sources and t not in targets:
            sources.add(s)
            targets.add(t)
            found.append((s, t))
    return found


def _distances(n_source: int, n_target: int) -> np.ndarray:
    """How far apart two words are in their texts, 0 to 1, shape (n_source, n_target)."""
    source = (np.arange(n_source) + 0.5) / n_source
    target = (np.arange(n_target) + 0.5) / n_target
    return np.asarray(np.abs(source[:, np.newaxis] - target))


def _folded(words: Sequence[str]) -> list[str]:
    return [normalize("NFC", normalize("NFC", word).casefold()) for word in words]
