"""The text's own voice: a multilingual NER on the text itself, beside its translations."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from ...document.attributes import forget, get_data, set_data
from ...types import Annotator
from .stage import Stage
from .transfer import own_entities


class Listen(Stage):
    """Doc.text -> the entities that `voice` finds in it, which vote with those of the translations.

    It speaks where entities are still to be found. A Doc whose translations were given along with
    their entities gets these and no others.

    chosen_with (str): The part of the component that it was chosen to go with: if that is
        replaced by one with labels of its own, nothing listens any more.
    """

    name = "listen"
    attribute = "xl_voice"
    needs = ("xl_translations",)
    settings = ("own_voice",)
    repeatable = True

    def __init__(self, voice: Annotator, chosen_with: str = "") -> None:
        self.voice = voice
        self.chosen_with = chosen_with

    def is_done(self, doc: Doc) -> bool:
        translations = doc._.xl_translations or []
        return get_data(self.attribute, doc) is not None or all(
            translation["entities"] is not None for translation in translations
        )

    def begin(self, doc: Doc, redo: bool) -> None:
        forget(doc, self.attribute)
        forget(doc, "xl_entities")

    def run(self, docs: Sequence[Doc]) -> None:
        for doc, found in own_entities(self.voice, docs, self.name):
            set_data(self.attribute, doc, found)

    def give_up(self, doc: Doc) -> None:
        """Without a voice, the translations decide."""
        set_data(self.attribute, doc, None)
