"""Validates the answers of plugged-in parts: an error names the part and its answer.

Concrete types are tested along with the abstract ones, which take ten times
as long and a text can have many links.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from math import isfinite
from numbers import Integral, Real
from typing import Any

from spacy.tokens import Doc

from ...errors import BackendError
from ...types import Bitext, Link, Proposal, Span, Vote


def links(answer: Iterable[Any], n_source: int, n_target: int) -> list[Link]:
    """An aligner's links for a pair of so many words.

    RAISES: BackendError for what is no link between two of the words.
    """
    found = []
    for link in answer:
        valid = (
            isinstance(link, (tuple, Sequence))
            and len(link) in (3, 4)
            and _is_index(link[0], n_source)
            and _is_index(link[1], n_target)
            and isinstance(link[2], (float, Real))
            and -1e-6 <= float(link[2]) <= 1 + 1e-4
        )
        if not valid:
            raise BackendError(
                f"The aligner gave the link {link!r:.80} for {n_source} source and {n_target} target words.",
                hint="A link is (source word, target word, confidence from 0 to 1), and, if you like, whether it is weak.",
            )
        weak = len(link) == 4 and bool(link[3])
        found.append(Link(int(link[0]), int(link[1]), min(1.0, max(0.0, float(link[2]))), weak))
    return found


def spans(bitexts: Sequence[Bitext], answers: Any) -> list[list[list[Span]]]:
    """A generator's candidates. RAISES: BackendError for what is no span of the text."""
    found = _lists("candidate generator", bitexts, answers)
    for bitext, row in zip(bitexts, found, strict=True):
        n = len(bitext.target_words)
        for options in row:
            for span in options:
                valid = (
                    isinstance(span, (tuple, Sequence))
                    and len(span) == 2
                    and _is_index(span[0], n)
                    and _is_index(span[1], n + 1)
                    and span[0] < span[1]
                )
                if not valid:
                    raise BackendError(
                        f"The candidate generator gave {span!r:.80} for a text of {n} words: "
                        f"{bitext.target_text(0, min(n, 8))!r}.",
                        hint="A candidate is (first word, one past the last word).",
                    )
    return [[[(int(a), int(b)) for a, b in options] for options in row] for row in found]


def scores(
    bitexts: Sequence[Bitext], candidates: list[list[list[Span]]], answers: Any
) -> list[list[list[float]]]:
    """A measure's scores, as plain numbers. RAISES: BackendError if they are none, or too few."""
    found = _lists("measure", bitexts, answers)
    for bitext, row, options in zip(bitexts, found, candidates, strict=True):
        for given, wanted in zip(row, options, strict=True):
            if len(given) != len(wanted):
                raise BackendError(
                    f"The measure gave {len(given)} scores for {len(wanted)} candidates in "
                    f"{bitext.target_text(0, min(len(bitext.target_words), 8))!r}."
                )
            for score in given:
                if not (isinstance(score, (float, Real)) and isfinite(score)):
                    raise BackendError(f"The measure gave {score!r:.80}, which is not a number.")
    return [[[float(score) for score in given] for given in row] for row in found]


def chosen(answer: Iterable[Any], offered: Collection[Proposal]) -> list[Proposal]:
    """A matcher's choice. RAISES: BackendError if it was not offered, or overlaps."""
    found = list(answer) if isinstance(answer, Iterable) else [answer]
    for proposal in found:
        if not isinstance(proposal, tuple) or proposal not in offered:
            raise BackendError(
                f"The matcher chose {proposal!r:.120}, which was not among the proposals.",
                hint="It must give some of the proposals that it was given, as they are.",
            )
    for before, after in pairwise(sorted(found, key=lambda p: (p.start, p.end))):
        if after.start < before.end:
            raise BackendError(f"The matcher chose two places that overlap: {before}, {after}.")
    return found


def votes(docs: Sequence[Doc], answers: Any) -> list[list[Vote]]:
    """A voter's verdicts on Docs. RAISES: BackendError if one is no vote on a span of its Doc."""
    found = [list(row) for row in answers]
    if len(found) != len(docs):
        raise BackendError(
            f"The voter gave {len(found)} lists of votes for {len(docs)} texts.",
            hint="It must give one list for each poll, in order.",
        )
    for doc, row in zip(docs, found, strict=True):
        for vote in row:
            valid = (
                isinstance(vote, Vote)
                and _is_index(vote.start, len(doc))
                and _is_index(vote.end, len(doc) + 1)
                and vote.start < vote.end
                and isinstance(vote.label, str)
                and vote.label != ""
                and isinstance(vote.support, Real)
                and 0 <= float(vote.support) <= 1
            )
            if not valid:
                raise BackendError(
                    f"The voter gave {vote!r:.120} for a text of {len(doc)} words.",
                    hint="A vote is a Vote with words of the text, a label and a support from 0 to 1.",
                )
    return found


def _lists(part: str, bitexts: Sequence[Bitext], answers: Any) -> list[list[list[Any]]]:
    """The answers as lists: for each bitext, a list for each entity."""
    try:
        found = [[list(options) for options in row] for row in answers]
    except TypeError:
        raise BackendError(
            f"The {part} gave {answers!r:.80}, not lists of lists of lists.", hint=_SHAPE
        ) from None
    if [len(row) for row in found] != [len(bitext.entities) for bitext in bitexts]:
        raise BackendError(
            f"The {part} gave lists of {[len(row) for row in found][:5]} entities for texts of "
            f"{[len(bitext.entities) for bitext in bitexts][:5]}.",
            hint=_SHAPE,
        )
    return found


_SHAPE = "It must give, for each bitext in order, one list an entity."


def _is_index(value: Any, end: int) -> bool:
    return isinstance(value, (int, Integral)) and 0 <= int(value) < end
