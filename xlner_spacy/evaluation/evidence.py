"""How probably each entity that some method finds is right, without labels of the language.

Two methods bear witness: projection (what is found in a translation) and transfer (what is found in the
text itself). They err in different ways, and each says how sure it is. What speaks for an entity is

- agreement: whether both found it, one, or neither; methods that share their parts do not add up,
  because none but the two is asked;
- a round trip: whether the other has an entity on some of these words, how surely, and whether with
  the same label; that is the label of the source mention beside that of the mention in the text;
- held-out consistency: whether the same words are found with the same label in the other texts, and
  how often with another one;
- the lean: the recogniser's mean probability on the texts less that on the translations. Where it is
  surer of the texts, it is mostly right against projection, and elsewhere wrong. (After the
  difference of confidences of Guillory et al. 2021, ICCV.)

A logistic regression of the weights below turns this into a probability. It was learnt from the gold labels of
other languages (`benchmarks/tuning.py`); labels of the texts at hand are not used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import log, log1p
from typing import NamedTuple

import numpy as np

from .metrics import TokenEntity

Found = Sequence[Mapping[TokenEntity, float]]  # for each text its entities, with confidences
Words = tuple[str, ...]

# Where the lean turns from one side to the other, and within how much; chosen on the data of docs/results.md.
_CENTRE, _SCALE = -0.015, 0.01
# Probabilities are kept as far from 0 and 1.
_MARGIN = 0.02


class Weights(NamedTuple):
    """Weights of what `describe` says, and of the same times the lean.

    missing (float): What all methods miss, as a share of the entities that are expected among those
        that they find.
    """

    base: Mapping[str, float]
    slope: Mapping[str, float]
    missing: float


LEARNT = Weights(
    {
        "bias": -1.0,
        "both": 0.483,
        "elsewhere": 0.645,
        "elsewhere, another label": -0.26,
        "neither": -1.152,
        "projection": 0.491,
        "projection: alone": 0.008,
        "projection: contradicted": -0.257,
        "projection: near": 0.007,
        "projection: same label": 0.048,
        "projection: sure": 0.764,
        "transfer": 0.144,
        "transfer: alone": -0.34,
        "transfer: contradicted": 0.157,
        "transfer: near": -0.157,
        "transfer: same label": -0.803,
        "transfer: sure": 0.529,
    },
    {
        "projection: alone": -0.392,
        "transfer: alone": 0.884,
        "projection: contradicted": -0.377,
        "transfer: contradicted": 0.241,
    },
    0.15,
)
# What is weighted by the lean, too.
LEANING = (
    "projection: alone",
    "transfer: alone",
    "projection: contradicted",
    "transfer: contradicted",
)


class Evidence(NamedTuple):
    """All entities that some method finds, text by text.

    texts (np.ndarray): The number of the text of each, shape (entities,).
    entities (list): The entities.
    base, slope (np.ndarray): The log odds that one is right are base + slope * lean.
    own, source (np.ndarray): For each text the sum of the recogniser's probabilities in the text
        itself, or in its translations, and their number; shape (texts, 2).
    """

    texts: np.ndarray
    entities: list[TokenEntity]
    base: np.ndarray
    slope: np.ndarray
    own: np.ndarray
    source: np.ndarray

    def lean(self, counts: np.ndarray) -> float:
        """-1 (towards projection) to 1 (towards transfer); 0 if a side has no probabilities.

        counts (np.ndarray): How often each text counts.
        """
        own, source = counts @ self.own, counts @ self.source
        if not own[1] or not source[1]:
            return 0.0
        return float(np.tanh((own[0] / own[1] - source[0] / source[1] - _CENTRE) / _SCALE))

    def probabilities(self, counts: np.ndarray) -> np.ndarray:
        """Of each entity, with what is known of texts that count so often."""
        right: np.ndarray = 1 / (1 + np.exp(-self.base - self.slope * self.lean(counts)))
        return right


def gather(
    words: Sequence[Sequence[str]],
    methods: Mapping[str, Found],
    projection: Found,
    transfer: Found,
    scores: Sequence[Sequence[float]],
    weights: Weights = LEARNT,
) -> Evidence:
    """Everything that speaks for what the methods find.

    words: Those of each text.
    methods: What each method finds; projection and transfer may be among them.
    scores: The probabilities of the entities of the translations that projection used, of each text.
    """
    features = list(describe(words, methods, projection, transfer))
    base, slope = (
        np.array([sum(by_name.get(k, 0.0) * v for k, v in own.items()) for *_, own in features])
        for by_name in (weights.base, weights.slope)
    )
    return Evidence(
        np.array([text for text, *_ in features], dtype=int),
        [entity for _, entity, _ in features],
        base,
        slope,
        _sums([list(found.values()) for found in transfer]),
        _sums(scores),
    )


def _sums(values: Sequence[Sequence[float]]) -> np.ndarray:
    return np.array([[sum(own), len(own)] for own in values], dtype=float).reshape(-1, 2)


def describe(
    words: Sequence[Sequence[str]],
    methods: Mapping[str, Found],
    projection: Found,
    transfer: Found,
) -> Iterator[tuple[int, TokenEntity, dict[str, float]]]:
    """For everything that a method finds its text, itself, and what speaks for it."""
    known = [_strings(words, found) for found in (projection, transfer)]
    for n, own in enumerate(words):
        witnesses = (projection[n], transfer[n])
        for entity in sorted(set().union(*(found[n] for found in methods.values()))):
            features = _of_witnesses(entity, *witnesses)
            key = tuple(own[entity[0] : entity[1]])
            counts = known[0].get(key, Counter()) + known[1].get(key, Counter())
            same = counts[entity[2]]
            here = sum(entity in found for found in witnesses)
            features["elsewhere"] = log1p(same - here)
            features["elsewhere, another label"] = log1p(counts.total() - same)
            yield n, entity, features


def _strings(words: Sequence[Sequence[str]], found: Found) -> dict[Words, Counter[str]]:
    """How often each words are found with each label."""
    counts: dict[Words, Counter[str]] = {}
    for own, entities in zip(words, found, strict=True):
        for start, end, label in entities:
            counts.setdefault(tuple(own[start:end]), Counter())[label] += 1
    return counts


def _of_witnesses(
    entity: TokenEntity, projected: Mapping[TokenEntity, float], read: Mapping[TokenEntity, float]
) -> dict[str, float]:
    features = {"bias": 1.0, "both": float(entity in projected and entity in read)}
    features["neither"] = float(entity not in projected and entity not in read)
    for name, own, other in (("projection", projected, read), ("transfer", read, projected)):
        near = [e for e in own if e != entity and e[0] < entity[1] and entity[0] < e[1]]
        features[f"{name}: near"] = max((_log_odds(own[e]) for e in near), default=0.0)
        if entity in own:
            against = [e for e in other if e != entity and e[0] < entity[1] and entity[0] < e[1]]
            features[name] = 1.0
            features[f"{name}: sure"] = _log_odds(own[entity])
            features[f"{name}: contradicted"] = float(bool(against))
            features[f"{name}: alone"] = float(entity not in other)
        elif near:
            features[f"{name}: same label"] = float(any(e[2] == entity[2] for e in near))
    return features


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _MARGIN), 1 - _MARGIN)
    return log(kept / (1 - kept))
