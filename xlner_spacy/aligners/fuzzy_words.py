"""Links between similar words, for two texts of one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..settings import check_setting
from ..text.similar_words import distances, folded, one_to_one
from ..types import Link


class FuzzyWords:
    """Links similar words one to one, the most similar first.

    Similarity is rapidfuzz's ratio of the case-folded words, 0 to 1: twice the length of
    their longest common subsequence by the sum of their lengths. It is the confidence.

    min_similarity (float): Words that are less alike are not linked; 0 to 1.
    position_bonus (float): What being in the same relative place adds to the similarity
        when partners are chosen: of two equal words the nearer is taken.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "similar words",
        package="rapidfuzz",
    )

    def __init__(self, min_similarity: float = 0.75, position_bonus: float = 0.1) -> None:
        part = "FuzzyWords"
        proper = 0 < min_similarity <= 1
        check_setting(part, "min_similarity", min_similarity, proper, "more than 0, at most 1")
        check_setting(part, "position_bonus", position_bonus, position_bonus >= 0, "0 or more")
        self.min_similarity = min_similarity
        self.position_bonus = position_bonus

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (words, words of the same language), sorted."""
        return [self._align(source, target) for source, target in pairs]

    def _align(self, source: Sequence[str], target: Sequence[str]) -> list[Link]:
        from rapidfuzz.fuzz import ratio
        from rapidfuzz.process import cdist

        if not source or not target:
            return []
        alike = cdist(folded(source), folded(target), scorer=ratio, dtype=np.float64) / 100
        chosen = alike + self.position_bonus * (1 - distances(len(source), len(target)))
        rows, columns = np.nonzero(alike >= self.min_similarity)
        order = np.argsort(-chosen[rows, columns], kind="stable")
        best = one_to_one(zip(rows[order].tolist(), columns[order].tolist(), strict=True))
        return sorted(Link(s, t, float(alike[s, t])) for s, t in best)
