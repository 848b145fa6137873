"""The word-alignment heuristic: an entity lies where its words are aligned to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..settings import check_setting
from ..types import Bitext, Span


class AlignedRanges:
    """At most one candidate an entity: the range of target words aligned to its words.

    The heuristic of García-Ferrero et al. (2022), as arXiv 2501.18750 compares it: the
    words aligned to the entity form contiguous ranges; gaps of up to `merge_distance`
    words are filled; ranges shorter than `length_ratio` times the longest are dropped.
    (That the ratio compares with the longest range is our reading of the paper's setting.)
    Where several are left, the paper's code projects the entity several times. Here it
    has one place: the range with the most confident links, the leftmost among equals.

    merge_distance (int): Unlinked words between two linked ones that are filled in.
    length_ratio (float): A range competes if it is at least this share of the longest.
    """

    description: ClassVar[Description] = Description("ranges of aligned words")

    def __init__(self, merge_distance: int = 1, length_ratio: float = 0.8) -> None:
        name = "AlignedRanges"
        check_setting(name, "merge_distance", merge_distance, merge_distance >= 0, "0 or more")
        check_setting(name, "length_ratio", length_ratio, 0 <= length_ratio <= 1, "from 0 to 1")
        self.merge_distance = merge_distance
        self.length_ratio = length_ratio

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]:
        return [
            [[self._best(mass)] if mass else [] for mass in bitext.entity_mass]
            for bitext in bitexts
        ]

    def _best(self, mass: dict[int, float]) -> Span:
        ranges = self._ranges(sorted(mass))
        longest = max(end - start for start, end in ranges)
        competing = [r for r in ranges if r[1] - r[0] >= self.length_ratio * longest]

        def rank(span: Span) -> tuple[float, int]:
            weight = sum(mass.get(word, 0.0) for word in range(*span))
            return -round(weight, 9), span[0]

        return min(competing, key=rank)

    def _ranges(self, linked: list[int]) -> list[Span]:
        ranges = [(linked[0], linked[0] + 1)]
        for word in linked[1:]:
            start, end = ranges[-1]
            if word - end <= self.merge_distance:
                ranges[-1] = (start, word + 1)
            else:
                ranges.append((word, word + 1))
        return ranges
