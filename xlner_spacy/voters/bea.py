"""BEA: voters are believed as far as they have been found right."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..document.records import ANOTHER_LABEL
from ..errors import InputError, SetupError
from ..files import check_place, read_json, write_json
from ..models.description import Description
from ..solving.bayesian import NOTHING, Habits, Item
from ..types import Poll, Vote

logger = logging.getLogger(__name__)

_METHOD = "xlner.BEA.v1"


class BEA:
    """A span gets the label that is most probable after what every voter says of it.

    After BEA (Rahimi, Li & Cohn 2019); `solving/bayesian.py` has the model. Support is the posterior
    probability of the label, against "no entity" and the other labels that the span was given. If
    "no entity" is more probable than each of them, the span is ruled out, unless all that were asked
    agree on the span and a label.

    The most probable goes first. Of equals it is the one with more voters, then the shorter,
    then the leftmost, then the label that comes first in the alphabet.

    model (str): A file that `xlner train-voter` has written: how often each voter is right, learnt
        without labels. A pipeline that is saved has its content, and does without the file. A voter that is not in it is as the mean of those that are. None: all
        voters are alike, by a fixed prior: of an entity each gives the label with probability
        0.8 and nothing with 0.1, of what is no entity nothing with 0.7; a tenth of all that is
        proposed is no entity. Nothing is learnt from the texts of a call, so what is decided for
        a text does not depend on them.
    """

    description: ClassVar[Description] = Description(
        "voters believed as far as they were found right (BEA)"
    )

    def __init__(self, model: str | None = None) -> None:
        self.model = model
        self._told: set[str] = set()

    def learnt_to_bytes(self) -> bytes:
        """What was learnt, to be saved with a pipeline. RAISES: SetupError if the file is not one."""
        return b"" if self.model is None else json.dumps(_record(self._habits)).encode()

    def learnt_from_bytes(self, data: bytes) -> None:
        """Take that instead of the file's. RAISES: ValueError if it is something else."""
        try:
            self._habits = _from_record(json.loads(data))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no model of {_METHOD}: {error}") from error

    @classmethod
    def of(cls, habits: Habits) -> BEA:
        """A voter with habits that were just learnt."""
        voter = cls()
        voter._habits = habits
        return voter

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]:
        """RAISES: SetupError if the file of the model is not one, or someone voted who was not
        asked."""
        self._tell_of_strangers(polls)
        return [self._votes(poll) for poll in polls]

    def _tell_of_strangers(self, polls: Sequence[Poll]) -> None:
        """Say once of each voter that the model does not know it."""
        if self.model is None:
            return
        for who in sorted({who for poll in polls for who in poll.weights}):
            if who not in self._habits.voters and who not in self._told:
                self._told.add(who)
                logger.warning(
                    "%s has learnt nothing of %r, which is believed as the mean of %s.",
                    self.model,
                    who,
                    ", ".join(map(repr, self._habits.voters)),
                )

    @cached_property
    def _habits(self) -> Habits:
        return Habits() if self.model is None else read_habits(self.model)

    def _votes(self, poll: Poll) -> list[Vote]:
        votes = [
            vote
            for item, posteriors in self._habits.posteriors(poll)
            for vote in _decide(item, posteriors, len(poll.weights))
        ]
        return sorted(votes, key=_rank)


def _decide(item: Item, posteriors: Mapping[str, float], n_asked: int) -> Iterator[Vote]:
    """The vote on each label that a span was given."""
    agreed = [label for label, ballots in item.ballots.items() if len(ballots) == n_asked]
    support = {label: round(posteriors[label], 9) for label in item.ballots}
    # `min` takes the first of equals, and labels are in the order of the alphabet.
    best = min(item.ballots, key=lambda label: (label not in agreed, -support[label]))
    enough = bool(agreed) or support[best] >= round(posteriors[NOTHING], 9)
    for label, ballots in item.ballots.items():
        outcome = "too few votes" if not enough else "" if label == best else ANOTHER_LABEL
        yield Vote(
            item.start, item.end, label, support[label], ballots, outcome, confidence=support[label]
        )


def _rank(vote: Vote) -> tuple[float, int, int, int, str]:
    return -vote.support, -len(vote.ballots), vote.end - vote.start, vote.start, vote.label


def write_habits(path: Path, habits: Habits) -> None:
    """Write what was learnt, for `BEA(model=...)`, as JSON. The file appears when it is complete.

    RAISES: InputError if the file cannot be written.
    """
    check_place(path)
    write_json(path, _record(habits))


def _record(habits: Habits) -> dict[str, Any]:
    return {
        "method": _METHOD,
        "labels": habits.labels[1:],
        "truth": habits.truth.tolist(),
        "voters": {who: own.tolist() for who, own in habits.voters.items()},
        "removed": habits.removed,
    }


def read_habits(path: str | Path) -> Habits:
    """What `write_habits` has written.

    RAISES: SetupError if there is no such file, or it is another or damaged.
    """
    try:
        record = read_json(Path(path))
        return _from_record(record)
    except InputError as error:
        problem = error.message
    except (KeyError, TypeError, ValueError) as error:
        problem = f"{path} is not one, or is damaged ({type(error).__name__}: {error})"
    raise SetupError(
        f"The voter BEA cannot use its model: {problem.rstrip('.')}.",
        hint="Write it with: xlner train-voter TEXTS MODEL --lang LANG",
    )


def _from_record(record: Mapping[str, Any]) -> Habits:
    """RAISES: KeyError, TypeError or ValueError if it is no record of `write_habits`."""
    if record["method"] != _METHOD:
        raise ValueError(f"its method is {record['method']!r:.40}")
    if not isinstance(record["voters"], dict):
        raise TypeError("its voters are no JSON object")
    labels = _names(record["labels"])
    size = len(labels) + 1
    voters = {who: _parameters(own, (size, size)) for who, own in record["voters"].items()}
    removed = _names(record["removed"])
    if not voters or not set(removed) <= set(voters):
        raise ValueError("voters are missing")
    return Habits((NOTHING, *labels), _parameters(record["truth"], (size,)), voters, removed)


def _names(value: Any) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(name, str) and name for name in value)):
        raise ValueError(f"{value!r:.40} is no list of names")
    if len(set(value)) < len(value):
        raise ValueError(f"{value!r:.40} has a name twice")
    return tuple(value)


def _parameters(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.array(value, dtype=float)
    if array.shape != shape or not np.isfinite(array).all() or not (array > 0).all():
        raise ValueError(f"numbers above 0 in the shape {shape} are wanted")
    return array
