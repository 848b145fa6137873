"""The cells of the study, and its table and plot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import spacy

from ..cells import Cell
from ..comparison import Comparison, Counts, compare, forest, pooled, table
from ..measuring import counts_in, measured
from ..places import WORK
from ..silver import silver
from ..students import MODEL, student
from ..writing import write_page, write_results

Settings = Mapping[str, Any]
NAME = "adversarial"
PERTURBED = "perturbed"
TITLE = "Students of silver data, trained in other ways"


def cells(settings: Settings) -> dict[tuple[str, str, int], Cell]:
    """The measured students, by language, method and seed."""
    found = {}
    for seed in settings["study"]["seeds"]:
        for name in settings["study"]["languages"]:
            for method in settings["study"]["methods"]:
                found[name, method, seed] = _measured(settings, name, method, seed)
    return found


def _measured(settings: Settings, name: str, method: str, seed: int) -> Cell:
    language = dict(settings["languages"][name])
    tests = _tests(language.pop("tests"), language["lang"], settings["study"]["changes"])
    spacy_lang = language.pop("spacy_lang")
    steps = settings["study"].get("steps")
    fewer = {"training": {"max_steps": steps, "eval_frequency": steps}} if steps else {}
    changes = {
        "training": settings["training"],
        "fewer": fewer,
        "method": settings["methods"][method],
    }
    trained = student(f"{name}/{method}", spacy_lang, silver(name, language), changes, seed)
    load = partial(spacy.load, trained.folder(WORK) / MODEL)
    return measured(f"measure/{name}/{method}/{seed}", load, tests, settings={}, needs=[trained])


def _tests(tests: Settings, lang: str, changes: list[str]) -> dict[str, Settings]:
    """The test sets of a language; the first one is also changed."""
    first = next(iter(tests))
    return {
        test: {"lang": lang, **own, "changes": changes if test == first else []}
        for test, own in tests.items()
    }


def write(settings: Settings, *, quick: bool) -> list[Path]:
    """Write the results, and the table and plot of the page. Methods that are not done for every language and seed
    are left out."""
    measured_cells = cells(settings)
    study = settings["study"]
    done = {key: cell for key, cell in measured_cells.items() if cell.record(WORK) is not None}
    parts: dict[str, Comparison] = {}
    shown: dict[str, list[str]] = {}
    for name in study["languages"]:
        first, *others = settings["languages"][name]["tests"]
        counts: dict[str, list[Counts]] = {}
        for method in study["methods"]:
            own = [done.get((name, method, seed)) for seed in study["seeds"]]
            runs = [_with_perturbed(counts_in(cell), first) for cell in own if cell is not None]
            if len(runs) == len(own):
                counts[method] = runs
        if study["base"] in counts:
            parts[name] = compare(counts, study["base"])
            shown[name] = [first, PERTURBED, *others]
    svg = forest(parts, shown, study["base"], TITLE)
    data = {
        name: {test: {m: e.as_json() for m, e in own.items()} for test, own in part.items()}
        for name, part in parts.items()
    }
    every = [cell for own in done.values() for cell in (*own.needs, own)]
    files = write_results(NAME, quick, every, data, svg)
    tables = [f"**{name}**\n\n{table(parts[name], shown[name], study['base'])}" for name in parts]
    if quick:
        print("\n\n".join(tables))
        return files
    return [*files, write_page(NAME, "\n\n".join(tables))]


def _with_perturbed(counts: Counts, first: str) -> Counts:
    """With all changed copies of the first test set as one test."""
    return pooled(counts, [test for test in counts if test.startswith(f"{first}, ")], PERTURBED)
