"""Spans that an NER of the target language finds, as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..models.target_mentions import TargetMention, target_mentions
from ..text.overlaps import Overlaps
from ..types import Annotator, Bitext, Span

# Words of an NER's span up to which every n-gram within it is a candidate too: as many as an
# entity that is projected may have. A longer span is a candidate as a whole.
MAX_SUB_RANGES = 60


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
            self._of_text(bitext, mentions) for bitext, mentions in zip(bitexts, found, strict=True)
        ]

    def _of_text(self, bitext: Bitext, mentions: list[TargetMention]) -> list[list[Span]]:
        near = Overlaps((mention.start, mention.end) for mention in mentions)
        found = []
        for entity in range(len(bitext.entities)):
            first, last = bitext.reach[entity] if bitext.reach else (0, len(bitext.target_words))
            own = [mentions[n] for n in near.of(first, last)]
            found.append(self._spans(bitext, entity, own, first, last))
        return found

    def _spans(
        self, bitext: Bitext, entity: int, mentions: list[TargetMention], first: int, last: int
    ) -> list[Span]:
        spans = {
            span
            for mention in mentions
            if not self.match_labels or mention.label == bitext.labels[entity]
            if first <= mention.start and mention.end <= last
            for span in self._ranges(mention.start, mention.end)
        }
        return sorted(spans)

    def _ranges(self, start: int, end: int) -> list[Span]:
        if not self.sub_ranges or end - start > MAX_SUB_RANGES:
            return [(start, end)]
        return [(a, b) for a in range(start, end) for b in range(a + 1, end + 1)]
