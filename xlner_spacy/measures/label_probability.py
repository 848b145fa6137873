"""The probability that an NER of the target language gives a label on a span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..models.target_mentions import TargetMention, target_mentions
from ..settings import check_setting
from ..text.overlaps import Overlaps
from ..types import Annotator, Bitext, Span


class LabelProbability:
    """The probability that an NER gives the span the entity's label; 0 where it does not.

    ner (Annotator): An NER that reads the target language, with the labels that are
        projected: a block of @xl_annotators. With the block of `xlner.NERSpans.v1` or one of
        equal settings each text is read once.
    default (float): The probability of a mention to which the NER gives none.
    partial (bool): A span that overlaps a mention gets the share of words that the two have
        in common, of all their words, of its probability. False: it gets nothing.
    """

    description: ClassVar[Description] = Description(
        "probability of the label",
        model="an NER of the target language: @xl_annotators",
    )

    def __init__(self, ner: Annotator, default: float = 1.0, partial: bool = False) -> None:
        in_range = 0 <= default <= 1
        check_setting("LabelProbability", "default", default, in_range, "from 0 to 1")
        self.ner = ner
        self.default = default
        self.partial = partial

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        """RAISES: whatever the NER raises; SetupError if its model cannot be loaded."""
        found = target_mentions(self.ner, bitexts)
        return [self._scores(*row) for row in zip(bitexts, candidates, found, strict=True)]

    def _scores(
        self,
        bitext: Bitext,
        candidates: Sequence[Sequence[Span]],
        mentions: Sequence[TargetMention],
    ) -> list[list[float]]:
        near = Overlaps((mention.start, mention.end) for mention in mentions)
        return [
            [self._score(span, label, [mentions[n] for n in near.of(*span)]) for span in spans]
            for label, spans in zip(bitext.labels, candidates, strict=True)
        ]

    def _score(self, span: Span, label: str, mentions: Sequence[TargetMention]) -> float:
        """mentions: Those that the span shares words with; others say nothing of it."""
        return max(
            (
                self._agreement(span, mention) * self._probability(mention)
                for mention in mentions
                if mention.label == label
            ),
            default=0.0,
        )

    def _probability(self, mention: TargetMention) -> float:
        return self.default if mention.score is None else mention.score

    def _agreement(self, span: Span, mention: TargetMention) -> float:
        start, end = span
        if not self.partial:
            return float(span == (mention.start, mention.end))
        shared = min(end, mention.end) - max(start, mention.start)
        return shared / (max(end, mention.end) - min(start, mention.start))
