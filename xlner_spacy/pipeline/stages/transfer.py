"""Model transfer: a multilingual NER applied to the texts themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from spacy.tokens import Doc

from ...document.attributes import language_of, set_data, set_dropped
from ...document.placing import place
from ...document.records import PLACED, not_placed, projected
from ...types import Annotator, Placement, SourceEntity, Translation
from .annotate import entities_of, find_mentions
from .stage import Stage


class Transfer(Stage):
    """Doc.text -> Doc._.xl_entities and Doc.ents.

    An entity is its own source, with the number -1 for a translation that is none; its
    confidence is the probability that the model gives, 1 where it gives none.
    """

    name = "transfer"
    attribute = "xl_transferred"

    def __init__(self, annotator: Annotator, overwrite: bool) -> None:
        self.annotator = annotator
        self.overwrite = overwrite

    def run(self, docs: Sequence[Doc]) -> None:
        for doc, entities in own_entities(self.annotator, docs, self.name):
            found = [_itself(doc, entity) for entity in entities]
            outcomes = list(zip(found, place(doc, found, self.overwrite), strict=True))
            placed = [e for e, outcome in outcomes if outcome == PLACED]
            set_data("xl_transferred", doc, placed)
            doc._.xl_unplaced = [
                not_placed(e, outcome) for e, outcome in outcomes if outcome != PLACED
            ]

    def give_up(self, doc: Doc) -> None:
        place(doc, [], self.overwrite)
        set_data("xl_transferred", doc, [])
        doc._.xl_unplaced = []


def own_entities(
    annotator: Annotator, docs: Sequence[Doc], stage: str
) -> Iterator[tuple[Doc, list[SourceEntity]]]:
    """What an annotator finds in the texts themselves; what is dropped is kept on each Doc."""
    known = find_mentions(annotator, (doc.text for doc in docs))
    for doc in docs:
        dropped: Counter[str] = Counter()
        entities = entities_of(doc, _as_is(doc), known, stage, dropped)
        set_dropped(doc, language_of(doc), dropped)
        yield doc, entities


def _as_is(doc: Doc) -> Translation:
    """A text as the translation of itself."""
    return {
        "lang": language_of(doc),
        "text": doc.text,
        "words": [token.text for token in doc],
        "spaces": [bool(token.whitespace_) for token in doc],
        "segments": [],
        "entities": None,
    }


def _itself(doc: Doc, entity: SourceEntity) -> Placement:
    return projected(doc[entity["start"] : entity["end"]], entity, -1, language_of(doc), 1.0)
