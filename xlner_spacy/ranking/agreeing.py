"""How far what is projected from each source agrees with the others, on texts without labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spacy.tokens import Doc

from ..pipeline.component import go_on_after_failures
from ..pipeline.loading import load
from ..pipeline.polls import polls_on
from ..solving.bayesian import NOTHING, Habits, learn
from ..types import Poll

VOTERS = 3  # of fewer, nothing tells who is right where two disagree


class Agreement(NamedTuple):
    """What a vote of all sources makes of each of them."""

    f1: dict[str, float]  # by voter: `expected_f1`; empty if there are too few voters
    voters: tuple[str, ...]  # source languages, and "the text itself"
    entities: int  # that any voter found


def agreement(
    docs: Sequence[Doc], target_lang: str, source_langs: Sequence[str], *, quiet: bool = True
) -> Agreement:
    """Project from each source with the default parts, and let what is found vote.

    docs (Sequence): Texts, with translations or without.
    source_langs (Sequence): They have a translator at hand, or every text has their translation.
    RAISES: SetupError if a translator or a model cannot be loaded.
    """
    nlp = load(None, lang=target_lang, source_langs=source_langs)
    go_on_after_failures(nlp)
    return agreement_of(polls_on(nlp, docs, total=len(docs), quiet=quiet))


def agreement_of(polls: Sequence[Poll]) -> Agreement:
    """What is learnt without labels from the polls of all texts."""
    voters = tuple(dict.fromkeys(who for poll in polls for who in poll.weights))
    spans = {(n, b.start, b.end) for n, poll in enumerate(polls) for b in poll.ballots}
    if len(voters) < VOTERS or not spans:
        return Agreement({}, voters, len(spans))
    return Agreement(expected_f1(polls, learn(polls)), voters, len(spans))


def expected_f1(polls: Iterable[Poll], habits: Habits) -> dict[str, float]:
    """The F1 that each voter is expected to have: that of its ballots if each span has each label
    with the probability that BEA (`solving/bayesian.py`) gives it.

    It is no F1 against gold: entities that nobody finds do not count, and errors that most voters
    share count as right.
    """
    entities = 0.0
    said: dict[str, float] = {}
    right: dict[str, float] = {}
    for poll in polls:
        for who in poll.weights:
            said.setdefault(who, 0.0)
            right.setdefault(who, 0.0)
        for item, odds in habits.posteriors(poll):
            entities += 1 - odds[NOTHING]
            for label, ballots in item.ballots.items():
                for ballot in ballots:
                    said[ballot.who] += 1
                    right[ballot.who] += odds[label]
    return {who: 2 * right[who] / max(n + entities, 1e-9) for who, n in said.items()}
