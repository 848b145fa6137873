"""Tables and heat map of `xlner evaluate robustness`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wasabi import MarkdownRenderer

from ..files import write_json
from .output import as_svg, svg_pyplot, write_contents
from .robustness import Row
from .robustness_run import FILE, Outcome
from .suite import CLEAN


def overview(outcome: Outcome) -> str:
    """F1 of each pipeline on the copies of each change, with its drop."""
    cells = _by_change(outcome.rows)
    pipelines = list(outcome.settings["pipelines"])
    rows = [[change, *(_cell(row) for row in own)] for change, own in cells.items()]
    lines = [
        _table(rows, ["F1", *pipelines]),
        "F1 with its 95% interval; ± standard deviation over the seeds where copies are drawn; in brackets the "
        "change relative to the pipeline's own F1 on the clean text.",
    ]
    return "\n\n".join([*lines, *outcome.notes]) + "\n"


def as_markdown(outcome: Outcome) -> str:
    """The overview, the differences between the pipelines, and the details of each."""
    settings = outcome.settings
    parts = [
        "# Robustness",
        f"{settings['gold']}, {settings['lang']}, suite {settings['suite']}, {settings['seeds']} seeds, "
        f"xlner-spacy {settings['versions']['xlner-spacy']}",
        overview(outcome).rstrip(),
    ]
    if outcome.pairs:
        parts += ["## Differences between pipelines", _differences(outcome)]
    for pipeline in settings["pipelines"]:
        parts += [f"## {pipeline}", _details([r for r in outcome.rows if r.pipeline == pipeline])]
    parts.append(
        "Kinds of errors are numbers of entities, the mean of the copies: *words*, an entity was found that has some of "
        "the gold one's words, but not exactly these; *label*, exactly these with another label; *missed*, nothing was "
        "found there; *made up*, something was found where no entity is. Recall of names that were *seen* in the "
        "training corpus with their label, and of the others; in brackets how many these are."
    )
    return "\n\n".join(parts) + "\n"


def _differences(outcome: Outcome) -> str:
    names = list(dict.fromkeys((pair.first, pair.second) for pair in outcome.pairs))
    rows = []
    for change in _by_change(outcome.rows):
        own = {(p.first, p.second): p for p in outcome.pairs if p.change == change}
        told = [
            f"{p.difference:+.3f} ({p.low:+.3f} to {p.high:+.3f}){' *' if p.is_sure else ''}"
            for p in map(own.__getitem__, names)
        ]
        rows.append([change, *told])
    return (
        _table(rows, ["F1", *(f"{first} - {second}" for first, second in names)])
        + "\n\n95% intervals by paired bootstrap over the texts. \\*: the interval leaves out zero. Each stands for itself: "
        "of many that do not differ, one in twenty is marked by chance."
    )


def _details(rows: Sequence[Row]) -> str:
    head = ["", "F1", "clean", "drop", "precision", "recall"]
    kinds = ["right", "words", "label", "missed", "made up"]
    with_seen = any(row.n_seen or row.n_unseen for row in rows)
    cells = []
    for row in rows:
        own = [f"{row.f1:.3f}", f"{row.clean_f1:.3f}", _drop(row)]
        own += [f"{row.precision:.3f}", f"{row.recall:.3f}"]
        if with_seen:
            own += [_recall(row.recall_seen, row.n_seen), _recall(row.recall_unseen, row.n_unseen)]
        k = row.kinds
        own += [f"{n:.0f}" for n in (k.right, k.wrong_words, k.wrong_label, k.missed, k.made_up)]
        cells.append([row.change, *own])
    return _table(cells, [*head, *(["seen", "unseen"] if with_seen else []), *kinds])


def _recall(recall: float | None, number: int) -> str:
    return "-" if recall is None else f"{recall:.3f} ({number})"


def _cell(row: Row) -> str:
    low, high = row.interval
    spread = f" ± {row.spread:.3f}" if row.copies > 1 else ""
    drop = "" if row.change == CLEAN else f" ({_drop(row)})"
    return f"{row.f1:.3f}{spread}, {low:.3f}-{high:.3f}{drop}"


def _drop(row: Row) -> str:
    """The change, with its sign as a reader expects it: less is worse."""
    return "-" if row.drop is None or row.change == CLEAN else f"{0.0 - row.drop:+.1%}"


def _table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    table: str = MarkdownRenderer(no_emoji=True).table(rows, head)
    return table


def _by_change(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each change, in the order of the pipelines."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.change, []).append(row)
    return found


def write_robustness(outcome: Outcome, folder: Path) -> list[Path]:
    """Write robustness.json, .md and, where matplotlib is installed, .svg.

    RETURNS: The files written.
    """
    content = {
        "settings": outcome.settings,
        "seconds": round(sum(row.seconds for row in outcome.rows), 3),
        "rows": [asdict(row) for row in outcome.rows],
        "pairs": [asdict(pair) for pair in outcome.pairs],
        "left_out": outcome.left_out,
        "notes": outcome.notes,
    }
    write_json(folder / FILE, content)
    written = write_contents(
        folder,
        {"robustness.md": as_markdown(outcome)},
        "robustness.svg",
        lambda: heat_map(outcome.rows),
    )
    return [folder / FILE, *written]


def heat_map(rows: Sequence[Row]) -> str:
    """SVG: a row for each change, a column for each pipeline; the darker, the more of its F1 on the clean text is
    lost. Each cell says how much, and what F1 is left, so that it can be read without the shade."""
    plt = svg_pyplot()
    by_change = _by_change(rows)
    pipelines = list(dict.fromkeys(row.pipeline for row in rows))
    drops = [[max(0.0, row.drop or 0.0) for row in own] for own in by_change.values()]
    most = max(0.1, *(drop for own in drops for drop in own))
    longest = max(map(len, pipelines))
    figure, axes = plt.subplots(
        figsize=(2.6 + max(1.6, 0.09 * longest) * len(pipelines), 1 + 0.3 * len(by_change)),
        layout="constrained",
    )
    image = axes.imshow(drops, cmap="Greys", vmin=0, vmax=most, aspect="auto")
    for y, own in enumerate(by_change.values()):
        for x, row in enumerate(own):
            told = f"{row.f1:.3f}" if row.change == CLEAN else f"{_drop(row)}  ({row.f1:.3f})"
            shade: Any = "white" if drops[y][x] > most / 2 else "black"
            axes.text(x, y, told, ha="center", va="center", fontsize="small", color=shade)
    axes.set_xticks(range(len(pipelines)), pipelines)
    axes.set_yticks(range(len(by_change)), list(by_change))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_xticks([n + 0.5 for n in range(len(pipelines) - 1)], minor=True)
    axes.set_yticks([n + 0.5 for n in range(len(by_change) - 1)], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.02)
    bar.set_label("share of the clean F1 that is lost")
    bar.ax.yaxis.set_major_formatter("{x:.0%}")
    bar.outline.set_visible(False)
    return as_svg(figure)
