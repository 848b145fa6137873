"""A score of alignment probabilities, for aligners that give many weak links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from typing import ClassVar

from ..models.description import Description
from ..types import Bitext, Span


class LinkMass:
    """Geometric mean of coverage and precision, by probability instead of by links; 0 to 1.

    The links are read as a matrix of probabilities c(s, t). Each word spreads at most one unit
    over the words of the other side; what is missing to one unit is its probability of being
    linked to nothing:

        p(t | s) = c(s, t) / max(1, sum of c(s, .))     q(s | t) = c(s, t) / max(1, sum of c(., t))
        coverage  = sum of p(t | s), s in the entity and t in the span / same with any t
        precision = sum of q(s | t), s in the entity and t in the span / same with any s

    Where `xlner.LinkF1.v1` lets every link vote, here every word has one vote: a word with ten
    weak links weighs no more than one with a single sure link, and a span is good only if
    both sides agree. For aligners that give soft links (a low threshold); with one link a word
    it ranks much like LinkF1. Our own definition.
    """

    description: ClassVar[Description] = Description("probability mass of links")

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        return [self._scores(*pair) for pair in zip(bitexts, candidates, strict=True)]

    def _scores(self, bitext: Bitext, candidates: Sequence[Sequence[Span]]) -> list[list[float]]:
        spread: defaultdict[int, float] = defaultdict(float)
        received: defaultdict[int, float] = defaultdict(float)
        for source, target, confidence, _ in bitext.links:
            spread[source] += confidence
            received[target] += confidence
        # The total vote of each target word, over all source words.
        votes = [min(1.0, received[word]) for word in range(len(bitext.target_words))]
        upto = list(accumulate(votes, initial=0.0))
        scores = []
        for links, spans in zip(bitext.links_of, candidates, strict=True):
            forward: defaultdict[int, float] = defaultdict(float)
            backward: defaultdict[int, float] = defaultdict(float)
            for source, target, confidence, _ in links:
                forward[target] += confidence / max(1.0, spread[source])
                backward[target] += confidence / max(1.0, received[target])
            row = []
            for start, end in spans:
                coverage = _share(_within(forward, start, end), sum(forward.values()))
                precision = _share(_within(backward, start, end), upto[end] - upto[start])
                row.append(sqrt(coverage * precision))
            scores.append(row)
        return scores


def _within(mass: dict[int, float], start: int, end: int) -> float:
    return sum(value for word, value in mass.items() if start <= word < end)


def _share(part: float, whole: float) -> float:
    """Never above 1, where rounding would take it."""
    return min(1.0, part / whole) if whole > 0 else 0.0
