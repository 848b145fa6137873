"""Cells of the study: projection of gold entities, and teachers of several sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xlner_spacy.errors import InputError

from ..cells import Cell
from .parallel import compared
from .projection import projected
from .targets import measured
from .teachers import Subset, subsets_of, trained
from .texts import encoded
from .writing import write_study

Settings = Mapping[str, Any]


def cells(settings: Settings) -> dict[str, Cell]:
    """By name: `projection/...`, `measure/TARGET/SEED` and `consistency/SEED`, in this order.

    RAISES: InputError for a name that the config does not explain.
    """
    study = settings["study"]
    found = [_projected(settings, name) for name in study["projections"]]
    heads = {seed: _heads(settings, seed) for seed in study["seeds"]}
    for target in study["targets"]:
        found += [_measured(settings, target, seed, own) for seed, own in heads.items()]
    found += [_compared(settings, seed, own) for seed, own in heads.items()]
    return {cell.name: cell for cell in found}


def write(name: str, settings: Settings, *, quick: bool) -> list[Path]:
    """Write the results, and the tables and the plot of the page."""
    return write_study(name, settings, cells(settings), subsets(settings), quick=quick)


def subsets(settings: Settings) -> list[Subset]:
    """The subsets of sources that are measured."""
    study = settings["study"]
    return subsets_of(study["sources"], settings["families"], study["subsets"])


def _named(settings: Settings, kind: str, name: str) -> Any:
    if name not in settings[kind]:
        raise InputError(
            f"The study has no {name!r} in {kind}.", hint=", ".join(map(str, settings[kind]))
        )
    return settings[kind][name]


def _projected(settings: Settings, name: str) -> Cell:
    corpus, _, target = name.partition(" ")
    files = _named(settings, "parallel", corpus)
    if target not in files:
        raise InputError(f"{corpus} has no {target!r}.", hint=", ".join(files))
    return projected(name.replace(" ", "-"), target, files, settings["study"]["sentences"])


def _heads(settings: Settings, seed: int) -> Cell:
    study = settings["study"]
    drawn = {"named": study["named"], "others": study["others"]}
    texts = {
        name: encoded(
            f"source-{name}",
            {"file": _named(settings, "sources", name), "lang": name.partition("-")[0], **drawn},
            study["layer"],
        )
        for name in study["sources"]
    }
    return trained(seed, texts, subsets(settings), study["share"], study["steps"])


def _measured(settings: Settings, target: str, seed: int, heads: Cell) -> Cell:
    study, own = settings["study"], _named(settings, "targets", target)
    common = {"lang": own["lang"], "labels": own.get("labels")}
    other = {"first": study["tested"]} if "pool" not in own else {}
    given = {"file": own.get("pool", own["file"]), **common, **other}
    pool = encoded(
        f"pool-{target}", {**given, "drawn": True, "limit": study["pool"]}, study["layer"]
    )
    how = {
        "sources": study["sources"],
        "subsets": [*map(list, subsets(settings))],
        "steps": study["student_steps"],
        **{name: study[name] for name in ("further_steps", "n_gold", "gold_k")},
    }
    tested = _tested(settings, own["file"], own["lang"], own.get("labels"))
    return measured(target, seed, heads, tested, pool, how)


def _tested(settings: Settings, file: str, lang: str, labels: Any = None) -> Cell:
    study = settings["study"]
    given = {"file": file, "lang": lang, "labels": labels, "limit": study["tested"]}
    return encoded(f"test-{file.split('/')[-1]}", given, study["layer"])


def _compared(settings: Settings, seed: int, heads: Cell) -> Cell:
    every = _named(settings, "parallel", settings["study"]["consistency"])
    files = {lang: every[lang] for lang in settings["study"]["compared"]}
    texts = {lang: _tested(settings, file, lang) for lang, file in files.items()}
    return compared(seed, heads, texts, files, subsets(settings))
