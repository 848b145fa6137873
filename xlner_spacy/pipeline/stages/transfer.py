"""Model transfer: the component `xl_transfer`, a multilingual NER applied directly."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ...document.placing import place, projected, unplaced
from ...errors import BackendError
from ...types import Annotator, Placement, SourceEntity, Translation
from .. import defaults
from ..component import StageComponent
from .annotate import Annotate, _lines


@Language.factory(
    "xl_transfer",
    assigns=["doc._.xl_transferred", "doc._.xl_entities", "doc.ents"],
    default_config={"annotator": None, "overwrite": True},
)
def make_transfer(
    nlp: Language, name: str, annotator: Annotator | None, overwrite: bool
) -> StageComponent:
    """Finds entities in the texts themselves, with an NER that knows their language: the
    baseline that projection is compared with.

    annotator (Annotator): None: a multilingual model of the Hugging Face Hub.
    overwrite (bool): Replace entities that are already on the Doc. If not, they stay and
        nothing is placed on their words.
    """
    return StageComponent(nlp, name, [Transfer(annotator or _default(), overwrite)], redo=True)


def _default() -> Annotator:
    model = defaults.HUB_MULTILINGUAL_NER
    block = {"@xl_annotators": "xlner.HuggingFaceNER.v1", "model": model}
    choice = defaults.Choice(block, f"{model} from the Hugging Face Hub", False)
    ner: Annotator = defaults.build("annotator", choice)
    return ner


class Transfer(Annotate):
    """Doc.text -> Doc._.xl_transferred, Doc._.xl_entities and Doc.ents.

    An entity is its own source, with the number -1 for a translation that is none; its
    confidence is the probability that the model gives, 1 where it gives none.
    """

    name = "transfer"
    attribute = "xl_transferred"
    needs = ()

    def __init__(self, annotator: Annotator, overwrite: bool) -> None:
        self.annotator = annotator
        self.overwrite = overwrite

    def run(self, docs: Sequence[Doc]) -> None:
        lines = list(dict.fromkeys(line for doc in docs for _, line in _lines(doc.text)))
        answers = self.annotator(lines) if lines else []
        if len(answers) != len(lines):
            raise BackendError(f"The NER gave {len(answers)} answers for {len(lines)} texts.")
        known = dict(zip(lines, answers, strict=True))
        for doc in docs:
            doc._.xl_dropped = {}
            found = [_itself(doc, entity) for entity in self._entities(doc, _as_is(doc), known)]
            placed, left_out = place(doc, found, self.overwrite)
            doc._.xl_transferred = placed
            doc._.xl_unplaced = [unplaced(e, -1, "its place was taken") for e in left_out]

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


def _itself(doc: Doc, entity: SourceEntity) -> Placement:
    score = 1.0 if entity["score"] is None else entity["score"]
    return projected(doc[entity["start"] : entity["end"]], entity, -1, doc.lang_, score)
