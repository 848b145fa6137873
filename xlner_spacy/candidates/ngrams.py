"""N-grams of the target text as candidates."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import check_setting
from ..types import Bitext, Span


def make_ngrams(max_length: int = 10) -> Ngrams:
    """Registered as `xlner.Ngrams.v1`.

    max_length (int): Words in a candidate, at the most.
    """
    return Ngrams(max_length)


class Ngrams:
    """For each entity, the n-grams whose first and last words are linked to it.

    The paper (arXiv 2501.18750) takes all n-grams as candidates. Cutting an unlinked word
    off the edge of a span never lowers a score made of links and lengths, and frees a
    word for other entities: the optimum is among these, a few instead of hundreds.
    """

    def __init__(self, max_length: int = 10) -> None:
        check_setting("Ngrams", "max_length", max_length, max_length > 0, "greater than 0")
        self.max_length = max_length

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]:
        return [[self._spans(sorted(mass)) for mass in bitext.entity_mass] for bitext in bitexts]

    def _spans(self, linked: list[int]) -> list[Span]:
        return [
            (first, last + 1)
            for n, first in enumerate(linked)
            for last in linked[n:]
            if last - first < self.max_length
        ]
