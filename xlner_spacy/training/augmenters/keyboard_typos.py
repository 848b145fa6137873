"""`xlner.KeyboardTypos.v1`"""

from __future__ import annotations

from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.labelled import Labelled, Where
from ...perturbations.typos import Keyboard, typos
from ...settings import check_choice
from ..augmenter import Augmenter


class KeyboardTypos(Augmenter):
    """Copies with typing errors: helps where texts to come are typed in haste.

    strength (float): The probability that a letter is hit, 0 to 1.
    where: Words of "entities", those "outside", or "both".
    keyboard: Whose neighbouring keys are hit; letters of other scripts are swapped, doubled and
        left out alone.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("copies with typing errors")

    def __init__(
        self,
        strength: float = 0.05,
        where: Where = "both",
        keyboard: Keyboard = "qwerty",
        level: float = 0.3,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)
        check_choice("KeyboardTypos", "where", where, Where)
        check_choice("KeyboardTypos", "keyboard", keyboard, Keyboard)
        self.where = where
        self.keyboard = keyboard

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        return typos(text, self.rng, self.strength, where=self.where, keyboard=self.keyboard)
