"""One aligner for texts in the same language, another for texts in different ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..text.languages import same_language
from ..types import Aligner, Link


class ByLanguage:
    """Chooses the aligner by the languages that it is called with. Registered as
    `xlner.ByLanguage.v1`.

    same (Aligner): For a text and its back-translation, which are in one language; most words
        are the same there: `xlner.FuzzyWords.v1`, `xlner.ExactWords.v1`.
    different (Aligner): For a text and its translation into another language.
    """

    description: ClassVar[Description] = Description(
        "one aligner within a language, another across languages", model="two aligners"
    )

    def __init__(self, same: Aligner, different: Aligner) -> None:
        self.same = same
        self.different = different

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words)."""
        aligner = self.same if same_language(source_lang, target_lang) else self.different
        return aligner(pairs, source_lang=source_lang, target_lang=target_lang)
