"""Which method is best on texts without labels, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .evidence import LEARNT, Evidence, Found, Weights, gather
from .rivals import DEFAULT

RESAMPLES = 1000
# The default is kept where the best of the others beats it in a smaller share of the resamples, or
# where fewer entities are found than can tell.
SURE = 0.6
FEWEST = 50


class Estimate(NamedTuple):
    """What is expected of a method.

    f1, interval: Expected F1, exact span and label, and its 95% interval.
    gain, gain_interval: That F1 less the default method's.
    above (float): The share of resamples in which it is above the default method.
    best (float): The share of resamples in which it is the best of all.
    agreement (float): F1 against each other method's output, on the mean; methods that are alike count
        together as about one.
    entities (int): How many it finds.
    """

    f1: float
    interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]
    above: float
    best: float
    agreement: float
    entities: int


class Choice(NamedTuple):
    """The method that is chosen, that with the highest expected F1, and why it is not the same.

    lean (float): -1 to 1; see `Evidence.lean`.
    """

    chosen: str
    best: str
    reason: str
    lean: float
    estimates: dict[str, Estimate]


def choose(
    words: Sequence[Sequence[str]],
    methods: Mapping[str, Found],
    projection: Found,
    transfer: Found,
    scores: Sequence[Sequence[float]],
    *,
    weights: Weights = LEARNT,
    sure: float = SURE,
    seed: int = 0,
) -> Choice:
    """Choose one of the methods; "default" must be among them.

    words, methods, projection, transfer, scores, weights: As in `gather`; at least one text.
    sure (float): In which share of the resamples of the texts a method must be above the default.
    seed (int): Of the resamples.
    """
    evidence = gather(words, methods, projection, transfer, scores, weights)
    names = list(methods)
    default = names.index(DEFAULT)
    whole = np.ones(len(words))
    finds = _members(evidence, methods)
    f1 = expected_f1(evidence, finds, whole, weights.missing)
    rng = np.random.default_rng(seed)
    share = np.full(len(words), 1 / len(words))
    drawn = np.array(
        [
            expected_f1(evidence, finds, rng.multinomial(len(words), share), weights.missing)
            for _ in range(RESAMPLES)
        ]
    )
    above = (drawn > drawn[:, [default]]).mean(axis=0)
    best = np.bincount(drawn.argmax(axis=1), minlength=len(names)) / len(drawn)
    agreement = independent_agreement(list(methods.values()))
    estimates = {
        name: Estimate(
            float(f1[n]),
            _interval(drawn[:, n]),
            float(f1[n] - f1[default]),
            _interval(drawn[:, n] - drawn[:, default]),
            float(above[n]),
            float(best[n]),
            float(agreement[n]),
            int(finds[n].sum()),
        )
        for n, name in enumerate(names)
    }
    # Of equals the default, then that which is named first.
    top = max(names, key=lambda name: (round(estimates[name].f1, 9), name == DEFAULT))
    reason = _why_not(evidence, estimates[top], top, projection, transfer, sure)
    return Choice(DEFAULT if reason else top, top, reason, evidence.lean(whole), estimates)


def _why_not(
    evidence: Evidence,
    top: Estimate,
    name: str,
    projection: Found,
    transfer: Found,
    sure: float,
) -> str:
    """Why the default is kept, although another may look better; "" if it need not be."""
    if name == DEFAULT:
        return ""
    if len(evidence.entities) < FEWEST:
        return f"{len(evidence.entities)} entities are too few to tell; it takes {FEWEST}"
    pairs = zip(projection, transfer, strict=True)
    if not any(set(one) & set(other) for one, other in pairs):
        return "projection and transfer agree on nothing, so there is nothing to go by"
    if top.above < sure:
        return (
            f"{name} is above it in {top.above:.0%} of the resamples of the texts only; it takes "
            f"{sure:.0%}"
        )
    return ""


def expected_f1(
    evidence: Evidence, finds: np.ndarray, counts: np.ndarray, missing: float
) -> np.ndarray:
    """The F1 that is expected of each method.

    finds (np.ndarray): Which entities each method finds, shape (methods, entities).
    counts (np.ndarray): How often each text counts.
    missing (float): As in `Weights`.
    """
    often = counts[evidence.texts]
    right = evidence.probabilities(counts) * often
    there = (1 + missing) * right.sum()
    f1: np.ndarray = 2 * (finds @ right) / np.maximum(there + finds @ often, 1e-9)
    return f1


def _members(evidence: Evidence, methods: Mapping[str, Found]) -> np.ndarray:
    items = list(zip(evidence.texts.tolist(), evidence.entities, strict=True))
    rows = [[entity in found[text] for text, entity in items] for found in methods.values()]
    return np.array(rows, dtype=float).reshape(len(methods), len(items))


def independent_agreement(methods: Sequence[Found]) -> np.ndarray:
    """Of each method the mean F1 against the others. The weight of one among the others is the less the
    more are like it, as that of a sequence in a profile: 1 / sum of the 4th powers of its F1 with all."""
    f1 = np.array([[agreement_f1(one, other) for other in methods] for one in methods])
    weights = 1 / np.maximum((f1**4).sum(axis=1), 1e-9)
    others = np.where(np.eye(len(methods), dtype=bool), 0.0, weights)
    mean: np.ndarray = (others * f1).sum(axis=1) / np.maximum(others.sum(axis=1), 1e-9)
    return mean


def agreement_f1(one: Found, other: Found) -> float:
    """F1 of the one's entities against the other's, which is the same the other way round."""
    shared = sum(len(set(a) & set(b)) for a, b in zip(one, other, strict=True))
    return 2 * shared / max(1, sum(map(len, one)) + sum(map(len, other)))


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
