"""`xlner.OCRNoise.v1`"""

from __future__ import annotations

from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.labelled import Labelled, Where
from ...perturbations.ocr import ocr_errors
from ...perturbations.word_breaks import merge_words, split_words
from ...settings import check_choice
from ..augmenter import Augmenter, check_share


class OCRNoise(Augmenter):
    """Copies as OCR might read them: helps where texts to come are scanned. Letters are misread in
    Latin script alone, words are split and merged in any.

    strength (float): The probability that a letter which may be misread is, 0 to 1.
    split (float): The share of the words that are broken in two, 0 to 1.
    merge (float): The share of the spaces that are lost, 0 to 1.
    where: Words of "entities", those "outside", or "both".
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("copies with errors of OCR")

    def __init__(
        self,
        strength: float = 0.05,
        split: float = 0.02,
        merge: float = 0.02,
        where: Where = "both",
        level: float = 0.3,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)
        for name, value in (("split", split), ("merge", merge)):
            check_share("OCRNoise", name, value)
        check_choice("OCRNoise", "where", where, Where)
        self.split = split
        self.merge = merge
        self.where = where

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        text = ocr_errors(text, self.rng, self.strength, where=self.where)
        text = merge_words(text, self.rng, self.merge, where=self.where)
        return split_words(text, self.rng, self.split, where=self.where)
