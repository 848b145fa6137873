"""Tables, plot and results file of the study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xlner_spacy.errors import InputError

from ..cells import Cell, Record
from ..comparison import estimated, number, signed
from ..measuring import counts_in
from ..places import work
from ..statistics import Estimate
from ..writing import write_page, write_results
from .figures import Figures, Projected, best_source, of_projection, of_targets
from .plotting import plot
from .projection import ALONE
from .targets import BEA_LEARNT, METHODS
from .teachers import Subset

Settings = Mapping[str, Any]
CONSISTENCY = {"labels": "label consistency", "mentions": "mention consistency"}
RATES = {"weakness": "weakness", "mirror": "mirror", "target_f1": "F1", "source_f1": "F1, English"}


def write_study(
    name: str,
    settings: Settings,
    cells: Mapping[str, Cell],
    subsets: Sequence[Subset],
    *,
    quick: bool,
) -> list[Path]:
    """Write what is done: figures, tables, plot. A target that is not done with every seed is left out.

    cells: By name. RAISES: InputError if nothing is done.
    """
    study = settings["study"]
    done = {own: cell for own, cell in cells.items() if cell.record(work()) is not None}
    projected = {
        name: of_projection(counts_in(cell), _record(cell)["order"])
        for name, cell in done.items()
        if name.startswith("projection/")
    }
    groups = _groups(settings, done, subsets)
    parallel = [
        _record(cell)["figures"] for n, cell in done.items() if n.startswith("consistency/")
    ]
    if not (projected or groups):
        raise InputError(f"Of {name}, nothing is done yet.", hint="Run it without --pages.")
    missing = [
        own for own in study["projections"] if f"projection/{own.replace(' ', '-')}" not in done
    ]
    missing += [target for target in study["targets"] if not _is_done(settings, done, target)]
    missing += [] if parallel else ["consistency and weakness"]
    tables = [
        "### Gold entities, projected",
        _projection_table(projected) if projected else "",
        *(["### Teachers of several languages"] if groups else []),
        *(part for own, found in groups.items() for part in _group_tables(own, found)),
        _targets_table(settings, done, subsets),
        *(["### Consistency and weakness", consistency_table(parallel)] if parallel else []),
        *([f"**Not run yet:** {', '.join(missing)}."] if missing else []),
    ]
    every = {cell.name: cell for own in done.values() for cell in (*own.needs, own)}
    figures = {
        "projection": _plain(projected),
        "targets": _plain(groups),
        "consistency": consistency(parallel),
    }
    svg = plot(projected, groups, study["title"])
    files = write_results(name, quick, every.values(), figures, svg)
    text = "\n\n".join(part for part in tables if part)
    if quick:
        print(text)
        return files
    return [*files, write_page(name, text)]


def _record(cell: Cell) -> Record:
    return cell.record(work()) or {}


def _is_done(settings: Settings, done: Mapping[str, Cell], target: str) -> bool:
    return all(f"measure/{target}/{seed}" in done for seed in settings["study"]["seeds"])


def _runs(settings: Settings, done: Mapping[str, Cell], targets: Iterable[str]) -> dict[str, Any]:
    study = settings["study"]
    return {
        target: [counts_in(done[f"measure/{target}/{seed}"]) for seed in study["seeds"]]
        for target in targets
        if target in study["targets"] and _is_done(settings, done, target)
    }


def _groups(
    settings: Settings, done: Mapping[str, Cell], subsets: Sequence[Subset]
) -> dict[str, Figures]:
    study = settings["study"]
    found = {}
    for name, targets in settings["groups"].items():
        runs = _runs(settings, done, targets)
        if runs:
            families = settings["families"]
            how = (families, study["n_gold"], study["gold_k"])
            found[name.replace("_", " ")] = of_targets(runs, subsets, *how)
    return found


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _projection_table(projected: Mapping[str, Projected]) -> str:
    """A row for each voter and number of sources, a column for each target."""
    names = [name.removeprefix("projection/").replace("-", " ") for name in projected]
    found = [*projected.values()]
    rows = [
        [
            "the best source, by gold",
            *(f"{own.best[0]}: {estimated(own.best[1])}" for own in found),
        ],
        ["one source, mean", *(estimated(own.curves[ALONE][1]) for own in found)],
        [
            "the first of the ranking",
            *(f"{o.sources[0]}: {number(o.first[1].value)}" for o in found),
        ],
    ]
    voters = dict.fromkeys(v for own in found for v in own.curves if v != ALONE)
    for k in (2, 3):
        rows.append([f"the first {k}, vote", *(estimated(own.first.get(k)) for own in found)])
        for voter in voters:
            values = [own.curves.get(voter, {}).get(k) for own in found]
            if any(values):
                rows.append([f"{k}, `{voter}`", *map(estimated, values)])
    for voter in voters:
        cells = [signed(own.more[voter]) if voter in own.more else "" for own in found]
        rows.append([f"all by `{voter}`, less the best source", *cells])
    return _table(["", *names], rows)


def _group_tables(name: str, found: Figures) -> list[str]:
    """By number of sources; by family; with gold texts of the target."""
    sizes = [*found.first]
    rows = [
        [method, *(estimated(by_k.get(k)) for k in sizes), signed(found.more[method])]
        for method, by_k in found.curves.items()
    ]
    first = [estimated(found.first[k]) for k in sizes]
    rows.append(["the first of the ranking, vote", *first, ""])
    head = [name, *map(str, sizes), "all, less the best source"]
    alike = [
        [method, *(signed(by_k[k]) if k in by_k else "" for k in (2, 3))]
        for method, by_k in found.alike.items()
    ]
    levels = sorted({n for by_k in found.gold.values() for by_n in by_k.values() for n in by_n})
    gold = [
        [method if not k else f"{method}, {k}", *(estimated(by_n.get(n)) for n in levels)]
        for method, by_k in found.gold.items()
        for k, by_n in by_k.items()
    ]
    best = f"The best source by gold, of each target: {estimated(found.best)}."
    return [
        f"**{name}** ({', '.join(found.targets)}), by the number of sources. {best}",
        _table(head, rows),
        "Sources of one family, less those of both:" if alike else "",
        _table([name, "2", "3"], alike) if alike else "",
        "With gold texts of the target:",
        _table([f"{name}: method, sources", *map(str, levels)], gold),
    ]


def _targets_table(settings: Settings, done: Mapping[str, Cell], subsets: Sequence[Subset]) -> str:
    """A row for each target: the best source, and all."""
    singles = [own for own in subsets if len(own) == 1]
    whole = max(subsets, key=len)
    methods = [method for method in METHODS if method != BEA_LEARNT or len(whole) > 2]
    rows = []
    for target in settings["study"]["targets"]:
        for counts in _runs(settings, done, [target]).values():
            best = best_source(counts, singles)
            own = {target: counts}
            figures = of_targets(own, [*singles, whole], settings["families"], [], [])
            orders = [
                _record(done[f"measure/{target}/{s}"])["order"][0]
                for s in settings["study"]["seeds"]
            ]
            cells = [
                estimated(figures.best),
                *(estimated(figures.curves[m][len(whole)]) for m in methods),
            ]
            rows.append(
                [target, f"{best}; ranked first: {', '.join(dict.fromkeys(orders))}", *cells]
            )
    if not rows:
        return ""
    return _table(["target", "best source", "best, alone", *(f"all, {m}" for m in methods)], rows)


def consistency(
    parallel: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """By language and number of sources, mean and standard deviation over subsets and seeds; the same of gold labels as "gold".

    parallel: The figures of each seed.
    """
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for lang in parallel[0] if parallel else ():
        by_k: dict[str, list[Mapping[str, Any]]] = {}
        for own in parallel:
            for names, figures in own[lang].items():
                by_k.setdefault(str(len(names.split("+"))), []).append(_flat(figures))
        found[lang] = {k: _moments(rows) for k, rows in by_k.items()}
        first = next(iter(parallel[0][lang].values()))
        found[lang]["gold"] = {name: [first[name]["gold"], 0.0] for name in CONSISTENCY}
    return found


def _flat(figures: Mapping[str, Any]) -> dict[str, float | None]:
    nested = {name: figures[name]["f1"] for name in CONSISTENCY}
    return {**nested, **{name: figures[name] for name in RATES}}


def _moments(rows: Sequence[Mapping[str, float | None]]) -> dict[str, list[float]]:
    found = {}
    for name in rows[0]:
        known = [value for row in rows if (value := row[name]) is not None]
        if known:
            found[name] = [round(float(np.mean(known)), 4), round(float(np.std(known)), 4)]
    return found


def consistency_table(parallel: Sequence[Mapping[str, Any]]) -> str:
    """A row for each language and number of sources."""
    columns = {**CONSISTENCY, **RATES}
    rows = [
        [f"{lang}, {k}", *(_moment(own.get(column)) for column in columns)]
        for lang, by_k in consistency(parallel).items()
        for k, own in by_k.items()
    ]
    return _table(["English and, sources", *columns.values()], rows)


def _moment(own: Sequence[float] | None) -> str:
    if own is None:
        return ""
    return f"{number(own[0])} ± {number(own[1])}" if own[1] else number(own[0])


def _plain(value: Any) -> Any:
    """As plain data."""
    if isinstance(value, Estimate):
        return value.as_json()
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(name): _plain(own) for name, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(own) for own in value]
    return value
