"""How much each voter should count, by gold: `xlner train-voter --gold`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..document.attributes import forget
from ..document.span_groups import CANDIDATES
from ..errors import BackendError, InputError
from ..pipeline.component import go_on_after_failures
from ..pipeline.polls import polls_on
from ..types import Poll
from ..voters.agreement import Agreement
from .metrics import TokenEntity, micro_f1, only, token_entities
from .sources import Asked, among, placed

ENOUGH = 100  # sentences of gold in the experiments of Rahimi, Li & Cohn (2019)
_LEAST = 0.01  # a weight must be above 0


def ask_gold(nlp: Language, gold: Iterable[Doc], *, quiet: bool = False) -> Asked:
    """What each voter of a pipeline wants on labelled texts, and what is right. The pipeline does not
    see the labels, and places nothing more.

    nlp (Language): A pipeline with a component that lets voters decide.
    gold (Iterable[Doc]): Texts with their entities as `ents`.
    RAISES: InputError if there is no such component, or no text; BackendError if a text failed
        before anyone was asked.
    """
    go_on_after_failures(nlp)
    docs = list(gold)
    if not docs:
        raise InputError("There are no labelled texts to learn from.")
    wanted = [token_entities(doc) for doc in docs]
    for doc in docs:
        forget(doc, CANDIDATES)  # of an earlier run
        doc.ents = ()
    polls = polls_on(nlp, docs, total=len(docs), quiet=quiet)
    if len(polls) != len(docs):
        raise BackendError(
            f"On {abs(len(docs) - len(polls))} of {len(docs)} texts no voter could be asked.",
            hint="Run it again with --verbose to see why, and leave these texts out.",
        )
    return Asked(polls, wanted)


def f1_of_each(asked: Asked, labels: list[str] | None = None) -> dict[str, float]:
    """F1 of each voter alone, 0 to 1. A text on which it was not asked counts against it.

    labels (list[str]): Only these are scored. None: all.
    """
    gold = [only(entities, labels) for entities in asked.gold]
    voters = dict.fromkeys(who for poll in asked.polls for who in poll.weights)
    return {who: micro_f1(_found(asked.polls, who, labels), gold) for who in voters}


def _found(polls: Sequence[Poll], who: str, labels: list[str] | None) -> list[set[TokenEntity]]:
    return [only(placed(votes), labels) for votes in Agreement()(among(polls, {who}))]


def weights_of(f1: dict[str, float]) -> dict[str, float]:
    """The weight of each voter: its share of the sum of all F1, as in RaRe (Rahimi, Li & Cohn 2019,
    'Massively Multilingual Transfer for NER', ACL), times their number, so that the mean is 1.

    f1 (dict): F1 of each voter.
    RAISES: InputError if nobody has found anything.
    """
    total = sum(f1.values())
    if not total:
        raise InputError(
            f"None of the voters ({', '.join(map(repr, f1)) or 'there are none'}) has found an entity "
            "of the gold.",
            hint="Labels must have the same names: --labels says which of the gold's are scored.",
        )
    return {who: round(max(_LEAST, own * len(f1) / total), 3) for who, own in f1.items()}
