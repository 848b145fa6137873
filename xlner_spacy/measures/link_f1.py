"""F1 of the links between an entity and a span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..types import Bitext, Span


class LinkF1:
    """2 x links(entity, span) / (links of the entity + links of the span), 0 to 1.

    Links count by their confidence. The share of the entity's links that end in the span
    is the recall of the span, the share of the span's links that begin in the entity its
    precision; this is their harmonic mean. Words that are linked to nothing (articles,
    prepositions) cost nothing, unlike in a score by length.
    """

    description: ClassVar[Description] = Description("F1 of weighted links")

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        return [self._scores(*pair) for pair in zip(bitexts, candidates, strict=True)]

    def _scores(self, bitext: Bitext, candidates: Sequence[Sequence[Span]]) -> list[list[float]]:
        mass = bitext.target_mass
        scores = []
        for own, spans in zip(bitext.entity_mass, candidates, strict=True):
            total = sum(own.values())
            row = []
            for start, end in spans:
                shared = sum(c for word, c in own.items() if start <= word < end)
                both = total + float(mass[end] - mass[start])
                row.append(2 * shared / both if both > 0 else 0.0)
            scores.append(row)
        return scores
