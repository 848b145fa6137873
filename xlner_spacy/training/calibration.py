"""Probabilities that are as high as entities are often right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import spacy
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from spacy.language import Language
from spacy.training import Example

from ..errors import SetupError
from .reader import make_corpus
from .token_classifier import TokenClassifier

_LEAST = 1e-4  # a single entity must not decide


@spacy.registry.callbacks("xlner.Calibrate.v1")
def make_calibrate(
    path: str | Path | list[str], labels: dict[str, str] | None = None, limit: int = 1000
) -> Callable[[Language], Language]:
    """For `[training.before_to_disk]`: sets the temperature of each `xl_ner` by labelled texts.

    Scores are divided by a temperature (Guo et al. 2017), chosen by whether the texts label the entities that the model finds.
    What the entities are does not change by much: only how sure of them the model says it is. Silver texts
    calibrate to silver labels; a hundred gold texts bring the probabilities nearer to what is right.

    path, labels, limit: As of xlner.Corpus.v1. The texts should not be those that were trained on.
    RAISES: SetupError if the pipeline has no xl_ner, or there is no text.
    """
    read = make_corpus(path, labels, limit=limit)

    def calibrate(nlp: Language) -> Language:
        found = [pipe for _, pipe in nlp.pipeline if isinstance(pipe, TokenClassifier)]
        if not found:
            raise SetupError(
                f"xlner.Calibrate.v1: no component is an xl_ner ({', '.join(nlp.pipe_names)}).",
                hint="Take the callback out of the config.",
            )
        examples = list(read(nlp))
        for pipe in found:
            pipe.temperature = temperature_of(pipe, examples)
        return nlp

    return calibrate


def temperature_of(pipe: TokenClassifier, examples: Sequence[Example]) -> float:
    """The temperature, from 0.25 to 4, under which what the texts say of the entities that are found is most probable:
    that they are labelled so, or that they are not. 1 if none is found.

    Entities on words whose labels are missing are not looked at.

    RAISES: SetupError if no token has a label.
    """
    scheme = pipe.scheme
    pipe.temperature = 1.0
    logs, labelled = [], []
    for begin in range(0, len(examples), 256):
        some = examples[begin : begin + 256]
        for example, own in zip(some, pipe.predict([e.predicted for e in some]), strict=True):
            known = np.array([tag not in (None, "", "-") for tag in example.get_aligned_ner()])
            if known.any():
                logs.append(np.log(np.maximum(own, 1e-30)))
                labelled.append((_entities(example), known))
    if not logs:
        raise SetupError(
            "xlner.Calibrate.v1: there is no labelled text.",
            hint="Give its `path` a file or folder with labelled texts, as paths.dev.",
        )

    if not any(scheme.entities([softmax(own, axis=1) for own in logs])):
        return 1.0

    def loss(log_temperature: float) -> float:
        found = scheme.entities([softmax(own / np.exp(log_temperature), axis=1) for own in logs])
        total = 0.0
        for own, (entities, known) in zip(found, labelled, strict=True):
            for entity in own:
                if known[entity.start : entity.end].all():
                    is_right = (entity.start, entity.end, entity.label) in entities
                    sure = min(max(entity.probability, _LEAST), 1 - _LEAST)
                    total -= np.log(sure if is_right else 1 - sure)
        return total

    bounds = (np.log(0.25), np.log(4.0))
    best = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 0.02})
    return round(float(np.exp(best.x)), 3)


def _entities(example: Example) -> set[tuple[int, int, str]]:
    spans = example.get_aligned_spans_y2x(example.reference.ents)
    return {(span.start, span.end, span.label_) for span in spans}
