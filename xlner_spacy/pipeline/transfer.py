"""Model transfer: the component `xl_transfer`, a multilingual NER applied directly."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.language import Language
from spacy.tokens import Doc

from .. import defaults
from ..errors import BackendError
from ..types import ProjectedEntity, SourceAnnotator, SourceEntity, Translation
from .base import StageComponent
from .place import PLACED, place, projected, unplaced
from .stages import Annotate, _lines


@Language.factory(
    "xl_transfer",
    assigns=["doc._.xl_transferred", "doc._.xl_entities", "doc.ents"],
    default_config={"source": None, "overwrite": True},
)
def make_transfer(
    nlp: Language, name: str, source: SourceAnnotator | None, overwrite: bool
) -> StageComponent:
    """Finds entities in the texts themselves, with an NER that knows their language: the
    baseline that projection is compared with.

    source (SourceAnnotator): None: a multilingual model of the Hugging Face Hub.
    overwrite (bool): Replace entities that are already on the Doc. If not, they stay and
        nothing is placed on their words.
    """
    return StageComponent(nlp, name, [Transfer(source or _default(), overwrite)], redo=True)


def _default() -> SourceAnnotator:
    model = defaults.HUB_MULTILINGUAL_NER
    block = {"@xl_sources": "xlner.HuggingFaceNER.v1", "model": model}
    choice = defaults.Choice(block, f"{model} from the Hugging Face Hub", False)
    ner: SourceAnnotator = defaults.build("source", choice)
    return ner


class Transfer(Annotate):
    """Doc.text -> Doc._.xl_transferred, Doc._.xl_entities and Doc.ents.

    An entity is its own source, with the number -1 for a translation that is none; its
    confidence is the probability that the model gives, 1 where it gives none.
    """

    name = "transfer"
    attribute = "xl_transferred"
    needs = ()

    def __init__(self, source: SourceAnnotator, overwrite: bool) -> None:
        self.source = source
        self.overwrite = overwrite

    def run(self, docs: Sequence[Doc]) -> None:
        lines = list(dict.fromkeys(line for doc in docs for _, line in _lines(doc.text)))
        answers = self.source(lines) if lines else []
        if len(answers) != len(lines):
            raise BackendError(f"The NER gave {len(answers)} answers for {len(lines)} texts.")
        known = dict(zip(lines, answers, strict=True))
        for doc in docs:
            doc._.xl_dropped = {}
            found = [_itself(doc, entity) for entity in self._entities(doc, _as_is(doc), known)]
            outcomes = list(zip(found, place(doc, found, self.overwrite), strict=True))
            doc._.xl_transferred = [e for e, outcome in outcomes if outcome == PLACED]
            doc._.xl_unplaced = [
                unplaced(e, -1, outcome) for e, outcome in outcomes if outcome != PLACED
            ]

    def give_up(self, doc: Doc) -> None:
        place(doc, [], self.overwrite)
        doc._.xl_transferred = []
        doc._.xl_unplaced = []


def _as_is(doc: Doc) -> Translation:
    """A text as the translation of itself."""
    return {
        "lang": doc.lang_,
        "text": doc.text,
        "words": [token.text for token in doc],
        "spaces": [bool(token.whitespace_) for token in doc],
        "segments": [],
    }


def _itself(doc: Doc, entity: SourceEntity) -> ProjectedEntity:
    score = 1.0 if entity["score"] is None else entity["score"]
    return projected(doc[entity["start"] : entity["end"]], entity, -1, doc.lang_, score)
