"""What 100 gold sentences are worth to voters: F1 on the others (docs/results.md).

    XLNER_DATA=... python -m benchmarks.gold_for_voters [--limit N] [--held N]

writes benchmarks/results/gold_for_voters.json and gold_for_voters.md: the mean of five draws of the sentences that are learnt
from, and the standard deviation. RaRe (Rahimi, Li & Cohn 2019) weighs each source by its F1 on them (`xlner train-voter --gold`).
BEA_sup, of the same paper, counts on them how often each source is right, and BEA_semi does so and learns from all other sentences,
without their labels, too. Neither was taken into the package. Beside the gold sources of `several_sources` there
are real ones: Basque from English and Spanish by Apertium, Portuguese from English by the embedded translator, each with the text's own
voice. Voters that `learn` without labels do so from the sentences that are scored.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import spacy
import typer

from benchmarks.several_sources import DATA, TARGETS, Asked, ask_all
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.evaluation.metrics import TokenEntity, micro_f1
from xlner_spacy.evaluation.sources import LEARNT_FROM, VOTERS, Decide, among, placed
from xlner_spacy.evaluation.voter_weights import ask_gold, f1_of_each, weights_of
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.solving.bayesian import NOTHING, Habits, items
from xlner_spacy.solving.bayesian import _arrays as arrays
from xlner_spacy.solving.bayesian import _expected_log as expected_log
from xlner_spacy.solving.bayesian import _says as says
from xlner_spacy.types import Poll
from xlner_spacy.voters.agreement import Agreement
from xlner_spacy.voters.bea import BEA
from xlner_spacy.voters.consensus import Consensus

RESULTS = Path(__file__).parent / "results"
DRAWS = 5
HELD = 100  # sentences to learn from
STRENGTH = 50.0  # of the prior, in items a row, as in `solving/bayesian.py`
KEPT = {"PER", "LOC", "ORG"}
# Name, language, gold, source languages, translator, sentences.
REAL: list[tuple[str, str, str, list[str], dict[str, Any] | None, int]] = [
    ("Basque", "eu", "apertium_dev/basque_nerc/nerc_id.test.jsonl", ["en", "es"],
     {"@xl_translators": "xlner.Apertium.v1"}, 500),
    ("PUD pt, own voice", "pt", "uner_pud/pt_pud-ud-test.iob2", ["en"], None, 400),
]  # fmt: skip


def targets(limit: int | None) -> Iterator[tuple[str, Asked]]:
    """All that is measured, with the ballots on it."""
    for name, (files, lang, sources) in TARGETS.items():
        yield name, ask_all(files, lang, sources, limit)
    for name, lang, file, sources, translator, first in REAL:
        nlp = spacy.blank(lang)
        config = {"source_langs": sources, "translator": translator, "own_voice": True}
        nlp.add_pipe("xl_projector", config=config)
        docs = list(read_gold(DATA / file, nlp, lang))[: limit or first]
        for doc in docs:
            doc.ents = [ent for ent in doc.ents if ent.label_ in KEPT]
        yield name, ask_gold(nlp, docs)


def counted(held: Asked, others: Sequence[Poll] = ()) -> Habits:
    """Habits by BEA's mean field, the true labels of what is held being known.

    others: Polls whose true labels are inferred: BEA_semi. None: BEA_sup.
    """
    known = [
        (item, wanted)
        for poll, wanted in zip(held.polls, held.gold, strict=True)
        for item in items(poll)
    ]
    found = [item for item, _ in known] + [item for poll in others for item in items(poll)]
    labels = (NOTHING, *sorted({label for item in found for label in item.ballots}))
    voters = sorted({said.who for item in found for said in item.said})
    shares, weights = arrays(found, labels, voters)
    said = shares * weights[:, :, None]
    prior = STRENGTH * np.array([[says(true, label) for label in labels] for true in labels])
    right = np.zeros((len(known), len(labels)))
    for n, (item, wanted) in enumerate(known):
        right[n, labels.index(_label(wanted, (item.start, item.end), labels))] = 1
    believed = said.sum(axis=1) + 1e-12
    believed /= believed.sum(axis=1, keepdims=True)
    for _ in range(500):
        believed[: len(known)] = right
        truth = 1.0 + believed.sum(axis=0)
        confusion = prior + np.einsum("ik,ijl->jkl", believed, said)
        scores = expected_log(truth) + np.einsum("ijl,jkl->ik", said, expected_log(confusion))
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        before, believed = believed, odds / odds.sum(axis=1, keepdims=True)
        believed[: len(known)] = right
        if np.allclose(before, believed, rtol=0, atol=1e-3):
            break
    return Habits(labels, truth, dict(zip(voters, confusion, strict=True)))


def _label(wanted: set[TokenEntity], span: tuple[int, int], labels: Sequence[str]) -> str:
    found = [entity[2] for entity in wanted if entity[:2] == span]
    return found[0] if found and found[0] in labels else NOTHING


def weighed(polls: Sequence[Poll], weights: dict[str, float]) -> list[Poll]:
    """The polls with the weights that are given in place of theirs."""
    return [
        poll._replace(weights={who: weights.get(who, 1.0) for who in poll.weights})
        for poll in polls
    ]


def rare(decide: Decide) -> Callable[[Asked], Decide]:
    """A voter with RaRe's weights."""

    def learnt(held: Asked) -> Decide:
        equal = Asked(weighed(held.polls, {}), held.gold)
        weights = weights_of(f1_of_each(equal))
        return lambda polls: decide(weighed(polls, weights))

    return learnt


def best(held: Asked) -> Decide:
    """The source that is best on what is held, alone."""
    f1 = f1_of_each(held)
    chosen = max(f1, key=f1.__getitem__)
    return lambda polls: Agreement()(among(polls, {chosen}))


def top_two(held: Asked) -> Decide:
    """RaRe of the two best sources."""
    f1 = f1_of_each(held)
    chosen = sorted(f1, key=f1.__getitem__)[-2:]
    weights = weights_of({who: f1[who] for who in chosen})
    return lambda polls: Consensus()(weighed(among(polls, chosen), weights))


SYSTEMS: dict[str, Callable[[Asked], Decide]] = {
    "the best source on the 100, alone": best,
    "Consensus": lambda held: Consensus(),
    "Consensus, equal weights": lambda held: lambda polls: Consensus()(weighed(polls, {})),
    "Consensus, RaRe": rare(Consensus()),
    "Consensus, RaRe, the two best": top_two,
    "Agreement": lambda held: Agreement(),
    "Agreement, RaRe": rare(Agreement()),
    "BEA, no model": lambda held: BEA(),
    "BEA, RaRe": rare(BEA()),
    "BEA, learnt without labels": lambda held: VOTERS["BEA, learnt"],
    "BEA_sup": lambda held: BEA.of(counted(held)),
    "BEA_semi": lambda held: lambda polls: BEA.of(counted(held, polls))(polls),
}


def measured(name: str, asked: Asked, n_held: int = HELD) -> dict[str, list[float]]:
    """F1 of each system, by draw."""
    n_held = min(n_held, len(asked.polls) // 2)
    n_voters = len({who for poll in asked.polls for who in poll.weights})
    found: dict[str, list[float]] = {}
    for draw in range(DRAWS):
        order = list(range(len(asked.polls)))
        random.Random(draw).shuffle(order)
        held, rest = (
            Asked([asked.polls[n] for n in part], [asked.gold[n] for n in part])
            for part in (order[:n_held], order[n_held:])
        )
        for system, learnt in SYSTEMS.items():
            if system == "BEA, learnt without labels" and n_voters < LEARNT_FROM:
                continue
            votes = learnt(held)(rest.polls)
            found.setdefault(system, []).append(micro_f1([placed(v) for v in votes], rest.gold))
    print(name, {system: round(statistics.fmean(f1), 4) for system, f1 in found.items()})
    return found


def table(results: dict[str, dict[str, list[float]]]) -> str:
    """Mean and standard deviation of the draws as Markdown, a row for each system."""
    lines = ["| | " + " | ".join(results) + " |", "| --- |" + " --- |" * len(results)]
    for system in SYSTEMS:
        cells = [
            f"{statistics.fmean(rows[system]):.4f} ± {statistics.stdev(rows[system]):.4f}"
            if system in rows
            else "-"
            for rows in results.values()
        ]
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(
    limit: Annotated[int | None, typer.Option(help="First N sentences.")] = None,
    held: Annotated[int, typer.Option(help="Sentences to learn from.")] = HELD,
) -> None:
    """Measure all systems on all targets. The files are written for the default number."""
    results = {name: measured(name, asked, held) for name, asked in targets(limit)}
    if held == HELD:
        write(results)


def write(results: dict[str, dict[str, list[float]]]) -> None:
    """Write the figures and the table."""
    write_json(RESULTS / "gold_for_voters.json", results)
    with atomic_file(RESULTS / "gold_for_voters.md") as file:
        file.write(table(results).encode())


if __name__ == "__main__":
    typer.run(main)
