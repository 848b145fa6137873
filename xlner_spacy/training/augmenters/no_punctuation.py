"""`xlner.NoPunctuation.v1`"""

from __future__ import annotations

from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.labelled import Labelled
from ...perturbations.punctuation import drop_punctuation
from ..augmenter import Augmenter


class NoPunctuation(Augmenter):
    """Copies without punctuation: helps where texts to come lack it (speech recognition, chats,
    searches). Not seen yet in our one run with 200 gold sentences: on text without punctuation F1
    was .339 with it, .346 without (docs/results.md).

    strength (float): The share of a copy's punctuation that is dropped, 0 to 1.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text; more than one differ only with a strength below 1.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("copies without punctuation")

    def __init__(
        self,
        strength: float = 1.0,
        level: float = 0.3,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        return drop_punctuation(text, self.rng, self.strength)
