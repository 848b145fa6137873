"""Studies that are a grid: every method on every language with every seed, beside a base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from xlner_spacy.errors import InputError
from xlner_spacy.pipeline.loading import load

from .cells import Cell
from .comparison import (
    Comparison,
    Counts,
    compare,
    compare_drops,
    forest,
    pooled,
    table,
    table_of_drops,
)
from .corpora import corpus
from .measuring import counts_in, measured
from .places import PROJECT, work
from .students import MODEL, student
from .writing import write_page, write_results

Settings = Mapping[str, Any]
Key = tuple[str, str, int]  # language, method, seed

SILVER = "silver"  # the corpus that every language has
PERTURBED = "perturbed"


def cells(settings: Settings) -> dict[Key, Cell]:
    """The measured methods. What has no seed, as a pipeline that is not trained, is there once, under the first one. A
    method whose corpora a language has not is left out there.

    RAISES: InputError for a name that the config does not explain.
    """
    study = settings["study"]
    found = {}
    for seed in study["seeds"]:
        for name in study["languages"]:
            for method in study["methods"]:
                own = _named(settings, "methods", method)
                has_seed = "pipeline" not in own
                if _is_possible(settings, name, own) and (has_seed or seed == study["seeds"][0]):
                    found[name, method, seed] = _measured(settings, name, method, seed)
    return found


def _named(settings: Settings, kind: str, name: str) -> Settings:
    if name not in settings[kind]:
        raise InputError(
            f"The study has no {kind} called {name!r}.", hint=", ".join(settings[kind])
        )
    own: Settings = settings[kind][name]
    return own


def _is_possible(settings: Settings, name: str, method: Settings) -> bool:
    """Whether a language has the corpora of a method."""
    language = _named(settings, "languages", name)
    return set(method.get("corpora", [])) <= set(language["corpora"])


def _measured(settings: Settings, name: str, method: str, seed: int) -> Cell:
    language, own = _named(settings, "languages", name), _named(settings, "methods", method)
    where = f"measure/{name}/{method}/{seed}"
    tests = _tests(language, settings["study"])
    if "pipeline" in own:
        file = language.get("pipelines", {}).get(method, own["pipeline"])
        run = partial(_pipeline, file, own.get("overrides"), language["lang"])
        return measured(where, run, tests, settings={"pipeline": {**own, "pipeline": file}})
    trained = _student(settings, name, method, seed)
    run = partial(spacy.load, trained.folder(work()) / MODEL)
    return measured(where, run, tests, settings={}, needs=[trained])


def _student(settings: Settings, name: str, method: str, seed: int) -> Cell:
    language, own = settings["languages"][name], settings["methods"][method]
    lang = language["lang"]

    def corpus_of(kind: str) -> Cell:
        given = dict(_named(language, "corpora", kind))
        if given.get("seed") == "run":
            given["seed"] = seed
        return corpus(name, kind, given, lang)

    silver = corpus_of(SILVER)
    corpora = [corpus_of(kind) for kind in own.get("corpora", [SILVER])]
    steps = settings["study"].get("steps")
    fewer = {"training": {"max_steps": steps, "eval_frequency": steps}} if steps else {}
    changes = [settings["training"], fewer, own.get("changes", {})]
    return student(f"{name}/{method}", language["spacy_lang"], corpora, silver, changes, seed)


def _pipeline(file: str, overrides: Any, lang: str) -> Language:
    """A config of the project's, which says which source languages it has."""
    return load(str(PROJECT / file), lang=lang, overrides=overrides)


def _tests(language: Settings, study: Settings) -> dict[str, Settings]:
    """The test sets of a language; the first one is also changed."""
    first = next(iter(language["tests"]))
    changed = {"changes": study.get("changes", []), "changed": study.get("changed")}
    lang = language["lang"]
    return {
        test: {"lang": lang, **_without_inside(own), **(changed if test == first else {})}
        for test, own in language["tests"].items()
    }


def _inside(language: Settings) -> dict[str, str]:
    """By test set of another domain, the one of the domain that is learnt from."""
    return {test: own["inside"] for test, own in language["tests"].items() if "inside" in own}


def _without_inside(test: Settings) -> Settings:
    return {key: value for key, value in test.items() if key != "inside"}


def write(name: str, settings: Settings, *, quick: bool) -> list[Path]:
    """Write the results, and the table and plot of the page, of what is done."""
    study = settings["study"]
    base = study["base"]
    every = cells(settings)
    done = {key: cell for key, cell in every.items() if cell.record(work()) is not None}
    parts: dict[str, Comparison] = {}
    shown: dict[str, list[str]] = {}
    tables: list[str] = []
    for language in study["languages"]:
        first, *others = settings["languages"][language]["tests"]
        counts, n_seeds = _counts(settings, every, done, language)
        if base in counts:
            parts[language] = compare(counts, base)
            perturbed = [PERTURBED] if PERTURBED in counts[base][0] else []
            shown[language] = [first, *perturbed, *others]
            tables += [_title(language, n_seeds), table(parts[language], shown[language], base)]
            inside = _inside(settings["languages"][language])
            if inside:
                tables.append(table_of_drops(compare_drops(counts, base, inside)))
    if not parts:
        raise InputError(f"Of {name}, {base!r} is not done yet.", hint="Run it without --pages.")
    svg = forest(parts, shown, base, study["title"])
    shown_cells = {cell.name: cell for own in done.values() for cell in (*own.needs, own)}
    files = write_results(name, quick, shown_cells.values(), _as_json(parts), svg)
    if quick:
        print("\n\n".join(tables))
        return files
    return [*files, write_page(name, "\n\n".join(tables))]


def _title(language: str, n_seeds: int) -> str:
    return f"**{language}**, {n_seeds} {'seeds' if n_seeds > 1 else 'seed'}"


def _counts(
    settings: Settings, every: Mapping[Key, Cell], done: Mapping[Key, Cell], language: str
) -> tuple[dict[str, list[Counts]], int]:
    """The counts of each seed, by method, and how many seeds: the first ones, as many as all methods that are begun are
    done with. Methods that are not done with the first one are left out."""
    study = settings["study"]
    first = next(iter(settings["languages"][language]["tests"]))
    wanted = [key for key in every if key[0] == language]
    seeds = study["seeds"]
    methods = [m for m in study["methods"] if (language, m, seeds[0]) in done]
    n_seeds = len(seeds)
    while n_seeds > 1 and not all(
        k in done for k in wanted if k[1] in methods and k[2] in seeds[:n_seeds]
    ):
        n_seeds -= 1
    found: dict[str, list[Counts]] = {}
    for method in methods:
        keys = [key for key in wanted if key[1] == method and key[2] in seeds[:n_seeds]]
        if all(key in done for key in keys):
            changes = study.get("changes", [])
            found[method] = [_with_perturbed(counts_in(done[k]), first, changes) for k in keys]
    return found, n_seeds


def _with_perturbed(counts: Counts, first: str, changes: Sequence[str]) -> Counts:
    """With all changed copies of the first test set as one test."""
    copies = [f"{first}, {change}" for change in changes if f"{first}, {change}" in counts]
    return pooled(counts, copies, PERTURBED) if copies else counts


def _as_json(parts: Mapping[str, Comparison]) -> dict[str, Any]:
    return {
        name: {test: {m: e.as_json() for m, e in own.items()} for test, own in part.items()}
        for name, part in parts.items()
    }
