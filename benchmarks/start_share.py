"""How much of what a student began with it should keep: `start_share` of xl_ner.

    XLNER_DATA=... python -m benchmarks.start_share

Students of the studies of adversarial training and of teachers, which were trained without (`python -m studies adversarial`), are mixed with their
beginning in several shares, after training, and measured on the first texts of dev and test sets. Writes
benchmarks/results/start_share.json and .md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import spacy

from studies.cells import Cell
from studies.config import read_settings
from studies.grid import cells
from studies.measuring import counts_of, f1, texts_of
from studies.places import work
from studies.students import MODEL
from xlner_spacy.evaluation.copies import Material, make_copies
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.models.network import load_network
from xlner_spacy.training.encoder_layer import encoders_of
from xlner_spacy.training.start import Start, start_with_head

RESULT = Path(__file__).parent / "results" / "start_share.json"
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
LIMIT = 700
_LABELS = ["PER", "LOC", "ORG"]
LAW = {"PESSOA": "PER", "LOCAL": "LOC", "ORGANIZACAO": "ORG"}
# Study, language, method, seeds; tests.
STUDENTS: list[tuple[str, str, str, list[int], dict[str, dict[str, Any]]]] = [
    (
        "adversarial",
        "wol",
        "none",
        [0, 1],
        {
            "dev": {"file": "masakha_parallel/wol.dev.jsonl"},
            "test": {"file": "masakha_parallel/wol.test.jsonl"},
        },
    ),
    ("teachers", "lug", "projection", [0], {"dev": {"file": "masakha_parallel/lug.dev.jsonl"}}),
    ("teachers", "bam", "projection", [0], {"dev": {"file": "masakha_parallel/bam.dev.jsonl"}}),
    ("teachers", "tsn", "projection", [0], {"dev": {"file": "masakha_parallel/tsn.dev.jsonl"}}),
    (
        "adversarial",
        "pt",
        "none",
        [0, 1],
        {
            "Bosque dev": {"file": "uner_portuguese_bosque/pt_bosque-ud-dev.iob2"},
            "PUD": {"file": "uner_pud/pt_pud-ud-test.iob2"},
            "law": {"file": "domains/lener_br/test.conll", "labels": LAW},
            "letters": {"file": "domains/pt_letters_1800s/letters.tsv", "scored": ["PER"]},
        },
    ),
]


def main() -> None:
    found: dict[str, dict[str, float]] = {}
    for study, language, method, seeds, tests in STUDENTS:
        every = cells(read_settings(study))
        for seed in seeds:
            [trained, *_] = every[language, method, seed].needs
            for share, figures in of_shares(trained, language, tests).items():
                for test, figure in figures.items():
                    found.setdefault(f"{language} {test}, seed {seed}", {})[str(share)] = figure
            write_json(RESULT, found)
    with atomic_file(RESULT.with_suffix(".md")) as out:
        out.write(f"{as_markdown(found)}\n".encode())


def of_shares(
    trained: Cell, lang: str, tests: dict[str, dict[str, Any]]
) -> dict[float, dict[str, float]]:
    """By share and test, F1."""
    nlp = spacy.load(trained.folder(work()) / MODEL)
    start = beginning(nlp)
    copies = {
        name: make_copies(texts_of({"lang": lang, **own})[:LIMIT], [], Material(lang), 1).made[0]
        for name, own in tests.items()
    }
    found: dict[float, dict[str, float]] = {}
    for share in SHARES:
        with start.mixed_in(share):
            found[share] = {
                name: round(
                    float(f1(counts_of(nlp, copy, tests[name].get("scored", _LABELS)).sum(axis=0))),
                    4,
                )
                for name, copy in copies.items()
            }
        print(trained.name, share, found[share], file=sys.stderr, flush=True)
    return found


def beginning(nlp: Any) -> Start:
    """What the student of a saved pipeline began with: the embedded recogniser."""
    component = nlp.get_pipe("xl_ner")
    [encoder] = encoders_of(component.model)
    network = load_network(None, None)
    output = component.model.get_ref("output")
    trained = {name: output.get_param(name).copy() for name in output.param_names}
    weights = {name: own.data for name, own in network.module.named_parameters()}
    with_embeddings = {name: weights[name] for name in encoder.trainable_weights()}
    before = encoder.mix(with_embeddings, 1.0)
    start_with_head(output, network.head, component.scheme)
    start = Start(component.model)
    encoder.put_back(before)
    for name, own in trained.items():
        output.set_param(name, own)
    return start


def as_markdown(found: dict[str, dict[str, float]]) -> str:
    """A row for each student and test."""
    rows = [f"| share | {' | '.join(map(str, SHARES))} |", "| --- |" + " --- |" * len(SHARES)]
    for name, own in found.items():
        rows.append(f"| {name} | {' | '.join(f'{own[str(s)]:.3f}' for s in SHARES)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
