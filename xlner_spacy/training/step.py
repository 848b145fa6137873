"""One update of `xl_ner`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from spacy.training import Example
from thinc.api import Model
from thinc.types import Floats2d

from ..document.attributes import get_data
from ..solving.bioes import Bioes
from .encoder_layer import encoders_of
from .objective import LinearObjective, softmax, to_numpy
from .protocols import Adversary, Batch, Loss, Slope, Weighting
from .targets import Targets, flat, targets_of

Missing = Literal["ignore", "marginal"]


class Learner(Protocol):
    """A component that learns step by step: `xl_ner`."""

    model: Model
    loss: Loss
    confidence: float
    missing: Missing
    weighting: Weighting | None
    adversary: Adversary | None
    consistency: float

    @property
    def scheme(self) -> Bioes: ...


class Look(NamedTuple):
    """What a model says of a batch, and how it learns from it."""

    features: list[Floats2d]
    back_features: Callable[[list[Floats2d]], Any]
    probabilities: np.ndarray  # (tokens, tags)
    back_scores: Callable[[list[Floats2d]], list[Floats2d]]
    targets: Targets  # what the tokens should be


class Step:
    """What is learnt from a batch: from its labels, as far as they are trusted; from worse features; from what
    two answers to the same text should have in common.

    pipe (Learner): Who learns.
    examples (list): The batch.
    """

    def __init__(self, pipe: Learner, examples: Sequence[Example]) -> None:
        self.pipe = pipe
        self.docs = [example.predicted for example in examples]
        self.lengths = [len(doc) for doc in self.docs]
        self.texts = np.repeat(np.arange(len(self.docs)), self.lengths)
        self.targets = [targets_of(own, pipe.scheme, pipe.confidence) for own in examples]

    def look(self) -> Look:
        """What the model says of the batch before it learns."""
        model = self.pipe.model
        features, back_features = model.get_ref("tok2vec").begin_update(self.docs)
        scores, back_scores = model.get_ref("head").begin_update(features)
        probabilities = self._probabilities(scores)
        targets = self._targets(probabilities)
        return Look(features, back_features, probabilities, back_scores, targets)

    def losses(self, seen: Look) -> np.ndarray:
        """How wrong that is, (tokens,)."""
        losses, _ = self.pipe.loss(seen.probabilities, seen.targets.tags)
        return losses

    def take(self, seen: Look | None = None, judged: np.ndarray | None = None) -> float:
        """Learn.

        seen (Look): What the model says; None: it is asked.
        judged: The losses by which labels are trusted or not, (tokens,). None: the model's own.
        RETURNS: The loss, a mean over the tokens of the batch whose labels are known.
        """
        model = self.pipe.model
        seen = seen or self.look()
        features, back_features, probabilities, back_scores, _ = seen
        together = self._trusted(seen, judged)
        loss, gradient = self._of_labels(probabilities, together)
        if self.pipe.consistency:
            apart, more = self._of_second_answer(features, probabilities, together)
            loss, gradient = loss / 2 + apart, gradient / 2 + more
        found = self._together(back_scores(self._split(gradient)))
        if self.pipe.adversary is not None:
            objective = LinearObjective(
                model.get_ref("output"),
                lambda given: self._of_labels(given, together),
                probabilities,
                self.texts,
                [get_data("xl_corpus", doc) or "" for doc in self.docs],
            )
            clean = Slope(loss, found)
            added = self.pipe.adversary(self._together(features), clean, objective)
            loss, found = loss + added.loss, found + added.gradient
        back_features(self._split(found))
        return loss

    def of_labels(self, scores: list[Floats2d]) -> tuple[float, list[Floats2d]]:
        """The loss of the labels alone, and its gradient by the scores."""
        probabilities = self._probabilities(scores)
        loss, gradient = self._of_labels(probabilities, self._targets(probabilities))
        return loss, self._split(gradient)

    def _targets(self, probabilities: np.ndarray) -> Targets:
        """What the tokens of the batch should be."""
        marginal = self.pipe.missing == "marginal"
        return flat(self._completed(probabilities) if marginal else self.targets)

    def _trusted(self, seen: Look, judged: np.ndarray | None) -> Targets:
        """That, and how much each counts."""
        together = seen.targets
        if self.pipe.weighting is None:
            return together
        losses = self.losses(seen) if judged is None else judged
        tags = np.where(together.known, together.tags.argmax(axis=1), -1)
        batch = Batch(self._together(seen.features), tags, losses, self.texts)
        return together._replace(weights=together.weights * self.pipe.weighting(batch))

    def _completed(self, probabilities: np.ndarray) -> list[Targets]:
        allowed = [own.allowed for own in self.targets]
        posteriors = self.pipe.scheme.completed(self._apart(probabilities), allowed)
        return [
            own._replace(
                tags=np.where(own.known[:, np.newaxis], own.tags, posterior),
                known=np.ones(len(own.known), dtype=bool),
            )
            for own, posterior in zip(self.targets, posteriors, strict=True)
        ]

    def _of_labels(self, probabilities: np.ndarray, known: Targets) -> tuple[float, np.ndarray]:
        losses, gradient = self.pipe.loss(probabilities, known.tags)
        weights = np.where(known.known, known.weights, 0.0) / max(1, known.known.sum())
        return float((losses * weights).sum()), gradient * weights[:, np.newaxis]

    def _of_second_answer(
        self, features: list[Floats2d], first: np.ndarray, known: Targets
    ) -> tuple[float, np.ndarray]:
        """Half of the second answer's loss and the distance of both, and the gradient of the distance by the first
        answer's scores. The second answer has learnt when this returns.

        A tok2vec of another component is not asked twice: its two answers differ in the classifier's
        dropout.
        """
        model = self.pipe.model
        asked_twice = bool(encoders_of(model))
        back_features: Any = None
        if asked_twice:
            features, back_features = model.get_ref("tok2vec").begin_update(self.docs)
        scores, back_scores = model.get_ref("head").begin_update(features)
        second = self._probabilities(scores)
        loss, gradient = self._of_labels(second, known)
        share = self.pipe.consistency / 2 / max(1, len(first))
        logs = np.log(np.maximum(first, 1e-12)) - np.log(np.maximum(second, 1e-12))
        to_second = (first * logs).sum(axis=1, keepdims=True)  # KL(first || second)
        to_first = -(second * logs).sum(axis=1, keepdims=True)
        of_second = second - first + second * (-logs - to_first)
        of_first = first - second + first * (logs - to_second)
        found = back_scores(self._split(gradient / 2 + share * of_second))
        if asked_twice:
            back_features(found)
        return loss / 2 + share * float((to_second + to_first).sum()), share * of_first

    def _probabilities(self, scores: list[Floats2d]) -> np.ndarray:
        return softmax(self._together(scores))

    def _together(self, parts: Sequence[Any]) -> np.ndarray:
        return np.concatenate([to_numpy(own) for own in parts])

    def _split(self, whole: np.ndarray) -> list[Floats2d]:
        parts: list[Any] = self._apart(whole.astype("float32"))
        return [self.pipe.model.ops.asarray2f(part) for part in parts]

    def _apart(self, whole: np.ndarray) -> list[np.ndarray]:
        return np.split(whole, np.cumsum(self.lengths)[:-1])
