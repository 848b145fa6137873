"""What teachers of several sources make of a target language, by every method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from xlner_spacy.evaluation.metrics import TokenEntity
from xlner_spacy.evaluation.sources import LEARNT_FROM, among, placed
from xlner_spacy.models.tagging import Tagged
from xlner_spacy.ranking.agreeing import agreement_of
from xlner_spacy.solving.bayesian import learn
from xlner_spacy.types import Ballot, Poll
from xlner_spacy.voters.bea import BEA
from xlner_spacy.voters.consensus import Consensus

from ..cells import Cell, Record
from ..measuring import f1, save_counts
from .heads import Training, distributions, entities, gold_targets, tagged, train
from .teachers import Subset, heads_in, names_of
from .texts import Texts, texts_in

ALONE, VOTE, BEA_LEARNT, MEAN = "one teacher", "vote", "BEA", "mean"
POOLED, STUDENT, GOLD = "pooled", "student", "gold alone"
METHODS = [VOTE, BEA_LEARNT, MEAN, STUDENT, POOLED]
FIRST = "first, vote"  # of the first k sources of the ranking without labels

Found = list[set[TokenEntity]]


def key(method: str, sources: str, n_gold: int = 0) -> str:
    """The name of a system: its method, its sources, and how many gold texts of the target it has seen."""
    return f"{method}|{sources}|{n_gold}"


def measured(
    name: str, seed: int, heads: Cell, test: Cell, pool: Cell | None, settings: Mapping[str, Any]
) -> Cell:
    """Measure every method on a target, with the teachers of a seed.

    test, pool: Texts of the target: those that are measured on; and others, whose labels nobody looks at, except those of
        the gold texts of `n_gold`.
    settings: `sources`; `subsets`; `steps` of students, and of heads of gold texts alone; `further_steps` of heads that are trained
        further on gold texts; `n_gold`, numbers of these; `gold_k`, the numbers of sources that are combined with them.
    """
    needs = [heads, test, *([pool] if pool else [])]
    make = partial(_measure, seed, heads, test, pool, settings)
    trainings = [_student_training(settings)._asdict(), _further_training(settings)._asdict()]
    whole = {"seed": seed, **settings, "trainings": trainings}
    return Cell(f"measure/{name}/{seed}", whole, make, needs)


def _student_training(settings: Mapping[str, Any]) -> Training:
    return Training(settings["steps"])


def _further_training(settings: Mapping[str, Any]) -> Training:
    return Training(settings["further_steps"], rate=1e-3)  # not tuned


def _measure(
    seed: int,
    heads_cell: Cell,
    test_cell: Cell,
    pool_cell: Cell | None,
    settings: Mapping[str, Any],
    folder: Path,
) -> Record:
    test = texts_in(test_cell)
    pool = texts_in(pool_cell or test_cell)
    heads = heads_in(heads_cell)
    counts: dict[str, np.ndarray] = {}
    systems = _systems(test, pool, heads, settings, seed)
    for name, found in tqdm(systems, unit="system", leave=False):
        counts[name] = np.array(
            [
                (len(own & text.entities), len(own), len(text.entities))
                for own, text in zip(found, test.texts, strict=True)
            ]
        )
    save_counts(folder, counts)
    sources = settings["sources"]
    alone = {name: heads[(name,)] for name in sources}
    order = ranked(polls_of(alone, pool), sources)
    return {
        "order": order,
        "f1": {name: round(float(f1(own.sum(axis=0))), 4) for name, own in counts.items()},
    }


def _systems(
    test: Texts,
    pool: Texts,
    heads: Mapping[Subset, torch.nn.Module],
    settings: Mapping[str, Any],
    seed: int,
) -> Iterator[tuple[str, Found]]:
    sources: Sequence[str] = settings["sources"]
    alone = {name: heads[(name,)] for name in sources}
    on_test, on_pool = (
        {n: distributions(h, own) for n, h in alone.items()} for own in (test, pool)
    )
    test_polls, pool_polls = polls_of(alone, test, on_test), polls_of(alone, pool, on_pool)
    order = ranked(pool_polls, sources)
    for k in range(2, len(sources) + 1):
        yield key(FIRST, str(k)), vote(among(test_polls, order[:k]))
    yield key(FIRST, "1"), entities(tagged(on_test[order[0]], test))
    training = _student_training(settings)
    further = _further(test, pool, settings, seed)
    yield from further(GOLD, "", None)
    for chosen in settings["subsets"]:
        subset = tuple(chosen)
        names = names_of(subset)
        mean = np.mean([on_test[name] for name in subset], axis=0)
        targets = np.mean([on_pool[name] for name in subset], axis=0)
        student = train(pool, targets, training, seed)
        yield key(STUDENT, names), _found(student, test)
        if len(subset) == 1:
            yield key(ALONE, names), entities(tagged(mean, test))
        else:
            yield key(MEAN, names), entities(tagged(mean, test))
            yield key(VOTE, names), vote(among(test_polls, subset))
            yield key(POOLED, names), _found(heads[subset], test)
        if len(subset) >= LEARNT_FROM:
            voter = BEA.of(learn(among(pool_polls, subset)))
            found = [placed(votes) for votes in voter(among(test_polls, subset))]
            yield key(BEA_LEARNT, names), found
        if len(subset) in settings["gold_k"]:
            yield from further(STUDENT, names, student)
            yield from further(POOLED, names, heads[subset])


def _further(
    test: Texts, pool: Texts, settings: Mapping[str, Any], seed: int
) -> Callable[[str, str, torch.nn.Module | None], Iterator[tuple[str, Found]]]:
    """A function that trains heads further on gold texts of the target, fewer being among more."""
    numbers = np.random.default_rng(seed).permutation(len(pool.texts)).tolist()
    parts = {n: pool.some(numbers[:n]) for n in settings["n_gold"]}
    trainings = {True: _student_training(settings), False: _further_training(settings)}

    def further(
        method: str, names: str, head: torch.nn.Module | None
    ) -> Iterator[tuple[str, Found]]:
        for n, part in parts.items():
            own = train(part, gold_targets(part.texts), trainings[head is None], seed, head)
            yield key(method, names, n), _found(own, test)

    return further


def _found(head: torch.nn.Module, texts: Texts) -> Found:
    return entities(tagged(distributions(head, texts), texts))


def vote(polls: Sequence[Poll]) -> Found:
    """What the default voter places."""
    return [placed(votes) for votes in Consensus()(polls)]


def polls_of(
    heads: Mapping[str, torch.nn.Module],
    texts: Texts,
    said: Mapping[str, np.ndarray] | None = None,
) -> list[Poll]:
    """The entities that each head finds, as ballots; all heads have the same weight.

    said: The distributions of each, where they are known.
    """
    found = {
        name: tagged(said[name] if said else distributions(head, texts), texts)
        for name, head in heads.items()
    }
    weights = dict.fromkeys(heads, 1.0)
    return [
        Poll([ballot for name, own in found.items() for ballot in _ballots(name, own[n])], weights)
        for n in range(len(texts.texts))
    ]


def _ballots(who: str, found: Sequence[Tagged]) -> list[Ballot]:
    return [Ballot(who, own.start, own.end, own.label, own.probability) for own in found]


def ranked(polls: Sequence[Poll], sources: Sequence[str]) -> list[str]:
    """The sources by how far they agree with the others on texts without labels, the best first."""
    expected = agreement_of(polls).f1
    return sorted(sources, key=lambda name: (-expected.get(name, 0.0), name))
