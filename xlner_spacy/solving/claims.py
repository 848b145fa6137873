"""Ballots by what they claim: the common ground of all voters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import SetupError
from ..types import Ballot, Poll

Claim = tuple[int, int, str]  # [start, end) and label


def claims(poll: Poll) -> dict[Claim, tuple[Ballot, ...]]:
    """The ballots for each span and label, claims in text order.

    There is one ballot per voter, the surest that it gave. The one with the greatest
    weight x confidence comes first, of equals that of the voter who is named first.

    RAISES: SetupError if someone voted who was not asked.
    """
    strangers = sorted({ballot.who for ballot in poll.ballots} - set(poll.weights))
    if strangers:
        raise SetupError(
            f"There are ballots from {_quoted(strangers)}, but weights only for "
            f"{_quoted(poll.weights) or 'nobody'}.",
            hint="Give every voter a weight.",
        )
    order = {who: n for n, who in enumerate(poll.weights)}
    found: dict[Claim, dict[str, Ballot]] = {}
    for ballot in sorted(poll.ballots, key=lambda ballot: ballot.confidence):
        found.setdefault((ballot.start, ballot.end, ballot.label), {})[ballot.who] = ballot

    def loudest_first(ballot: Ballot) -> tuple[float, int]:
        return -poll.weights[ballot.who] * ballot.confidence, order[ballot.who]

    return {
        claim: tuple(sorted(found[claim].values(), key=loudest_first)) for claim in sorted(found)
    }


def support(weights: Mapping[str, float], ballots: Iterable[Ballot]) -> float:
    """The share of all weights that speaks for something, each voter's by its confidence; one with
    several ballots speaks with its surest. 0 to 1."""
    best: dict[str, float] = {}
    for ballot in ballots:
        best[ballot.who] = max(best.get(ballot.who, 0.0), ballot.confidence)
    total = sum(sorted(weights[who] * confidence for who, confidence in best.items()))
    return min(1.0, total / sum(weights.values()))


def share(poll: Poll, ballots: Iterable[Ballot]) -> float:
    """How much of all weights these ballots have, 0 to 1."""
    own = sum(sorted(poll.weights[ballot.who] for ballot in ballots))
    return own / sum(poll.weights.values())


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
