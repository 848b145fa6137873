"""`xlner.TokenReplacement.v1`"""

from __future__ import annotations

from random import Random
from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.labelled import Labelled
from ...perturbations.word_draws import WordsByTag, replace_words
from ..augmenter import Augmenter


class TokenReplacement(Augmenter):
    """Copies with words replaced by others that the corpus has under the same label (B-PER, I-PER,
    O): helps with a few dozen to a few hundred gold sentences.

    LwTR of Dai & Adel (2020): with 50 sentences of i2b2 they report F1 37.9 without augmentation,
    40.8 with it; with all data no gain.

    The words are those of the texts that have gone by: in `spacy train`, the corpus was read once
    when the labels were collected.

    strength (float): The share of a copy's words that are replaced, 0 to 1.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("copies with other words of the same label")

    def __init__(
        self,
        strength: float = 0.3,
        level: float = 1.0,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)
        self.words = WordsByTag(Random(seed))

    def learn(self, nlp: Language, doc: Doc, text: Labelled) -> None:
        self.words.add_all(text)

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        return replace_words(text, self.rng, self.strength, words=self.words)
