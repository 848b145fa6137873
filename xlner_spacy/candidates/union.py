"""The candidates of several generators together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import BackendError
from ..models.description import Description
from ..settings import check_setting
from ..types import Bitext, CandidateGenerator, Span


class Union:
    """Every span that one of the generators proposes, once, in text order.

    generators (dict): Blocks of @xl_candidates under names of your own:

        [components.xl_projector.candidates]
        @xl_candidates = "xlner.Union.v1"

        [components.xl_projector.candidates.generators.links]
        @xl_candidates = "xlner.Ngrams.v1"

        [components.xl_projector.candidates.generators.ner]
        @xl_candidates = "xlner.NERSpans.v1"
        ...
    """

    description: ClassVar[Description] = Description(
        "candidates of several kinds",
        model="other candidates",
    )

    # Any: a config is checked before the blocks within are made.
    def __init__(self, generators: dict[str, Any]) -> None:
        usable = bool(generators) and all(callable(g) for g in generators.values())
        wanted = "at least one candidate generator, and nothing else"
        check_setting("Union", "generators", generators, usable, wanted)
        self.generators: dict[str, CandidateGenerator] = generators

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]:
        """RAISES: BackendError, with its name, if a generator's answer does not fit."""
        together: list[list[set[Span]]] = [[set() for _ in b.entities] for b in bitexts]
        for name, generator in self.generators.items():
            answers = generator(bitexts)
            if [len(answer) for answer in answers] != [len(b.entities) for b in bitexts]:
                raise BackendError(f"Union: {name!r} did not give one list of spans an entity.")
            for own, answer in zip(together, answers, strict=True):
                for spans, more in zip(own, answer, strict=True):
                    spans.update(more)
        return [[sorted(spans) for spans in own] for own in together]
