"""Probabilities that are as high as entities are often right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import spacy
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from spacy.language import Language
from spacy.training import Example

from ..errors import SetupError
from .reader import make_corpus
from .targets import targets_of
from .token_classifier import TokenClassifier


@spacy.registry.callbacks("xlner.Calibrate.v1")
def make_calibrate(
    path: str | Path | list[str], labels: dict[str, str] | None = None, limit: int = 1000
) -> Callable[[Language], Language]:
    """For `[training.before_to_disk]`: sets the temperature of each `xl_ner` by labelled texts.

    Scores are divided by the temperature under which the labels are most probable (Guo et al. 2017). What the
    entities are does not change by much: only how sure of them the model says it is. Silver texts calibrate
    to silver labels.

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
    """The temperature, from 0.25 to 4, under which the labels are most probable.

    RAISES: SetupError if no token has a label.
    """
    scheme = pipe.scheme
    pipe.temperature = 1.0
    rows, wanted = [], []
    for begin in range(0, len(examples), 256):
        some = examples[begin : begin + 256]
        for example, own in zip(some, pipe.predict([e.predicted for e in some]), strict=True):
            targets = targets_of(example, scheme, 0.0)
            rows.append(own[targets.known])
            wanted.append(targets.tags[targets.known])
    logs = np.log(np.maximum(np.concatenate(rows), 1e-30)) if rows else np.zeros((0, len(scheme)))
    if not len(logs):
        raise SetupError(
            "xlner.Calibrate.v1: there is no labelled text.",
            hint="Give its `path` a file or folder with labelled texts, as paths.dev.",
        )
    targets_ = np.concatenate(wanted)

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logs / np.exp(log_temperature), axis=1)
        return float(-(targets_ * scaled).sum(axis=1).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.25), np.log(4.0)), method="bounded")
    return round(float(np.exp(best.x)), 3)
