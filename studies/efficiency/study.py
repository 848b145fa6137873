"""The grid of gold sentences and ways, and its curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import grid
from ..cells import Cell
from ..measuring import counts_in
from ..places import work
from ..writing import write_page, write_results
from .curves import Curve, Point, as_markdown, plot

Settings = Mapping[str, Any]

# A gold corpus beside a silver one is repeated until it has so many texts: about as many.
FILL = 3000
TRANSFER = "transfer"


def cells(settings: Settings) -> dict[grid.Key, Cell]:
    """Every way with every number of gold sentences; the method is called by both."""
    return grid.cells(_expanded(settings))


def _expanded(settings: Settings) -> Settings:
    """The settings as of a grid: each way and level is a method, and has corpora of its own."""
    study = settings["study"]
    methods = dict(settings["methods"])
    languages = {name: dict(own) for name, own in settings["languages"].items()}
    for own in languages.values():
        own["corpora"] = dict(own["corpora"])
    names = [TRANSFER]
    for level in study["levels"]:
        for way in study["ways"]:
            has_silver = settings["ways"][way]["silver"]
            if not level and (way != "nothing") and not has_silver:
                continue  # there is nothing to augment
            if not level and not has_silver:
                continue  # that is transfer
            corpus = f"gold {level}{' filled' if has_silver else ''}"
            for own in languages.values():
                fill = {"fill": FILL} if has_silver else {}
                gold = {**own["corpora"]["gold"], "n": level, "seed": "run", **fill}
                own["corpora"][corpus] = gold
            corpora = [grid.SILVER] * has_silver + [corpus] * (level > 0)
            changes = settings["ways"][way].get("changes", {})
            methods[method_of(way, level)] = {"corpora": corpora, "changes": changes}
            names.append(method_of(way, level))
    return {
        **settings,
        "methods": methods,
        "languages": languages,
        "study": {**study, "methods": names, "base": TRANSFER},
    }


def method_of(way: str, level: int) -> str:
    """What the grid calls a way with so many gold sentences."""
    return f"{way}, {level}"


def write(name: str, settings: Settings, *, quick: bool) -> list[Path]:
    """The curves of what is done, as a table and a plot."""
    every = cells(settings)
    done = {key: cell for key, cell in every.items() if cell.record(work()) is not None}
    curves = {
        language: [_curve(settings, done, language, way) for way in settings["study"]["ways"]]
        for language in settings["study"]["languages"]
        if (language, TRANSFER, settings["study"]["seeds"][0]) in done
    }
    tables = [part for own, found in curves.items() for part in (f"**{own}**", as_markdown(found))]
    figures = {own: [curve.as_json() for curve in found] for own, found in curves.items()}
    both = {cell.name: cell for own in done.values() for cell in (*own.needs, own)}
    files = write_results(
        name, quick, both.values(), figures, plot(curves, settings["study"]["title"])
    )
    if quick:
        print("\n\n".join(tables))
        return files
    return [*files, write_page(name, "\n\n".join(tables))]


def _curve(settings: Settings, done: Mapping[grid.Key, Cell], language: str, way: str) -> Curve:
    """The points of a way that are done with every seed."""
    study = settings["study"]
    test = next(iter(settings["languages"][language]["tests"]))
    points = []
    for level in study["levels"]:
        keys = [(language, method_of(way, level), seed) for seed in study["seeds"]]
        if not level and not settings["ways"][way]["silver"]:
            keys = [(language, TRANSFER, study["seeds"][0])]
        if all(key in done for key in keys):
            points.append(Point.of(level, [counts_in(done[key])[test] for key in keys]))
    return Curve(way, points)
