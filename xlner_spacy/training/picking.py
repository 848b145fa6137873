"""Which target texts look least foreign to an encoder: AdvPicker's choice of what a student learns from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import fix_random_seed

from ..corpus.detokenize import same_tokens
from ..errors import InputError, SetupError
from .discriminator import Discriminator
from .objective import to_numpy
from .token_classifier import TokenClassifier

_HIDDEN, _RATE = 500, 0.005  # AdvPicker's
_STEPS = 300
_TOKENS = 2048  # in a step
SOURCE, TARGET = 0, 1


class Pick(NamedTuple):
    """What came out of it.

    kept (list): Whether each target text is kept.
    target (list): The probability that each is a text of the target language: the mean over its
        tokens; NaN for a text without tokens.
    """

    kept: list[bool]
    target: list[float]


def pick(
    nlp: Language,
    source: Iterable[Doc],
    target: Iterable[Doc],
    keep: float = 0.8,
    seed: int = 0,
) -> Pick:
    """Keep the target texts of which a discriminator can least say which language they are in.

    Chen et al. (2021) keep those with the largest 1 - |p - .5|. Their discriminator is the one that the encoder was
    trained against; this one learns from the vectors of the trained encoder, each half of the texts for the other half, so that it
    knows no text that it judges.

    nlp (Language): A pipeline with xl_ner, best trained with xlner.LanguageDiscriminator.v1.
    source, target: Texts of either language.
    keep (float): The share that is kept.
    RAISES: SetupError if the pipeline has no xl_ner; InputError if there are fewer than two texts of a
        language.
    """
    sides = [_vectors(nlp, source), _vectors(nlp, target)]
    for name, side in zip(("source", "target"), sides, strict=True):
        if sum(len(own) > 0 for own in side) < 2:
            raise InputError(f"There are fewer than two {name} texts with words.")
    fix_random_seed(seed)
    found = np.full(len(sides[TARGET]), np.nan)
    for half in (0, 1):
        learnt = [side[half::2] for side in sides]
        judged = sides[TARGET][1 - half :: 2]
        if not all(sum(map(len, side)) for side in learnt):
            raise InputError("There are too few texts with words to learn from one half of them.")
        judge = _trained(learnt, seed)
        found[1 - half :: 2] = [
            float(judge.probabilities(own)[:, TARGET].mean()) if len(own) else np.nan
            for own in judged
        ]
    likely = np.where(np.isnan(found), np.inf, np.abs(found - 0.5))
    n_kept = round(keep * int(np.isfinite(likely).sum()))
    kept = np.zeros(len(found), dtype=bool)
    kept[np.argsort(likely, kind="stable")[:n_kept]] = True
    return Pick(kept.tolist(), found.tolist())


def _trained(sides: Sequence[Sequence[np.ndarray]], seed: int) -> Discriminator:
    vectors = np.concatenate([own for side in sides for own in side if len(own)])
    classes = np.repeat((SOURCE, TARGET), [sum(map(len, side)) for side in sides])
    judge = Discriminator(vectors.shape[1], 2, _HIDDEN, _RATE)
    rng = np.random.default_rng(seed)
    for _ in range(_STEPS):
        rows = rng.choice(len(vectors), min(_TOKENS, len(vectors)), replace=False)
        judge.learn(vectors[rows], classes[rows])
    return judge


def _vectors(nlp: Language, docs: Iterable[Doc]) -> list[np.ndarray]:
    """The vectors of the tokens of each text, as the pipeline's xl_ner sees them."""
    given = [same_tokens(doc, nlp.vocab) for doc in docs]
    for _, component in nlp.pipeline:
        if isinstance(component, TokenClassifier):
            tok2vec = component.model.get_ref("tok2vec")
            found = []
            for begin in range(0, len(given), nlp.batch_size):
                found += tok2vec.predict(given[begin : begin + nlp.batch_size])
            return [to_numpy(own).astype("float32") for own in found]
        given = (
            list(component.pipe(given))
            if hasattr(component, "pipe")
            else list(map(component, given))
        )
    raise SetupError(
        f"The pipeline has no xl_ner: its components are {', '.join(nlp.pipe_names) or 'none'}.",
        hint="Train one: spacy train configs/ner_student.cfg",
    )
