"""The links of several aligners together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import BackendError
from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..settings import check_setting, part_weights
from ..types import Aligner, Link


class Mixture:
    """Links with the weighted mean of their confidences, where an aligner that has no such link
    counts 0. Weak is a link that aligners with more than half of the weight do not have, or have as
    a weak one.

    For languages that the encoder does not know: its links beside those of letters, or of eflomal.

    aligners (dict): Blocks of @xl_aligners under names of your own:

        [components.xl_projector.aligner]
        @xl_aligners = "xlner.Mixture.v1"
        weights = {"letters": 0.5}

        [components.xl_projector.aligner.aligners.encoder]
        @xl_aligners = "xlner.Awesome.v1"

        [components.xl_projector.aligner.aligners.letters]
        @xl_aligners = "xlner.FuzzyWords.v1"

    weights (dict): By those names; 1 where there is none.
    min_confidence (float): Links with less are left out; 0 to 1.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "several aligners together", model="other aligners"
    )

    # Any: a config is checked before the blocks within are made.
    def __init__(
        self,
        aligners: dict[str, Any],
        weights: dict[str, float] | None = None,
        min_confidence: float = 0.05,
    ) -> None:
        self.weights = part_weights("Mixture", "aligner", aligners, weights)
        self.aligners: dict[str, Aligner] = aligners
        probability = 0 <= min_confidence <= 1
        check_setting("Mixture", "min_confidence", min_confidence, probability, "from 0 to 1")
        self.min_confidence = min_confidence

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted.

        RAISES: BackendError, with its name, if an aligner does not answer for each pair.
        """
        total = sum(self.weights.values())
        sums: list[dict[tuple[int, int], tuple[float, float]]] = [{} for _ in pairs]
        for name, aligner in self.aligners.items():
            answers = list(aligner(pairs, source_lang=source_lang, target_lang=target_lang))
            if len(answers) != len(pairs):
                raise BackendError(f"Mixture: {name!r} did not give one list of links per pair.")
            share = self.weights[name] / total
            for links, found in zip(sums, answers, strict=True):
                for link in (Link(*given) for given in found):
                    mean, strong = links.get(link[:2], (0.0, 0.0))
                    strong += 0.0 if link.weak else share
                    links[link[:2]] = mean + share * link.confidence, strong
        return [
            [
                Link(*words, mean, weak=strong < 0.5 - 1e-9)
                for words, (mean, strong) in sorted(links.items())
                if mean >= self.min_confidence
            ]
            for links in sums
        ]
