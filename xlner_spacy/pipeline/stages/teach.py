"""Teachers label texts for a student: the stage of `xl_teachers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from scipy.special import softmax
from spacy.language import Language
from spacy.tokens import Doc

from ...corpus.labels import LabelMap, map_label
from ...document.attributes import set_data
from ...document.placing import place
from ...document.records import PLACED, own_origin, placement
from ...document.teacher import set_teacher
from ...errors import SetupError
from ...settings import check_setting, check_weights
from ...solving.bioes import OUTSIDE, Bioes
from ...text.memory import memory_zone
from .members import OtherPipeline
from .stage import Stage


@runtime_checkable
class Tagger(Protocol):
    """A component that knows the probability of every tag, as `xl_ner` does."""

    scheme: Bioes

    def predict(self, docs: Sequence[Doc]) -> list[np.ndarray]: ...

    def set_annotations(self, docs: Sequence[Doc], scores: Any) -> None: ...


class Belief(NamedTuple):
    """What a teacher believes of the tokens of a text."""

    tags: Sequence[str]
    probabilities: np.ndarray  # (tokens, tags)


class Teach(Stage):
    """What several pipelines believe of each token -> Doc.spans["xl_teacher"], and Doc.ents.

    The belief of all is the mean of each one's, by weight (multi-source teacher-student learning, Wu et al. 2020).
    The belief of an `xl_ner` is its probabilities; that of another pipeline its entities, each as far as its
    `xl_confidence` goes, 1 if it has none, and the rest of the probability outside.

    teachers: Name -> pipeline.
    weights: Name -> weight, greater than 0; 1 for teachers that are not named.
    labels: Label map of what teachers find; "" leaves a label out. None: labels stay as they are.
    temperature: What the student is to believe of a token is the mean to the power 1 / temperature. Below 1 it is surer
        than the mean (sharpening, Berthelot et al. 2019): where one teacher finds an entity and another does not, or
        none is sure, a student of the mean finds too little.

    RAISES: SetupError for wrong settings.
    """

    name = "teach"
    attribute = "xl_transferred"

    def __init__(
        self,
        teachers: Mapping[str, OtherPipeline],
        weights: Mapping[str, float],
        labels: LabelMap | None,
        temperature: float,
    ) -> None:
        if not teachers:
            raise SetupError(
                "xl_teachers has no teachers.", hint='Name some: teachers = {"en": "model-en"}'
            )
        check_weights("xl_teachers", "teachers", weights, teachers)
        allowed = 0 < temperature <= 10
        check_setting("xl_teachers", "temperature", temperature, allowed, "above 0, at most 10")
        self.teachers = dict(teachers)
        self.weights = {name: float(weights.get(name, 1.0)) for name in teachers}
        self.labels = labels
        self.temperature = temperature

    def run(self, docs: Sequence[Doc]) -> None:
        beliefs = [_beliefs(teacher, docs, self.labels) for teacher in self.teachers.values()]
        for doc, *own in zip(docs, *beliefs, strict=True):
            self._teach(doc, own)

    def _teach(self, doc: Doc, beliefs: Sequence[Belief]) -> None:
        labels = sorted({tag[2:] for own in beliefs for tag in own.tags if tag != "O"})
        scheme = Bioes(labels)
        together = np.zeros((len(doc), len(scheme)))
        for weight, own in zip(self.weights.values(), beliefs, strict=True):
            together[:, [scheme.index[tag] for tag in own.tags]] += weight * own.probabilities
        together /= sum(self.weights.values())
        found = [
            placement(doc[e.start : e.end], e.label, e.probability, _origin(doc, e))
            for e in scheme.entities([together])[0]
        ]
        outcomes = place(doc, found, True)
        placed = [e for e, outcome in zip(found, outcomes, strict=True) if outcome == PLACED]
        set_data("xl_transferred", doc, placed)
        set_teacher(doc, scheme.names, sharpened(together, self.temperature))

    def give_up(self, doc: Doc) -> None:
        place(doc, [], True)
        set_data("xl_transferred", doc, [])


def sharpened(beliefs: np.ndarray, temperature: float) -> np.ndarray:
    """Rows to the power 1 / temperature, which add up to 1 again."""
    logs = np.log(np.maximum(beliefs, 1e-12)) / temperature
    found: np.ndarray = softmax(logs, axis=1)
    return found


def _origin(doc: Doc, entity: Any) -> Any:
    return own_origin(doc[entity.start : entity.end], entity.label)


def _beliefs(teacher: OtherPipeline, docs: Sequence[Doc], labels: LabelMap | None) -> list[Belief]:
    with memory_zone(teacher.nlp):
        copies = teacher.copies(docs)
        given = _run(teacher.nlp, copies)
        where = f"the teacher {teacher.name!r}"
        if given is None:
            return [_of_entities(doc, labels, where) for doc in copies]
        tagger, probabilities = given
        return [_mapped(tagger.scheme, own, labels, where) for own in probabilities]


def _run(nlp: Language, docs: list[Doc]) -> tuple[Tagger, list[np.ndarray]] | None:
    """Take Docs through a pipeline. RETURNS: The last component that knows probabilities, and these."""
    found: tuple[Tagger, list[np.ndarray]] | None = None
    for _, component in nlp.pipeline:
        if isinstance(component, Tagger):
            probabilities = component.predict(docs)
            component.set_annotations(docs, probabilities)
            found = component, probabilities
        elif hasattr(component, "pipe"):
            docs[:] = list(component.pipe(docs))
        else:
            docs[:] = [component(doc) for doc in docs]
    return found


def _of_entities(doc: Doc, labels: LabelMap | None, where: str) -> Belief:
    mapped = [(ent, map_label(ent.label_, labels, where)) for ent in doc.ents]
    kept = [(ent, label) for ent, label in mapped if label]
    scheme = Bioes(sorted({label for _, label in kept}))
    found = np.zeros((len(doc), len(scheme)))
    found[:, OUTSIDE] = 1.0
    for ent, label in kept:
        confidence = ent._.xl_confidence
        sure = 1.0 if confidence is None else float(confidence)
        rows = range(ent.start, ent.end)
        found[rows, OUTSIDE] = 1 - sure
        found[rows, scheme.tags_of(ent.start, ent.end, label)] = sure
    return Belief(scheme.names, found)


def _mapped(
    scheme: Bioes, probabilities: np.ndarray, labels: LabelMap | None, where: str
) -> Belief:
    """Probabilities by the labels that a map makes of the teacher's."""
    new = {label: map_label(label, labels, where) for label in scheme.labels}
    wanted = Bioes(sorted({label for label in new.values() if label}))
    found = np.zeros((len(probabilities), len(wanted)))
    for column, tag in enumerate(scheme.names):
        label = new.get(tag[2:], "")
        at = wanted.index[f"{tag[0]}-{label}"] if label else OUTSIDE
        found[:, at] += probabilities[:, column]
    return Belief(wanted.names, found)
