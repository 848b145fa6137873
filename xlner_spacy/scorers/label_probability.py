"""What an NER of the target language thinks of a span."""

from __future__ import annotations

from collections.abc import Sequence

from ..candidates.target_mentions import TargetMention, target_mentions
from ..errors import check_setting
from ..needs import Needs
from ..overlaps import Overlaps
from ..types import Bitext, SourceAnnotator, Span

NEEDS = Needs(model="an NER of the target language: @xl_sources")


def make_label_probability(
    ner: SourceAnnotator, default: float = 1.0, partial: bool = False
) -> LabelProbability:
    """Registered as `xlner.LabelProbability.v1`.

    ner (SourceAnnotator): An NER that reads the target language, with the labels that are
        projected: a block of @xl_sources. With the block of `xlner.NERSpans.v1` or one of
        equal settings each text is read once.
    default (float): The probability of a mention to which the NER gives none.
    partial (bool): A span that overlaps a mention gets the share of words that the two have
        in common, of all their words, of its probability. False: it gets nothing.
    """
    return LabelProbability(ner, default, partial)


class LabelProbability:
    """The probability that an NER gives the span the entity's label; 0 where it does not."""

    def __init__(self, ner: SourceAnnotator, default: float = 1.0, partial: bool = False) -> None:
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
