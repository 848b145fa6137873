"""Priority: the first voter's entities, then the next one's where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..solving.claims import claims
from ..types import Poll, Vote


class Priority:
    """Everything that somebody found may be placed: the entities of one voter after another's,
    which favours recall.

    The voter with the greatest weight goes first, of equals the one that is named first. Among
    entities of one voter it is the surest, then the leftmost, then the shorter, then the label
    that comes first in the alphabet. Support is the confidence of the voter that goes first.
    """

    description: ClassVar[Description] = Description("one voter after another")

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]:
        return [_votes(poll) for poll in polls]


def _votes(poll: Poll) -> list[Vote]:
    ranked = sorted(poll.weights, key=lambda who: -poll.weights[who])
    turn = {who: n for n, who in enumerate(ranked)}
    votes = []
    for claim, ballots in claims(poll).items():
        first, *others = sorted(ballots, key=lambda ballot: turn[ballot.who])
        votes.append(Vote(*claim, first.confidence, (first, *others)))
    return sorted(votes, key=lambda vote: (turn[vote.ballots[0].who], -vote.support, *vote[:3]))
