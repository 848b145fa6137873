"""`xlner.MELM.v1`"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from spacy.language import Language
from spacy.tokens import Doc

from ...models.description import Description
from ...models.lazy import LazyBackend
from ...perturbations.labelled import Labelled
from ...settings import check_setting, is_whole
from ..augmenter import Augmenter, check_share
from ..checked_names import has_entities, load_checker
from ..entity_lm import EntityLM


class MaskedEntities(Augmenter, LazyBackend):
    """Copies with names that a masked language model writes: may help with 100 to 400 gold
    sentences and a good multilingual model.

    MELM (Zhou et al. 2022) reports up to 3.5 points of F1 in low-resource languages; users of its code
    report odd names, and worse F1 than without it at 200 sentences. Not measured here: no such
    model could be had. `xlner train-melm` makes the model. It is asked once for each copy, so that
    copies are better made beforehand (`xlner augment`).

    model (str): The folder that `xlner train-melm` wrote.
    masked (float): The share of an entity's word pieces that are written anew, on average, 0 to 1.
    top (int): A piece is drawn from the model's so many best, the old one left out.
    checker: A spaCy pipeline trained on the gold data, by name or folder: copies in which it does not
        find exactly the entities that should be there are left out. None: all are kept.
    device (str): "auto", "cpu" or "cuda".
    level (float): The share of the texts of which copies are made, 0 to 1.
    copies (int): How many of a text.
    keep_original (bool): Whether the text itself is trained on, too, where there are copies.
    seed (int): Of all that is drawn.
    """

    description: ClassVar[Description] = Description(
        "copies with names of a masked language model",
        package="transformers",
        model="a model that xlner train-melm has trained",
    )

    def __init__(
        self,
        model: str,
        masked: float = 0.5,
        top: int = 5,
        checker: str | None = None,
        device: str = "auto",
        level: float = 1.0,
        copies: int = 3,
        keep_original: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(level, copies, keep_original, seed)
        check_share("MELM", "masked", masked)
        check_setting("MELM", "top", top, is_whole(top) and top > 0, "a whole number from 1 on")
        self.masked = masked
        self.top = top
        self.checker = checker
        self.lm = EntityLM(model, device)

    @cached_property
    def _checker(self) -> Any:
        return load_checker(self.checker) if self.checker is not None else None

    def change(self, nlp: Language, doc: Doc, text: Labelled) -> Labelled:
        copy = self.lm.rewrite(text, self.rng, self.masked, self.top)
        if self._checker is not None and not has_entities(self._checker, copy):
            return text
        return copy
