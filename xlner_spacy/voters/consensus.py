"""Consensus: which words are a name, and which label it has, decided apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from ..document.records import ANOTHER_LABEL
from ..models.description import Description
from ..settings import check_setting, is_number
from ..solving.claims import claims, support
from ..types import Ballot, Poll, Vote


class Consensus:
    """Voters agree where their spans overlap: the words are those of the surest of them, the label
    is that for which more confidence speaks.

    Of two ways to find names, one may know the labels better and the other the boundaries: a
    recogniser on the text itself calls 'Banco Central' and 'Cabo Verde' rightly ORG, and projection
    has 'Banco Central de Cabo Verde' as one. From the surest ballot on, each takes the ballots
    that overlap with it:

        support of a label = sum of weight x confidence of those voters that gave it
                             / sum of all weights

    The label with the most support wins, of equals that of the surer ballot. What all voters found
    is placed; for the rest, support must be above the threshold. So a single voter gets whatever it wants.

    threshold (float): From 0 to below 1. The default was chosen with weights of 1 for a projection
        and 2/3 for the recogniser, on data of Portuguese and eight African languages.
    RAISES: SetupError for another threshold.
    """

    description: ClassVar[Description] = Description(
        "overlap: the surest span, the likeliest label"
    )

    def __init__(self, threshold: float = 0.34) -> None:
        valid = is_number(threshold) and 0 <= threshold < 1
        check_setting("Consensus", "threshold", threshold, valid, "a number from 0 to below 1")
        self.threshold = threshold

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]:
        return [list(self._votes(poll)) for poll in polls]

    def _votes(self, poll: Poll) -> Iterator[Vote]:
        left = _surest_first(poll)
        while left:
            surest = left[0]
            together = [b for b in left if b.start < surest.end and surest.start < b.end]
            left = [b for b in left if b not in together]
            yield from self._decide(poll, surest, together)

    def _decide(self, poll: Poll, surest: Ballot, together: list[Ballot]) -> Iterator[Vote]:
        """The vote on these words, and one for each label that lost."""
        labels = list(dict.fromkeys(ballot.label for ballot in together))
        by_label = {label: [b for b in together if b.label == label] for label in labels}
        shares = {label: round(support(poll.weights, own), 9) for label, own in by_label.items()}
        # `max` keeps the first of equals, and the surest ballots are first.
        best = max(labels, key=lambda label: shares[label])
        unanimous = len({ballot.who for ballot in together}) == len(poll.weights)
        enough = unanimous or shares[best] > self.threshold
        for label in (best, *(label for label in labels if label != best)):
            outcome = "too few votes" if not enough else "" if label == best else ANOTHER_LABEL
            ballots = tuple(by_label[label])
            yield Vote(surest.start, surest.end, label, shares[label], ballots, outcome)


def _surest_first(poll: Poll) -> list[Ballot]:
    """One ballot of each voter for each claim. Of equals, that of the voter who is named first, then
    the leftmost, then the shorter."""
    order = {who: n for n, who in enumerate(poll.weights)}
    every = [ballot for ballots in claims(poll).values() for ballot in ballots]
    return sorted(every, key=lambda b: (-b.confidence, order[b.who], b.start, b.end, b.label))
