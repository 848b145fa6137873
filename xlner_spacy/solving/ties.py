"""The one rule by which every matcher chooses among equals.

An entity prefers, of its proposals, the one with the higher score; of equal scores the
shorter span; of these the leftmost. Among solutions that are equally good, an earlier
entity of the source text gets its preference before a later one. Scores that differ by
less than EQUAL are equal, so that rounding in a solver or a CPU does not decide. Of sums that differ
by less than that, and by more than rounding, a matcher may take either for the greater.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Proposal

EQUAL = 1e-6


def preference(proposal: Proposal) -> tuple[float, int, int]:
    """Sort key of an entity's proposals: the most preferred comes first."""
    return (
        -round(proposal.score / EQUAL),
        proposal.end - proposal.start,
        proposal.start,
    )


def by_entity(proposals: Sequence[Proposal]) -> dict[int, list[Proposal]]:
    """The proposals of each entity in order of preference, entities in text order."""
    groups: dict[int, list[Proposal]] = {}
    for proposal in sorted(proposals, key=lambda p: (p.entity, preference(p))):
        groups.setdefault(proposal.entity, []).append(proposal)
    return groups


def overlap(a: Proposal, b: Proposal) -> bool:
    """Whether two spans share a word."""
    return a.start < b.end and b.start < a.end
