"""Methods beside a base, on every test: figures, table and plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from xlner_spacy.evaluation.output import as_svg, svg_pyplot

from .measuring import f1
from .statistics import Estimate, difference, difference_of_drops, mean_f1, relative_drop

Counts = dict[str, np.ndarray]

_PANELS = 5  # beside each other in a plot


class Entry(NamedTuple):
    """A method on a test.

    f1: Mean over seeds.
    of_seeds: F1 of each.
    more: Than the base; None for the base itself.
    """

    f1: Estimate
    of_seeds: list[float]
    more: Estimate | None

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "f1": self.f1.as_json(),
            "of_seeds": [round(float(own), 4) for own in self.of_seeds],
            "more_than_base": self.more.as_json() if self.more else None,
        }


Comparison = dict[str, dict[str, Entry]]  # by test, and by method


def compare(counts: Mapping[str, Sequence[Counts]], base: str) -> Comparison:
    """The methods on every test that the base has.

    counts: For each method, the counts of each seed; once for one that has no seed.
    """
    return {test: _on(test, counts, base) for test in counts[base][0]}


def _on(test: str, counts: Mapping[str, Sequence[Counts]], base: str) -> dict[str, Entry]:
    own_base = [own[test] for own in counts[base]]
    found = {}
    for method, runs in counts.items():
        own = [run[test] for run in runs if test in run]
        if not own:
            continue
        more = None if method == base else difference(*_same_number(own, own_base))
        of_seeds = [float(f1(run.sum(axis=0))) for run in own]
        found[method] = Entry(mean_f1(own), of_seeds, more)
    return found


def compare_drops(
    counts: Mapping[str, Sequence[Counts]], base: str, inside: Mapping[str, str]
) -> dict[str, dict[str, tuple[Estimate, Estimate | None]]]:
    """By test and method: how much of its F1 on one test set a method loses on another, and how much more that is
    than what the base loses.

    inside: By test set, the one that the loss is counted from.
    """
    found: dict[str, dict[str, tuple[Estimate, Estimate | None]]] = {}
    for test, beside in inside.items():
        found[test] = {}
        for method, runs in counts.items():
            own, other = _same_number(runs, counts[base])
            sets = [[run[name] for run in part] for part in (own, other) for name in (beside, test)]
            more = None if method == base else difference_of_drops(*sets)
            found[test][method] = relative_drop(*sets[:2]), more
    return found


def _same_number(own: Sequence[Any], base: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Runs of two methods, where one may have no seed and so one run."""
    n_seeds = max(len(own), len(base))
    one, other = ([*runs] * n_seeds if len(runs) == 1 else [*runs] for runs in (own, base))
    return one, other


def pooled(counts: Counts, tests: Sequence[str], name: str) -> Counts:
    """Counts with one test more: several that are copies of the same texts, together."""
    return {**counts, name: np.sum([counts[test] for test in tests], axis=0)}


def table(comparison: Comparison, tests: Sequence[str], base: str) -> str:
    """A row a method: F1, and how much more than the base with its interval; bold where that leaves out zero."""
    methods = list(comparison[tests[0]])
    rows = [f"| | {' | '.join(tests)} |", "| --- |" + " --- |" * len(tests)]
    for method in methods:
        cells = [_cell(comparison[test].get(method)) for test in tests]
        rows.append(f"| {method}{' (base)' if method == base else ''} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(entry: Entry | None) -> str:
    if entry is None:
        return ""
    if entry.more is None:
        return estimated(entry.f1)
    return f"{number(entry.f1.value)}, {signed(entry.more)}"


def table_of_drops(drops: Mapping[str, Mapping[str, tuple[Estimate, Estimate | None]]]) -> str:
    """A row a method: what it loses, in percent, and how much more than the base, in points."""
    tests = list(drops)
    rows = [f"| lost | {' | '.join(tests)} |", "| --- |" + " --- |" * len(tests)]
    for method in drops[tests[0]]:
        cells = []
        for test in tests:
            lost, more = drops[test][method]
            own = f"{lost.value:.1%} ({lost.low:.1%} to {lost.high:.1%})"
            cells.append(own if more is None else f"{lost.value:.1%}, {signed(more)}")
        rows.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(rows)


def estimated(own: Estimate | None) -> str:
    """.712 (.690-.731); "" for None."""
    return "" if own is None else f"{number(own.value)} ({number(own.low)}-{number(own.high)})"


def signed(more: Estimate) -> str:
    """+.012 (-.003 to .024); bold where the interval leaves out zero."""
    value = f"{more.value:+.3f}".replace("0.", ".", 1)
    text = f"{value} ({number(more.low)} to {number(more.high)})"
    return f"**{text}**" if more.is_sure else text


def number(value: float) -> str:
    """.712, -.003"""
    return f"{value:.3f}".replace("0.", ".", 1)


def forest(
    parts: Mapping[str, Comparison], tests: Mapping[str, Sequence[str]], base: str, title: str
) -> str:
    """A plot of how much more each method has than the base, with intervals, as SVG.

    parts: Comparisons, a row of panels each.
    tests: Of each part, those that are shown, a panel each, in lines of five.
    """
    plt = svg_pyplot()
    lines = [
        (part, names[start : start + _PANELS])
        for part, names in tests.items()
        for start in range(0, len(names), _PANELS)
    ]
    most = max(len(names) for _, names in lines)
    methods = [m for m in next(iter(next(iter(parts.values())).values())) if m != base]
    size = (2.2 + 2.4 * most, 0.8 + len(lines) * (0.5 + 0.24 * len(methods)))
    figure, grid = plt.subplots(
        len(lines), most, figsize=size, sharex=True, sharey=True, squeeze=False
    )
    for row, (part, names) in zip(grid, lines, strict=True):
        for axes in row[len(names) :]:
            axes.axis("off")
        for axes, test in zip(row, names, strict=False):
            _panel(axes, parts[part][test], methods)
            axes.set_title(f"{part}: {test}", fontsize=8)
    figure.suptitle(title, fontsize=9)
    figure.supxlabel("F1, more than without, with its 95% interval", fontsize=8)
    figure.tight_layout()
    return as_svg(figure)


def _panel(axes: Any, entries: Mapping[str, Entry], methods: Sequence[str]) -> None:
    axes.axvline(0, color="grey", linewidth=0.8)
    for height, method in enumerate(reversed(methods)):
        entry = entries.get(method)
        if entry is None or entry.more is None:
            continue
        more = entry.more
        filled = "black" if more.is_sure else "white"
        axes.plot([more.low, more.high], [height, height], color="black", linewidth=1)
        axes.plot(more.value, height, "o", color="black", markerfacecolor=filled, markersize=4)
    axes.set_yticks(range(len(methods)), list(reversed(methods)), fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
