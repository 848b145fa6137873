"""BSC-seq, the sequential form of BEA, beside the voters that ship: F1 (docs/results.md).

    XLNER_DATA=... python -m benchmarks.sequence_voter [--limit N]

writes benchmarks/results/sequence_voter.json and sequence_voter.md. After Simpson & Gurevych (2019), 'A Bayesian Approach for
Sequence Tagging with Crowds', EMNLP: the true BIO tags of a text are a Markov chain; what a voter says of a word depends on the
word's true tag and on what it said of the word before. Transitions that BIO forbids have no probability. Variational: Dirichlet
posteriors of the transitions and of each voter's habits, forward-backward for the tags, then Viterbi. It was not taken into the
package, as it is not better than BEA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from scipy.sparse import csr_matrix
from scipy.special import psi

from benchmarks.several_sources import TARGETS, Asked, ask_all, measure, table
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.sources import VOTERS, Decide
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.types import Ballot, Poll, Vote

RESULTS = Path(__file__).parent / "results"
_NEVER = -50.0  # the log probability of what cannot be
_MAX_ROUNDS, _TOLERANCE = 20, 1e-4
OUTSIDE = 0  # the other tags: 1 + 2n begins label n, 2 + 2n is inside it


@dataclass(frozen=True)
class Sequential:
    """BSC-seq. A ballot with confidence c says its tags by the square root of c, and "outside" by
    the rest, as in BEA; someone who was not asked says nothing.

    learns: Whether the habits are learnt from the polls at hand; otherwise they are the prior.
    sequential: Whether what a voter says depends on what it said before. If not, this is
        BEA on words, with transitions.
    diagonal, base: Dirichlet parameters of a voter's habits: of all tags, and added to the true one.
    hard: Confidences do not count.
    """

    learns: bool = True
    sequential: bool = True
    diagonal: float = 1.0
    base: float = 1.0
    hard: bool = False

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]:
        labels = sorted({ballot.label for poll in polls for ballot in poll.ballots})
        if not labels:
            return [[] for _ in polls]
        said, mask, n_voters = self._said(polls, labels)
        n_tags = 1 + 2 * len(labels)
        legal = _legal(n_tags)
        habits = self._prior(n_tags, legal)[:, None].repeat(n_voters, 1)
        chain = legal.astype(float)
        if self.learns:
            habits, chain = self._learn(said, mask, habits, chain)
        scores = _scores(said, mask, habits)
        logs = _chain_logs(chain)
        tags = _viterbi(scores, mask, logs)
        believed, _ = _forward_backward(scores, mask, logs)
        return [
            _votes(row[: int(own.sum())], share, labels)
            for row, own, share in zip(tags, mask, believed, strict=True)
        ]

    def _prior(self, n_tags: int, legal: np.ndarray) -> np.ndarray:
        """Dirichlet parameters, shape (true tag, tag before, tag)."""
        prior = np.full((n_tags, n_tags, n_tags), self.base)
        prior += self.diagonal * np.eye(n_tags)[:, None, :]
        if self.sequential:
            before, inside = np.nonzero(~legal[:n_tags])
            # What cannot be said goes to the beginning of the same label.
            prior[:, before, inside - 1] += prior[:, before, inside] - self.base
            prior[:, before, inside] = 0
        return prior

    def _learn(
        self, said: csr_matrix, mask: np.ndarray, prior: np.ndarray, chain_prior: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean field, from the majority on."""
        n_tags = len(prior)
        counts = np.asarray(said.sum(axis=1))
        every = said @ np.tile(np.eye(n_tags), (said.shape[1] // n_tags, 1)) + 1e-6
        believed = np.zeros((*mask.shape, n_tags))
        believed[mask] = every / (counts + n_tags * 1e-6)
        pairs = _pairs(believed[:, :-1], believed[:, 1:], mask)
        for _ in range(_MAX_ROUNDS):
            found = (said.T @ believed[mask]).T.reshape(prior.shape)
            habits = prior + found
            chain = chain_prior.copy()
            chain[:n_tags] += pairs
            chain[n_tags] += believed[:, 0].sum(0)
            chain[chain_prior == 0] = 0
            before = believed
            scores = _scores(said, mask, habits)
            believed, pairs = _forward_backward(scores, mask, _chain_logs(chain))
            if np.abs(before - believed).max() < _TOLERANCE:
                break
        return habits, chain

    def _said(
        self, polls: Sequence[Poll], labels: Sequence[str]
    ) -> tuple[csr_matrix, np.ndarray, int]:
        """What is said of each word, by weight, a column for each voter, tag before and tag; and
        which words there are. Those behind the last ballot of a text and one more are left out."""
        voters = list(dict.fromkeys(who for poll in polls for who in poll.weights))
        n_tags = 1 + 2 * len(labels)
        lengths = [1 + max((b.end for b in poll.ballots), default=0) for poll in polls]
        mask = np.arange(max(lengths))[None] < np.array(lengths)[:, None]
        rows, columns, shares = [], [], []
        first = 0
        for poll, length in zip(polls, lengths, strict=True):
            for who, weight in poll.weights.items():
                tags = self._tags([b for b in poll.ballots if b.who == who], length, labels)
                for n, (same, (before, old), (tag, new)) in enumerate(tags):
                    # One ballot is believed as a whole; two are independent.
                    joint = [(before, tag, new), (OUTSIDE, OUTSIDE, 1 - new)]
                    if not same:
                        joint = [
                            (before, tag, old * new),
                            (before, OUTSIDE, old * (1 - new)),
                            (OUTSIDE, tag, (1 - old) * new),
                            (OUTSIDE, OUTSIDE, (1 - old) * (1 - new)),
                        ]
                    for last, own, share in joint:
                        given = last if self.sequential else 0
                        rows.append(first + n)
                        columns.append((voters.index(who) * n_tags + given) * n_tags + own)
                        shares.append(weight * share)
            first += length
        shape = (first, len(voters) * n_tags * n_tags)
        return csr_matrix((shares, (rows, columns)), shape=shape), mask, len(voters)

    def _tags(
        self, ballots: Sequence[Ballot], length: int, labels: Sequence[str]
    ) -> list[tuple[bool, tuple[int, float], tuple[int, float]]]:
        """For each word whether it goes on with the ballot of the one before, and the tag and share
        of both."""
        found = [(OUTSIDE, 1.0)] * length
        for ballot in sorted(ballots, key=lambda ballot: ballot.confidence):
            span = range(ballot.start, ballot.end)
            if any(found[n][0] != OUTSIDE for n in span):
                # The surer of two that overlap stays; it comes later.
                for n in range(length):
                    if n in span or (found[n][0] != OUTSIDE and found[n][0] % 2 == 0):
                        found[n] = found[n] if n not in span else (OUTSIDE, 1.0)
            begin = 1 + 2 * labels.index(ballot.label)
            share = 1.0 if self.hard else sqrt(ballot.confidence)
            for n in span:
                found[n] = (begin + (n > ballot.start), share)
        # An inside tag whose beginning was overwritten begins.
        for n, (tag, share) in enumerate(found):
            if tag and tag % 2 == 0 and (n == 0 or found[n - 1][0] not in (tag, tag - 1)):
                found[n] = (tag - 1, share)
        before = [(OUTSIDE, 1.0), *found]
        return [
            (tag != OUTSIDE and tag % 2 == 0, before[n], (tag, share))
            for n, (tag, share) in enumerate(found)
        ]


def _legal(n_tags: int) -> np.ndarray:
    """Which tag (column) may follow which, and, in the last row, begin a text."""
    legal = np.ones((n_tags + 1, n_tags), dtype=bool)
    for inside in range(2, n_tags, 2):
        legal[:, inside] = False
        legal[[inside - 1, inside], inside] = True
    return legal


def _expected_log(parameters: np.ndarray) -> np.ndarray:
    known = np.maximum(parameters, 1e-12)
    return np.maximum(psi(known) - psi(known.sum(axis=-1, keepdims=True)), _NEVER)


def _chain_logs(chain: np.ndarray) -> np.ndarray:
    return np.where(chain > 0, _expected_log(chain), _NEVER)


def _scores(said: csr_matrix, mask: np.ndarray, habits: np.ndarray) -> np.ndarray:
    """The expected log probability of what is said of each word, by true tag."""
    logs = _expected_log(habits).reshape(len(habits), -1)
    scores = np.zeros((*mask.shape, len(habits)))
    scores[mask] = said @ logs.T
    return scores


def _pairs(left: np.ndarray, right: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return np.einsum("ntk,ntl,nt->kl", left, right, mask[:, 1:].astype(float), optimize=True)


def _forward_backward(
    scores: np.ndarray, mask: np.ndarray, logs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The probability of each word's tags, and how often each tag follows each."""
    _, length, n_tags = scores.shape
    step, start = np.exp(logs[:n_tags]), np.exp(logs[n_tags])
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    forward = np.zeros_like(odds)
    backward = np.ones_like(odds)
    for t in range(length):
        here = (start if t == 0 else forward[:, t - 1] @ step) * odds[:, t]
        forward[:, t] = here / here.sum(axis=-1, keepdims=True)
    for t in range(length - 2, -1, -1):
        here = (odds[:, t + 1] * backward[:, t + 1]) @ step.T
        here /= here.sum(axis=-1, keepdims=True)
        backward[:, t] = np.where(mask[:, t + 1, None], here, 1.0)
    believed = forward * backward
    believed /= believed.sum(axis=-1, keepdims=True)
    behind = odds[:, 1:] * backward[:, 1:]
    total = np.einsum("ntk,kl,ntl->nt", forward[:, :-1], step, behind, optimize=True)
    scale = np.where(mask[:, 1:], 1 / np.maximum(total, 1e-300), 0)
    pairs = np.einsum("ntk,ntl->kl", forward[:, :-1] * scale[..., None], behind, optimize=True)
    return believed * mask[..., None], pairs * step


def _viterbi(scores: np.ndarray, mask: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """The most probable tags of each text."""
    n_texts, length, n_tags = scores.shape
    best = logs[n_tags] + scores[:, 0]
    came = np.tile(np.arange(n_tags), (n_texts, length, 1))
    for t in range(1, length):
        ways = best[:, :, None] + logs[None, :n_tags]
        going = mask[:, t, None]
        came[:, t] = np.where(going, ways.argmax(axis=1), came[:, t])
        best = np.where(going, ways.max(axis=1) + scores[:, t], best)
    tags = np.zeros((n_texts, length), dtype=int)
    tags[:, -1] = best.argmax(axis=-1)
    rows = np.arange(n_texts)
    for t in range(length - 1, 0, -1):
        tags[:, t - 1] = came[rows, t, tags[:, t]]
    return tags


def _votes(tags: np.ndarray, believed: np.ndarray, labels: Sequence[str]) -> list[Vote]:
    votes = []
    for start in np.nonzero(tags % 2 == 1)[0]:
        end = start + 1
        while end < len(tags) and tags[end] == tags[start] + 1:
            end += 1
        support = float(believed[np.arange(start, end), tags[start:end]].min())
        votes.append(Vote(int(start), int(end), labels[(tags[start] - 1) // 2], min(1.0, support)))
    return votes


SYSTEMS: dict[str, Decide] = {
    "Consensus": VOTERS["Consensus"],
    "BEA, no model": VOTERS["BEA, no model"],
    "BEA, learnt": VOTERS["BEA, learnt"],
    "BSC-seq, prior alone": Sequential(learns=False),
    "BSC-seq, learnt": Sequential(),
    "BSC-seq, learnt, a flatter prior": Sequential(base=0.1),
    "BSC-seq, learnt, prior of 10": Sequential(diagonal=10.0),
    "BSC-seq, learnt, prior of 50": Sequential(diagonal=50.0),
    "BSC-seq, learnt, without confidences": Sequential(hard=True),
    "BSC on words (not on what was said before)": Sequential(sequential=False),
}


def main(limit: Annotated[int | None, typer.Option(help="First N sentences.")] = None) -> None:
    """Measure BSC-seq and others on all targets."""
    results: dict[str, dict[str, dict[str, object]]] = {}
    for name, (files, lang, sources) in TARGETS.items():
        results[name] = measured(name, ask_all(files, lang, sources, limit))
    write_json(RESULTS / "sequence_voter.json", results)
    with atomic_file(RESULTS / "sequence_voter.md") as file:
        file.write(table(results).encode())


def measured(name: str, asked: Asked) -> dict[str, dict[str, object]]:
    """F1 of all systems."""
    found = {}
    for system, decide in SYSTEMS.items():
        try:
            found[system] = measure(asked, decide)
        except InputError as error:  # of two voters nothing can be learnt
            print(f"{name}, {system}: {error.message}")
    print(name, {system: row["f1"] for system, row in found.items()}, flush=True)
    return found


if __name__ == "__main__":
    typer.run(main)
