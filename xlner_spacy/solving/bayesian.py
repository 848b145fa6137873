"""How far voters can be trusted, learnt from their ballots alone.

After BEA, in its view on entities (Rahimi, Li & Cohn 2019, 'Massively Multilingual Transfer for NER',
ACL). Each span that any voter proposes is an item. Its true label, or that it is no entity, is drawn
from a distribution of labels, and what a voter says of it from a row of that voter's confusion
matrix. Dirichlet priors are on both, and all are inferred together by mean field.

Three differences from the paper: the priors are not flat, what a voter says may be shared between a
label and "no entity", and one that proposes an overlapping span with the same label does not
reject this one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import psi

from ..errors import InputError
from ..settings import check_setting
from ..types import Ballot, Poll
from .claims import claims

NOTHING = ""  # the label of what is no entity, and what a voter says of what it does not propose

# The prior. It is that of four labels however many there are, so that what is decided for one span
# does not depend on the labels of others.
_N_LABELS = 4
_RIGHT, _MISSED = 0.8, 0.1  # an entity gets its label from a voter, or is not proposed
_REJECTED = 0.7  # what is no entity is not proposed
_NO_ENTITY = 0.1  # what somebody proposes is no entity
_STRENGTH = 50.0  # how many items the prior of each row counts as
_MAX_ROUNDS, _TOLERANCE = 500, 1e-3


class Said(NamedTuple):
    """What a voter says of a span: labels and `NOTHING`, with shares that add up to 1."""

    who: str
    weight: float
    shares: Mapping[str, float]


class Item(NamedTuple):
    """A span that somebody proposes."""

    start: int
    end: int
    ballots: Mapping[str, tuple[Ballot, ...]]  # by label
    said: Sequence[Said]


def items(poll: Poll) -> list[Item]:
    """The spans that are proposed, in text order, and what each voter says of them.

    A ballot with confidence c says its label by the square root of c, and nothing by the rest. A
    voter that does not propose a span says nothing; if it proposes one that overlaps, with a
    label that is proposed here too, it is left out.

    RAISES: SetupError if someone voted who was not asked.
    """
    spans: dict[tuple[int, int], dict[str, tuple[Ballot, ...]]] = {}
    for (start, end, label), ballots in claims(poll).items():
        spans.setdefault((start, end), {})[label] = ballots
    return [Item(*span, own, _said(poll, *span, own)) for span, own in spans.items()]


def _said(
    poll: Poll, start: int, end: int, ballots: Mapping[str, tuple[Ballot, ...]]
) -> list[Said]:
    near = {b.who for b in poll.ballots if b.label in ballots and b.start < end and start < b.end}
    said = []
    for who, weight in poll.weights.items():
        own = {
            label: sqrt(ballot.confidence)
            for label, given in ballots.items()
            for ballot in given
            if ballot.who == who
        }
        if own or who not in near:
            total = max(1.0, sum(own.values()))
            shares = {label: share / total for label, share in own.items()}
            said.append(Said(who, weight, {**shares, NOTHING: 1 - sum(shares.values())}))
    return said


@dataclass(frozen=True)
class Habits:
    """What is known of voters. Without voters it is the prior.

    labels: `NOTHING` and K - 1 labels.
    truth: Dirichlet parameters of the true labels, shape (K,).
    voters: For each voter, Dirichlet parameters of what it says, shape (K, K): a row for each true
        label, a column for what it says.
    removed: Voters that are not heard where another was asked.
    """

    labels: tuple[str, ...] = (NOTHING,)
    truth: np.ndarray = field(default_factory=lambda: np.ones(1))
    voters: Mapping[str, np.ndarray] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def posteriors(self, poll: Poll) -> list[tuple[Item, dict[str, float]]]:
        """The spans that are proposed, in text order, each with the probability of `NOTHING` and of
        every label that somebody gives it. They add up to 1: other labels are not considered.

        RAISES: SetupError if someone voted who was not asked.
        """
        heard = set(poll.weights) - set(self.removed) or set(poll.weights)
        found = []
        for item in items(poll):
            options = (NOTHING, *item.ballots)
            scores = np.array([self._score(item, heard, true) for true in options])
            odds = np.exp(scores - scores.max())
            odds /= odds.sum()
            found.append((item, dict(zip(options, odds.tolist(), strict=True))))
        return found

    def _score(self, item: Item, heard: Collection[str], true: str) -> float:
        """The expected log probability of a true label and of all that is said."""
        return self._log_prior(true) + sum(
            said.weight * share * self._log_says(said.who, true, label)
            for said in item.said
            if said.who in heard
            for label, share in said.shares.items()
        )

    def _log_prior(self, true: str) -> float:
        if not self.voters or true not in self._index:
            return log(_truth(true))
        return float(self._logs[0][self._index[true]])

    def _log_says(self, who: str, true: str, label: str) -> float:
        if not self.voters or true not in self._index or label not in self._index:
            return log(_says(true, label))
        _, known, stranger = self._logs
        return float(known.get(who, stranger)[self._index[true], self._index[label]])

    def rates(self) -> dict[str, float]:
        """How often each voter gives an entity its label, as the mean of all labels."""
        confusion = np.array(list(self.voters.values()))
        return dict(zip(self.voters, _right(confusion).tolist(), strict=True))

    @cached_property
    def _index(self) -> dict[str, int]:
        return {label: n for n, label in enumerate(self.labels)}

    @cached_property
    def _logs(self) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """Expected logs: of the true labels, of what each voter says, and of what one says that is
        not known, the mean of the others."""
        mean = np.mean(list(self.voters.values()), axis=0)
        known = {who: _expected_log(own) for who, own in self.voters.items()}
        return _expected_log(self.truth), known, _expected_log(mean)


def learn(polls: Iterable[Poll], keep: int | None = None) -> Habits:
    """Learn voters' habits from their ballots, without labels.

    Where two voters disagree, nothing tells which of them is right, so it takes three.

    keep (int): How many voters to keep, 2 at least. The others, those that give the true labels
        least often, are removed, and it is learnt again from those that are left. None: all.
    RETURNS (Habits): The same for the same polls in any order, but for rounding.
    RAISES: InputError if there are fewer than three voters; SetupError for another `keep`, or if
        someone voted who was not asked.
    """
    check_setting("learn", "keep", keep, keep is None or keep >= 2, "a number from 2 on")
    found = [item for poll in polls for item in items(poll)]
    labels = (NOTHING, *sorted({label for item in found for label in item.ballots}))
    voters = sorted({said.who for item in found for said in item.said})
    if len(voters) < 3:
        raise InputError(
            f"Voters to learn from: {', '.join(map(repr, voters)) or 'none'}. It takes three.",
            hint="Of two that disagree nobody knows which is right. Without a model, "
            "xlner.BEA.v1 believes all voters alike.",
        )
    shares, weights = _arrays(found, labels, voters)
    prior = _STRENGTH * np.array([[_says(true, label) for label in labels] for true in labels])
    heard = np.ones(len(voters))
    truth, confusion = _infer(shares, weights, heard, prior)
    poor = _ranked(confusion)[keep:] if keep is not None else []
    if poor:
        heard[poor] = 0.0
        truth, confusion = _infer(shares, weights, heard, prior)
    by_voter = dict(zip(voters, confusion, strict=True))
    return Habits(labels, truth, by_voter, tuple(voters[n] for n in sorted(poor)))


def _ranked(confusion: np.ndarray) -> list[int]:
    """The voters, that first which on the mean of all labels gives the true one most often."""
    return [int(n) for n in np.argsort(-_right(confusion), kind="stable")]


def _right(confusion: np.ndarray) -> np.ndarray:
    """How often each voter gives the true label, as the mean of all labels, shape (voters,).

    confusion: Dirichlet parameters, shape (voters, K, K).
    """
    rates = confusion / confusion.sum(axis=2, keepdims=True)
    right: np.ndarray = np.diagonal(rates, axis1=1, axis2=2)[:, 1:].mean(axis=1)
    return right


def _arrays(
    found: Sequence[Item], labels: Sequence[str], voters: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """What is said, shape (items, voters, labels), and the weight of each who says something,
    shape (items, voters)."""
    shares = np.zeros((len(found), len(voters), len(labels)))
    weights = np.zeros((len(found), len(voters)))
    row = {who: n for n, who in enumerate(voters)}
    column = {label: n for n, label in enumerate(labels)}
    for n, item in enumerate(found):
        for said in item.said:
            weights[n, row[said.who]] = said.weight
            for label, share in said.shares.items():
                shares[n, row[said.who], column[label]] = share
    return shares, weights


def _infer(
    shares: np.ndarray, weights: np.ndarray, heard: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean field, from the majority on.

    heard: 1 for each voter whose word counts, 0 for the others, shape (voters,).
    prior: Dirichlet parameters of every confusion matrix, shape (K, K).
    RETURNS: Dirichlet parameters of the true labels, shape (K,), and of what each voter says, also
        of those that are not heard, shape (voters, K, K).
    """
    said = shares * weights[:, :, None]
    believed = np.einsum("ijl,j->il", said, heard) + 1e-12
    believed /= believed.sum(axis=1, keepdims=True)
    for _ in range(_MAX_ROUNDS):
        truth = 1.0 + believed.sum(axis=0)
        confusion = prior + np.einsum("ik,ijl->jkl", believed, said)
        scores = _expected_log(truth) + np.einsum(
            "ijl,jkl->ik", said, _expected_log(confusion) * heard[:, None, None]
        )
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        before, believed = believed, odds / odds.sum(axis=1, keepdims=True)
        if np.allclose(before, believed, rtol=0, atol=_TOLERANCE):
            break
    return truth, confusion


def _truth(true: str) -> float:
    """The prior probability of a true label."""
    return _NO_ENTITY if true == NOTHING else (1 - _NO_ENTITY) / _N_LABELS


def _says(true: str, label: str) -> float:
    """The prior probability that a voter says this of what is that in truth."""
    if true == NOTHING:
        return _REJECTED if label == NOTHING else (1 - _REJECTED) / _N_LABELS
    if label == NOTHING:
        return _MISSED
    return _RIGHT if label == true else (1 - _RIGHT - _MISSED) / (_N_LABELS - 1)


def _expected_log(parameters: np.ndarray) -> np.ndarray:
    """The expected logarithm of probabilities with Dirichlet parameters on the last axis."""
    logs: np.ndarray = psi(parameters) - psi(parameters.sum(axis=-1, keepdims=True))
    return logs
