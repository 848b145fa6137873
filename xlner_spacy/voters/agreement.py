"""Agreement: what more voters want goes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..solving.claims import claims, share
from ..types import Poll, Vote


class Agreement:
    """Everything that somebody found may be placed: first what more voters agree on, by weight.

    Of equals the one with the surest ballot goes first, then the one of the voter who is named
    first, then the leftmost, then the shorter, then the label that comes first in the alphabet.
    Support is the share of all weights that agree.
    """

    description: ClassVar[Description] = Description("what more voters agree on first")

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]:
        return [_votes(poll) for poll in polls]


def _votes(poll: Poll) -> list[Vote]:
    order = {who: n for n, who in enumerate(poll.weights)}

    def rank(vote: Vote) -> tuple[float, float, int, int, int, str]:
        surest = min(vote.ballots, key=lambda ballot: (-ballot.confidence, order[ballot.who]))
        return (
            -vote.support,
            -surest.confidence,
            order[surest.who],
            vote.start,
            vote.end,
            vote.label,
        )

    votes = [
        Vote(*claim, round(share(poll, ballots), 9), ballots)
        for claim, ballots in claims(poll).items()
    ]
    return sorted(votes, key=rank)
