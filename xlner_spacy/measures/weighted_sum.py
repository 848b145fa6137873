"""Several scores together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import BackendError
from ..models.description import Description
from ..settings import part_weights
from ..types import Bitext, Measure, Span


class WeightedSum:
    """The weighted mean of the scores: from 0 to 1 if each of them is.

    measures (dict): Blocks of @xl_measures under names of your own:

        [components.xl_projector.measure]
        @xl_measures = "xlner.WeightedSum.v1"
        weights = {"links": 2.0}

        [components.xl_projector.measure.measures.links]
        @xl_measures = "xlner.LinkF1.v1"

        [components.xl_projector.measure.measures.characters]
        @xl_measures = "xlner.CharacterSimilarity.v1"

    weights (dict): By those names; 1 where there is none.
    """

    description: ClassVar[Description] = Description(
        "weighted sum of scores",
        model="other measures",
    )

    # Any: a config is checked before the blocks within are made.
    def __init__(self, measures: dict[str, Any], weights: dict[str, float] | None = None) -> None:
        self.weights = part_weights("WeightedSum", "measure", measures, weights)
        self.measures: dict[str, Measure] = measures

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        """RAISES: BackendError, with its name, if a measure's answer does not fit."""
        total = sum(self.weights.values())
        sums = [[[0.0] * len(spans) for spans in own] for own in candidates]
        for name, measure in self.measures.items():
            scores = measure(bitexts, candidates)
            if _shape(scores) != _shape(candidates):
                raise BackendError(f"WeightedSum: {name!r} did not give one score per candidate.")
            share = self.weights[name] / total
            for own, answer in zip(sums, scores, strict=True):
                for row, more in zip(own, answer, strict=True):
                    row[:] = [a + share * b for a, b in zip(row, more, strict=True)]
        return sums


def _shape(nested: Sequence[Sequence[Sequence[object]]]) -> list[list[int]]:
    return [[len(row) for row in rows] for rows in nested]
