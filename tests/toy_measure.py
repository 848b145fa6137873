"""A measure in one file, as somebody might add one: see test_parts.py and test_toy.py."""

from __future__ import annotations

from typing import ClassVar, Literal

import spacy

from xlner_spacy.models.description import Description


@spacy.registry.xl_measures("toy.SameLength.v1")
class SameLength:
    """How alike in length an entity and a span are, 0 to 1.

    unit (str): What is counted: "words" or "characters".
    """

    description: ClassVar[Description] = Description(
        "likeness of lengths", package="spacy", module="no_such_module", install="pip install toy"
    )

    def __init__(self, unit: Literal["words", "characters"] = "words") -> None:
        self.size = (lambda text: len(text.split())) if unit == "words" else len

    def __call__(self, bitexts, candidates):
        return [
            [
                [self._score(b.entity_text(n), b.target_text(*span)) for span in spans]
                for n, spans in enumerate(own)
            ]
            for b, own in zip(bitexts, candidates, strict=True)
        ]

    def _score(self, entity: str, text: str) -> float:
        sizes = sorted((self.size(entity), self.size(text)))
        return sizes[0] / sizes[1]
