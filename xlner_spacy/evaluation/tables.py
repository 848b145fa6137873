"""The output of `xlner evaluate compare`: CSV, a Markdown table and a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wasabi import MarkdownRenderer

from .compare import Row
from .output import as_svg, svg_pyplot, write_contents

COLUMNS = ("corpus", "method", "task", "f1", "precision", "recall", "low", "high", "unlabelled_f1")
# Panels of the plot side by side, and its colours.
ACROSS = 5
BEST, OTHERS = "#b2410d", "#1f5f99"
COUNTS = ("gold", "predicted", "correct", "unplaced", "problems", "seconds", "error")


def write_tables(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write compare.csv, compare.md and, where matplotlib is installed, compare.svg.

    RETURNS: The files written.
    """
    contents = {"compare.csv": as_csv(rows), "compare.md": as_markdown(rows)}
    return write_contents(folder, contents, "compare.svg", lambda: as_plot(rows))


def as_csv(rows: Sequence[Row]) -> str:
    """A line for each corpus and method."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, *COUNTS], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(_flat(row))
    return text.getvalue()


def _flat(row: Row) -> dict[str, object]:
    line = {key: row.get(key, "") for key in ("corpus", "method", "task", "error")}
    if "error" in row:
        return line
    low, high = row["interval"]
    return {
        **line,
        **{key: row[key] for key in ("f1", "precision", "recall")},
        **{key: row["counts"][key] for key in ("gold", "predicted", "correct")},
        "low": low,
        "high": high,
        "unlabelled_f1": row["unlabelled"]["f1"],
        "unplaced": sum(row["losses"]["unplaced"].values()),
        "problems": sum(row["losses"]["problems"].values()),
        "seconds": round(sum(row["seconds"].values()), 2),
    }


def as_markdown(rows: Sequence[Row]) -> str:
    """One line per method, one column per corpus; the best of a column is bold."""
    methods, corpora, f1 = _grid(rows)
    tasks = list(dict.fromkeys(row["task"] for row in rows))
    best = {c: max((f1[m, c] for m in methods if (m, c) in f1), default=None) for c in corpora}
    renderer = MarkdownRenderer(no_emoji=True)
    cells = [
        [m, *(_cell(f1.get((m, c)), best[c]) for c in corpora), _mean(m, corpora, f1)]
        for m in methods
    ]
    lines = [renderer.table(cells, ["method", *corpora, "mean"])]
    failed: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if "error" in row:
            reason = row["error"].splitlines()[0]
            failed.setdefault((row["method"], reason), []).append(row["corpus"])
    lines += ["", f"F1 of exact spans with labels, micro-averaged; {' and '.join(tasks)}.", ""]
    for (method, reason), where in failed.items():
        lines.append(f"- {method} does not run on {', '.join(where)}: {reason}")
    return "\n".join(lines).rstrip() + "\n"


def _grid(
    rows: Sequence[Row],
) -> tuple[list[str], list[str], dict[tuple[str, str], float]]:
    """Methods and corpora in order, and the F1 of each pair that could be measured."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    corpora = list(dict.fromkeys(row["corpus"] for row in rows))
    f1 = {(row["method"], row["corpus"]): row["f1"] for row in rows if "f1" in row}
    return methods, corpora, f1


def _cell(value: float | None, best: float | None) -> str:
    if value is None:
        return "-"
    return f"**{value:.4f}**" if value == best else f"{value:.4f}"


def _mean(method: str, corpora: list[str], f1: dict[tuple[str, str], float]) -> str:
    """Only where the method ran on all of them: other means cannot be compared."""
    values = [f1[method, c] for c in corpora if (method, c) in f1]
    return f"{sum(values) / len(values):.4f}" if len(values) == len(corpora) else "-"


def as_plot(rows: Sequence[Row]) -> str:
    """SVG: a panel a corpus, in it a point a method with its 95% interval; the best is filled.

    Each panel has a scale of its own: methods are compared, not corpora.
    """
    plt = svg_pyplot()
    from matplotlib.ticker import MaxNLocator

    methods, corpora, f1 = _grid(rows)
    across = min(len(corpora), ACROSS)
    down = -(-len(corpora) // across)
    figure, grid = plt.subplots(
        down,
        across,
        figsize=(2.0 + 1.6 * max(2, across), down * (0.6 + 0.26 * len(methods)) + 0.4),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axes, corpus in zip(grid.flat, corpora, strict=False):
        best = max((f1[m, corpus] for m in methods if (m, corpus) in f1), default=None)
        axes.set_title(corpus, fontsize="medium")
        axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        for row in rows:
            if row["corpus"] == corpus:
                _draw(axes, row, methods.index(row["method"]), row.get("f1") == best)
    for axes in grid.flat[len(corpora) :]:
        axes.set_visible(False)
    first = grid[0, 0]
    first.set_yticks(range(len(methods)), methods)
    first.set_ylim(len(methods) - 0.4, -0.6)
    figure.supxlabel("F1 (95% interval)", fontsize="medium")
    return as_svg(figure)


def _draw(axes: Any, row: Row, at: int, best: bool) -> None:
    """One method's figure in the panel of a corpus, or that it has none there."""
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(alpha=0.3)
    axes.set_axisbelow(True)
    if "f1" not in row:
        middle = axes.get_yaxis_transform()
        axes.text(
            *(0.5, at, "does not run"),
            transform=middle,
            ha="center",
            va="center",
            fontsize="x-small",
            color="#666666",
        )
        return
    low, high = row["interval"]
    axes.errorbar(
        row["f1"],
        at,
        # Resampling may put both ends on one side of the figure.
        xerr=[[max(0.0, row["f1"] - low)], [max(0.0, high - row["f1"])]],
        fmt="o",
        markersize=5,
        color=BEST if best else OTHERS,
        markerfacecolor=BEST if best else "white",
    )
