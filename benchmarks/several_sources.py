"""Voters on translations into several languages, with gold entities: F1 (docs/results.md).

    XLNER_DATA=... python -m benchmarks.several_sources [--limit N]

writes benchmarks/results/several_sources.json and several_sources.md. Each target is projected to once, and every voter
decides on the same ballots. What `learnt` learns from are these ballots, without labels; `other half` learns from the
other half of the sentences, `two kept` removes the poorest of three voters.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import spacy
import typer

from xlner_spacy.document.placing import Ground, settle
from xlner_spacy.document.records import PLACED
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.metrics import TokenEntity, interval
from xlner_spacy.evaluation.projection import given, read_parallel, without_translation
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.pipeline.polls import listen_to_polls
from xlner_spacy.solving.bayesian import learn
from xlner_spacy.types import Poll, Vote
from xlner_spacy.voters.agreement import Agreement
from xlner_spacy.voters.bea import BEA, write_habits
from xlner_spacy.voters.consensus import Consensus
from xlner_spacy.voters.rover import Rover

DATA = Path(os.environ.get("XLNER_DATA", "assets"))
RESULTS = Path(__file__).parent / "results"
PUD = "uner_pud/{}_pud-ud-test.iob2"
EUROPARL = "europarl_ner/{}-europarl.test.conll02"
TARGETS = {
    "UNER-PUD pt": (PUD, "pt", ("en", "de", "zh")),
    "UNER-PUD de": (PUD, "de", ("en", "pt", "zh")),
    "UNER-PUD zh": (PUD, "zh", ("en", "pt", "de")),
    "Europarl de": (EUROPARL, "de", ("en", "es")),
    "Europarl es": (EUROPARL, "es", ("en", "de")),
}
Decide = Callable[[Sequence[Poll]], list[list[Vote]]]


class Asked(NamedTuple):
    """What was projected to a target, and what is right."""

    polls: list[Poll]
    gold: list[set[TokenEntity]]


def ask(files: str, lang: str, sources: Sequence[str], limit: int | None) -> Asked:
    """Project the gold entities of each source, and take the polls."""
    nlp = spacy.blank(lang)
    nlp.add_pipe("xl_projector", config={"source_langs": list(sources), "own_voice": False})
    polls = listen_to_polls(nlp)
    without_translation(nlp)
    rows, _ = read_parallel(DATA / files.format(lang), {s: DATA / files.format(s) for s in sources})
    rows = rows[:limit]
    for _ in nlp.pipe([given(nlp, row.target, row.sources, lang) for row in rows]):
        pass
    return Asked(polls, [set(row.target.entities) for row in rows])


def learnt(polls: Sequence[Poll], keep: int | None = None) -> BEA:
    """BEA as `xlner train-voter` makes it."""
    with TemporaryDirectory() as folder:
        model = Path(folder, "model.json")
        write_habits(model, learn(polls, keep))
        voter = BEA(str(model))
        voter([Poll([], {})])  # reads the file
    return voter


def halves(polls: Sequence[Poll]) -> list[list[Vote]]:
    """Each half decided with what was learnt from the other."""
    first, second = polls[: len(polls) // 2], polls[len(polls) // 2 :]
    return [*learnt(second)(first), *learnt(first)(second)]


def alone(source: str) -> Decide:
    """One source, and no vote."""

    def decide(polls: Sequence[Poll]) -> list[list[Vote]]:
        own = [Poll([b for b in p.ballots if b.who == source], {source: 1.0}) for p in polls]
        return Agreement()(own)

    return decide


SYSTEMS: dict[str, Decide] = {
    "Agreement": Agreement(),
    "Rover": Rover(),
    "Consensus": Consensus(),
    "BEA, no model": BEA(),
    "BEA, learnt": lambda polls: learnt(polls)(polls),
    "BEA, learnt, other half": halves,
    "BEA, learnt, two kept": lambda polls: learnt(polls, 2)(polls),
}


def measure(asked: Asked, decide: Decide) -> dict[str, object]:
    """F1 of exact spans and labels, with its interval."""
    found = [
        {vote[:3] for vote in settle(votes, Ground()) if vote.outcome == PLACED}
        for votes in decide(asked.polls)
    ]
    correct = sum(len(f & g) for f, g in zip(found, asked.gold, strict=True))
    n = sum(map(len, found)) + sum(map(len, asked.gold))
    return {"f1": round(2 * correct / max(1, n), 4), "interval": interval(found, asked.gold)}


def main(limit: Annotated[int | None, typer.Option(help="First N sentences.")] = None) -> None:
    """Measure all voters on all targets."""
    results: dict[str, dict[str, dict[str, object]]] = {}
    for name, (files, lang, sources) in TARGETS.items():
        asked = ask(files, lang, sources, limit)
        rows = {f"{source} alone": alone(source) for source in sources} | SYSTEMS
        results[name] = {}
        for system, decide in rows.items():
            try:
                results[name][system] = measure(asked, decide)
            except InputError as error:  # of two voters nothing can be learnt
                print(f"{name}, {system}: {error.message}")
        print(name, {system: row["f1"] for system, row in results[name].items()}, flush=True)
    write_json(RESULTS / "several_sources.json", results)
    with atomic_file(RESULTS / "several_sources.md") as file:
        file.write(table(results).encode())


def table(results: dict[str, dict[str, dict[str, object]]]) -> str:
    """F1 as Markdown, a row for each system."""
    systems = dict.fromkeys(system for rows in results.values() for system in rows)
    lines = ["| | " + " | ".join(results) + " |", "| --- |" + " --- |" * len(results)]
    for system in sorted(systems, key=lambda system: "alone" not in system):
        cells = [
            f"{rows[system]['f1']:.4f}" if system in rows else "-" for rows in results.values()
        ]
        lines.append(f"| {system} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
