"""The paper's score: links by the words that they join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..types import Bitext, Span


class LinkDensity:
    """Number of links between entity and span / (words of entity + words of span).

    The matching cost of arXiv 2501.18750, section 3. Links count alike, whatever their
    confidence. 0 where there are none, 0.5 for a one-to-one alignment; above that where
    words have several links.
    """

    description: ClassVar[Description] = Description("density of links")

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        return [self._scores(*pair) for pair in zip(bitexts, candidates, strict=True)]

    def _scores(self, bitext: Bitext, candidates: Sequence[Sequence[Span]]) -> list[list[float]]:
        scores = []
        for (first, last), links, spans in zip(
            bitext.entities, bitext.links_of, candidates, strict=True
        ):
            linked: set[tuple[int, int]] = {(link.source, link.target) for link in links}
            row = []
            for start, end in spans:
                count = sum(start <= target < end for _, target in linked)
                row.append(count / ((last - first) + (end - start)))
            scores.append(row)
        return scores
