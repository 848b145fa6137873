"""ROVER: heads and confidences of several voters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..settings import check_setting, is_number
from ..solving.claims import claims
from ..types import Ballot, Poll, Vote


class Rover:
    """A span with a label needs enough support from those that found exactly these.

    After ROVER (Fiscus 1997):

        support = sum over these voters of weight x (alpha + (1 - alpha) x confidence)
                  / sum of all weights

    Two differences from ROVER: it averages the confidences of those that voted, or takes the
    greatest, where support here is a share of all weights throughout; and its NULL ("nothing
    here") competes with a confidence of its own, where here the threshold decides.

    The best supported goes first. Of equals it is the one with more voters, then the shorter,
    then the leftmost, then the label that comes first in the alphabet.

    threshold (float): A span must have more support than this, from 0 to below 1.
    alpha (float): 1 counts heads only, 0 confidences only.

    RAISES: SetupError for other values.
    """

    description: ClassVar[Description] = Description(
        "heads and confidences of several voters (ROVER)"
    )

    def __init__(self, threshold: float = 0.5, alpha: float = 0.5) -> None:
        valid = is_number(threshold) and 0 <= threshold < 1
        check_setting("Rover", "threshold", threshold, valid, "a number from 0 to below 1")
        valid = is_number(alpha) and 0 <= alpha <= 1
        check_setting("Rover", "alpha", alpha, valid, "a number from 0 to 1")
        self.threshold = threshold
        self.alpha = alpha

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]:
        return [
            sorted((self._vote(poll, *claim) for claim in claims(poll).items()), key=_rank)
            for poll in polls
        ]

    def _vote(self, poll: Poll, claim: tuple[int, int, str], ballots: tuple[Ballot, ...]) -> Vote:
        parts = [
            poll.weights[ballot.who] * (self.alpha + (1 - self.alpha) * ballot.confidence)
            for ballot in ballots
        ]
        support = round(min(1.0, sum(parts) / sum(poll.weights.values())), 9)
        outcome = "" if support > self.threshold else "too few votes"
        return Vote(*claim, support, ballots, outcome)


def _rank(vote: Vote) -> tuple[float, int, int, int, str]:
    return -vote.support, -len(vote.ballots), vote.end - vote.start, vote.start, vote.label
