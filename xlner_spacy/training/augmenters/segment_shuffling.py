"""`xlner.SegmentShuffling.v1`"""

from __future__ import annotations

from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.labelled import Labelled
from ...perturbations.shuffling import shuffle_segments
from ..augmenter import Augmenter


class SegmentShuffling(Augmenter):
    """Copies with the words of entities, and of what lies between them, in another order: helps
    little, and only with very little gold data.

    SiS of Dai & Adel (2020): with 50 sentences of i2b2 they report F1 37.9 without augmentation,
    38.1 with it; with all data no gain.

    strength (float): The share of a copy's segments that are shuffled, 0 to 1.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("copies with words of a segment in any order")

    def __init__(
        self,
        strength: float = 0.3,
        level: float = 1.0,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        return shuffle_segments(text, self.rng, self.strength)
