"""What a pipeline finds in the test sets of a study: counts of each text, from which all figures are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language

from xlner_spacy.evaluation.copies import Copy, Material, make_copies
from xlner_spacy.evaluation.metrics import only
from xlner_spacy.evaluation.robustness import find
from xlner_spacy.evaluation.suite import FULL
from xlner_spacy.perturbations.labelled import Labelled
from xlner_spacy.perturbations.on_docs import read_labels

from .cells import Cell, Record
from .gold import domain_texts, gold_texts, scored_in
from .places import work

COUNTS = "counts.npz"


def measured(
    name: str,
    load: Callable[[], Language],
    tests: Mapping[str, Mapping[str, Any]],
    *,
    settings: Mapping[str, Any],
    needs: Sequence[Cell] = (),
) -> Cell:
    """Measure a pipeline on test sets.

    name: Of the cell.
    load: Loads the pipeline.
    tests: By their names: `file`; `lang`; `labels`, a map of its labels to ours (those that are not in it are left out);
        or `domain`, as `xlner evaluate shift` calls it, in place of file and labels; `changes`, names of changes of `xlner evaluate robustness`, each a test of its own, made to the first
        `changed` texts; `skip`, `every` (each so-manieth) and `limit`: which of its texts; `scored`: the labels that
        are scored, if not all.
    settings: What the pipeline depends on, beyond what it needs.
    """

    def make(folder: Path) -> Record:
        nlp = load()
        counts = {
            name: counts_of(nlp, copy, scored_in(tests[test]))
            for test, name, copy in _copies(tests)
        }
        save_counts(folder, counts)
        figures = {test: round(f1(own.sum(axis=0)), 4) for test, own in counts.items()}
        return {"f1": figures, "texts": {test: len(own) for test, own in counts.items()}}

    whole = {"tests": {key: dict(own) for key, own in tests.items()}, **settings}
    return Cell(name, whole, make, needs)


def _copies(tests: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Copy]]:
    """Every test set, then changed copies of its first texts, each with its name."""
    for test, given in tests.items():
        texts = texts_of(given)
        yield test, test, make_copies(texts, [], Material(given["lang"]), 1).made[0]
        changes = [change for change in FULL if change.name in given.get("changes", ())]
        some = texts[: given.get("changed")]
        for copy in make_copies(some, changes, Material(given["lang"]), 1).made[1:]:
            yield test, f"{test}, {copy.change.name}", copy


def texts_of(test: Mapping[str, Any]) -> list[Labelled]:
    """The texts of a test set, with the labels that are scored."""
    if "domain" in test:
        docs = domain_texts(test["domain"])
    else:
        docs = gold_texts(test["file"], test["lang"], test.get("labels"))
    some = docs[test.get("skip", 0) :: test.get("every", 1)]
    return [read_labels(doc) for doc in some[: test.get("limit")]]


def counts_of(nlp: Language, copy: Copy, labels: list[str]) -> np.ndarray:
    """Of each text the entities that are right, found, and in the gold labels, (texts, 3)."""
    rows = []
    for own, wanted in zip(find(nlp, copy, quiet=False).entities, copy.gold, strict=True):
        found, gold = only(own, labels), only(wanted, labels)
        rows.append((len(found & gold), len(found), len(gold)))
    return np.array(rows).reshape(-1, 3)


def f1(sums: np.ndarray) -> Any:
    """Of counts that are summed over texts, (..., 3)."""
    return 2 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)


def save_counts(folder: Path, counts: Mapping[str, np.ndarray]) -> None:
    """Keep the counts of a cell in its folder."""
    with (folder / COUNTS).open("wb") as file:
        np.savez_compressed(file, **counts)  # type: ignore[arg-type]


def counts_in(cell: Cell) -> dict[str, np.ndarray]:
    """The counts of a cell that is done, by test."""
    with np.load(cell.folder(work()) / COUNTS) as file:
        return {name: file[name] for name in file.files}
