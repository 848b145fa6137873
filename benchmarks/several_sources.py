"""Voters on translations into several languages, with gold entities: F1 (docs/results.md).

    XLNER_DATA=... python -m benchmarks.several_sources [--limit N]

writes benchmarks/results/several_sources.json and several_sources.md. Each target is projected to once, and every voter
decides on the same ballots. What `learnt` learns from are these ballots, without labels; `other half` learns from the
other half of the sentences, `two kept` removes the poorest of three voters.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import spacy
import typer

from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.metrics import interval, micro_f1
from xlner_spacy.evaluation.sources import VOTERS, Asked, Decide, among, ask, placed
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.solving.bayesian import learn
from xlner_spacy.types import Poll, Vote
from xlner_spacy.voters.agreement import Agreement
from xlner_spacy.voters.bea import BEA

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


def ask_all(files: str, lang: str, sources: Sequence[str], limit: int | None) -> Asked:
    """Project the gold entities of each source, and take the polls."""
    nlp = spacy.blank(lang)
    nlp.add_pipe("xl_projector", config={"source_langs": list(sources), "own_voice": False})
    golds = {source: DATA / files.format(source) for source in sources}
    return ask(nlp, DATA / files.format(lang), golds, lang, limit=limit)


def learnt(polls: Sequence[Poll], keep: int | None = None) -> BEA:
    """BEA as `xlner train-voter` makes it."""
    return BEA.of(learn(polls, keep))


def halves(polls: Sequence[Poll]) -> list[list[Vote]]:
    """Each half decided with what was learnt from the other."""
    first, second = polls[: len(polls) // 2], polls[len(polls) // 2 :]
    return [*learnt(second)(first), *learnt(first)(second)]


def alone(source: str) -> Decide:
    """One source, and no vote."""
    return lambda polls: Agreement()(among(polls, {source}))


SYSTEMS: dict[str, Decide] = {
    **VOTERS,
    "BEA, learnt, other half": halves,
    "BEA, learnt, two kept": lambda polls: learnt(polls, 2)(polls),
}


def measure(asked: Asked, decide: Decide) -> dict[str, object]:
    """F1 of exact spans and labels, with its interval."""
    found = [placed(votes) for votes in decide(asked.polls)]
    return {"f1": micro_f1(found, asked.gold), "interval": interval(found, asked.gold)}


def main(limit: Annotated[int | None, typer.Option(help="First N sentences.")] = None) -> None:
    """Measure all voters on all targets."""
    results: dict[str, dict[str, dict[str, object]]] = {}
    for name, (files, lang, sources) in TARGETS.items():
        asked = ask_all(files, lang, sources, limit)
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
