"""How alike an entity and a span are written: for names that are copied or transliterated."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..types import Bitext, Span


class CharacterSimilarity:
    """Similarity of the entity's text and the span's, 0 to 1; 1: the same characters.

    1 - insertions and deletions / characters of both, in the order of the text or with the
    words sorted ("Guterres António"), whichever is more alike: rapidfuzz's ratio and
    token_sort_ratio. Case and accents do not count. It sees nothing in names that are
    translated ("Nações Unidas"): add it to another score with `xlner.WeightedSum.v1`.

    transliterate (bool): Bring every script into Latin letters first: Москва is compared as
        Moskva. Of Chinese and Japanese names this gives the reading in Mandarin.
    """

    description: ClassVar[Description] = Description(
        "similarity of characters",
        package="rapidfuzz",
    )

    def __init__(self, transliterate: bool = True) -> None:
        self.transliterate = transliterate

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        return [self._scores(*pair) for pair in zip(bitexts, candidates, strict=True)]

    def _scores(self, bitext: Bitext, candidates: Sequence[Sequence[Span]]) -> list[list[float]]:
        from rapidfuzz import fuzz

        plain = {
            span: self._plain(bitext.target_text(*span))
            for span in {span for spans in candidates for span in spans}
        }
        scores = []
        for entity, spans in enumerate(candidates):
            name = self._plain(bitext.entity_text(entity))
            scores.append(
                [
                    max(fuzz.ratio(name, plain[span]), fuzz.token_sort_ratio(name, plain[span]))
                    / 100
                    if name and plain[span]
                    else 0.0
                    for span in spans
                ]
            )
        return scores

    def _plain(self, text: str) -> str:
        """Without case and accents, in Latin letters if wanted."""
        if self.transliterate:
            from anyascii import anyascii

            text = anyascii(text)
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        return unicodedata.normalize("NFC", bare).strip()
