"""Which of many intervals overlap another, without looking at all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Overlaps:
    """An index of intervals `[start, end)`.

    Building it takes O(n log n) and asking it O(log n) plus the number of intervals between the
    first and the last that overlap, so that a text with as many entities as sentences takes time
    in proportion to its length.

    intervals: In any order; they may overlap one another.
    """

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        order = sorted(enumerate(intervals), key=lambda item: item[1])
        self._numbers = [number for number, _ in order]
        self._starts = [start for _, (start, _) in order]
        self._ends = [end for _, (_, end) in order]
        # The greatest end so far never falls, so it can be searched like the starts.
        self._furthest = list(accumulate(self._ends, max))

    def of(self, start: int, end: int) -> list[int]:
        """The numbers, in ascending order, of the intervals that begin before `end` and end
        after `start`."""
        last = bisect_left(self._starts, end)
        first = bisect_right(self._furthest, start, 0, last)
        return sorted(self._numbers[n] for n in range(first, last) if self._ends[n] > start)
