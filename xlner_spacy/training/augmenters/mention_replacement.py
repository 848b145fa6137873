"""`xlner.MentionReplacement.v1`"""

from __future__ import annotations

from typing import ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...corpus.name_lists import read_name_lists
from ...models.description import Description
from ...perturbations.labelled import Labelled
from ...perturbations.names import Names, swap_names
from ..augmenter import Augmenter
from ..tokenized_names import tokenized


class MentionReplacement(Augmenter):
    """Copies with other names of the same label: helps with a few dozen to a few hundred gold
    sentences, and wherever many names are to be learnt from few texts.

    MR of Dai & Adel (2020): with 50 sentences of i2b2 they report F1 37.9 without augmentation,
    41.2 with it, the best single one; with all data no gain.

    Names are those of a list, or of the texts that have gone by: in `spacy train`, the corpus was
    read once when the labels were collected. Distinct names are drawn with the same probability.
    What agrees with a name (articles, case endings outside of it) is not adapted.

    names: A .jsonl file of {"label": ..., "text": ...} lines, or for each label a .txt file with a
        name per line. None: names of the corpus.
    strength (float): The share of a copy's entities that are replaced, 0 to 1.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    RAISES: InputError if a list cannot be used.
    """

    description: ClassVar[Description] = Description("copies with other names of the same label")

    def __init__(
        self,
        names: str | dict[str, str] | None = None,
        strength: float = 0.5,
        level: float = 1.0,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)
        self.listed = None if names is None else read_name_lists(names)
        self.names = Names()

    def learn(self, nlp: Language, doc: Doc, text: Labelled) -> None:
        if self.listed is None:
            self.names.add_all(text)
        elif not self.names.labels():
            self.names = tokenized(nlp, self.listed)

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        return swap_names(text, self.rng, self.strength, names=self.names)
