"""`xlner.LetterCase.v1`"""

from __future__ import annotations

from typing import ClassVar, get_args

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...perturbations.case import Form, change_case
from ...perturbations.labelled import Labelled
from ...settings import check_choice, check_setting
from ..augmenter import Augmenter


class LetterCase(Augmenter):
    """Copies in lower, upper or title case: helps where texts to come are typed without capitals or
    are headlines; no use in scripts without case.

    It costs F1 on edited text where little is learnt: one run of the small CPU model on 200 gold
    sentences had .293 with it and .429 without, in lower case .053 and .001 (docs/results.md).

    forms: One of them is drawn for each copy. None: "lower", "upper" and "title".
    strength (float): The share of a copy's words that are changed, 0 to 1.
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description("copies in lower, upper or title case")

    def __init__(
        self,
        forms: list[Form] | None = None,
        strength: float = 1.0,
        level: float = 0.3,
        copies: int = 1,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed, strength)
        self.forms: list[Form] = list(get_args(Form)) if forms is None else list(forms)
        check_setting("LetterCase", "forms", forms, bool(self.forms), "at least one form")
        for form in self.forms:
            check_choice("LetterCase", "forms", form, Form)

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        form = self.rng.choice(self.forms)
        return change_case(text, self.rng, self.strength, form=form, lang=nlp.lang or "")
