"""What `xlner benchmark compare` writes: CSV, a Markdown table and a plot."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path

from ..corpus.texts import atomic_file
from .compare import Row

COLUMNS = ("corpus", "method", "task", "f1", "precision", "recall", "low", "high", "unlabelled_f1")
COUNTS = ("gold", "predicted", "correct", "unplaced", "problems", "seconds", "error")


def write_tables(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write compare.csv, compare.md and, where matplotlib is installed, compare.svg.

    RETURNS: The files written.
    """
    contents = {"compare.csv": as_csv(rows), "compare.md": as_markdown(rows)}
    if importlib.util.find_spec("matplotlib") is not None:
        contents["compare.svg"] = as_plot(rows)
    for name, content in contents.items():
        with atomic_file(folder / name) as file:
            file.write(content.encode("utf8"))
    return [folder / name for name in contents]


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
    """A line a method, a column a corpus; the best of a column is bold."""
    methods, corpora, f1 = _grid(rows)
    best = {c: max((f1[m, c] for m in methods if (m, c) in f1), default=None) for c in corpora}
    lines = ["| method | " + " | ".join([*corpora, "mean"]) + " |"]
    lines.append("| --- |" + " --- |" * (len(corpora) + 1))
    for method in methods:
        cells = [_cell(f1.get((method, c)), best[c]) for c in corpora]
        lines.append("| " + " | ".join([method, *cells, _mean(method, corpora, f1)]) + " |")
    failed = [row for row in rows if "error" in row]
    lines += ["", "F1 of exact spans with labels, micro-averaged.", ""]
    for row in failed:
        reason = row["error"].splitlines()[0]
        lines.append(f"- {row['method']} does not run on {row['corpus']}: {reason}")
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
    """SVG: for each corpus a point a method, with its 95% interval."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "xlner"
    import matplotlib.pyplot as plt

    methods, corpora, _ = _grid(rows)
    height = 1.2 + 0.24 * len(methods) * len(corpora)
    figure, axes = plt.subplots(figsize=(8, max(3.0, height)), layout="constrained")
    colors = plt.get_cmap("tab10").colors  # type: ignore[attr-defined]
    shown = set()
    for row in rows:
        if "f1" not in row:
            continue
        n = methods.index(row["method"])
        at = corpora.index(row["corpus"]) + (n + 0.5) / len(methods) * 0.8 - 0.4
        low, high = row["interval"]
        axes.errorbar(
            row["f1"],
            at,
            # Resampling may put both ends on one side of the figure.
            xerr=[[max(0.0, row["f1"] - low)], [max(0.0, high - row["f1"])]],
            fmt="os^Dvph*X"[n // len(colors) % 9],
            color=colors[n % len(colors)],
            label=None if row["method"] in shown else row["method"],
        )
        shown.add(row["method"])
    axes.set_yticks(range(len(corpora)), corpora)
    axes.invert_yaxis()
    axes.set_xlabel("F1 (95% interval)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.3)
    handles, names = axes.get_legend_handles_labels()
    order = sorted(range(len(names)), key=lambda k: methods.index(names[k]))
    figure.legend(
        [handles[k] for k in order],
        [names[k] for k in order],
        loc="outside lower center",
        ncols=3,
        fontsize="small",
        frameon=False,
    )
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return buffer.getvalue()
