"""Spans that an NER of the target language finds, as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..models.target_mentions import TargetMention, target_mentions
from ..types import Annotator, Bitext, Span


class NERSpans:
    """The spans of a target-side NER: the second kind of candidates of arXiv 2501.18750.

    Its boundaries are those of the target language; what it does not find cannot be
    projected (see `xlner.Union.v1`). Mentions are widened to whole words.

    ner (Annotator): An NER that reads the target language: a block of @xl_annotators,
        any spaCy pipeline or Hugging Face model.
    sub_ranges (bool): Also every n-gram within each span.
    match_labels (bool): Only spans that have the entity's label.
    """

    description: ClassVar[Description] = Description(
        "spans of an NER of the target language",
        model="an NER of the target language: @xl_annotators",
    )

    def __init__(
        self, ner: Annotator, sub_ranges: bool = False, match_labels: bool = False
    ) -> None:
        self.ner = ner
        self.sub_ranges = sub_ranges
        self.match_labels = match_labels

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]:
        """RAISES: whatever the NER raises; SetupError if its model cannot be loaded."""
        found = target_mentions(self.ner, bitexts)
        return [
            [self._spans(bitext, entity, mentions) for entity in range(len(bitext.entities))]
            for bitext, mentions in zip(bitexts, found, strict=True)
        ]

    def _spans(self, bitext: Bitext, entity: int, mentions: list[TargetMention]) -> list[Span]:
        first, last = bitext.reach[entity] if bitext.reach else (0, len(bitext.target_words))
        spans = {
            span
            for mention in mentions
            if not self.match_labels or mention.label == bitext.labels[entity]
            if first <= mention.start and mention.end <= last
            for span in self._ranges(mention.start, mention.end)
        }
        return sorted(spans)

    def _ranges(self, start: int, end: int) -> list[Span]:
        if not self.sub_ranges:
            return [(start, end)]
        return [(a, b) for a in range(start, end) for b in range(a + 1, end + 1)]
