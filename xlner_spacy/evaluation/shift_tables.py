"""The output of `xlner evaluate shift`: a Markdown page and a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wasabi import MarkdownRenderer

from .output import as_svg, svg_pyplot, write_contents
from .shift import Outcome

ACROSS = 4  # panels of the plot side by side
# Told apart in grey, too: by shape, and by filling.
MARKERS = "os^DvP*Xp<>h"
COLOURS = ("#1f5f99", "#b2410d", "#2f7d4f", "#6b4a9e", "#8a6d00", "#444444")
KINDS = ("wrong_words", "wrong_label", "missed", "made_up")


def write_shift(outcome: Outcome, folder: Path) -> list[Path]:
    """Write shift.md and, where matplotlib is installed, shift.svg. (shift.json is there already.)

    RETURNS: The files written.
    """
    contents = {"shift.md": as_markdown(outcome)}
    return write_contents(folder, contents, "shift.svg", lambda: as_plot(outcome))


def main_table(outcome: Outcome) -> str:
    """A line for each domain and pipeline: F1 in the domain and out of it, and what is lost."""
    robust = any(row["effective_robustness"] for row in outcome["rows"])
    header = ["domain", "labels", "pipeline", "F1 in", "F1 out", "drop", "relative drop"]
    header += ["effective robustness"] * robust
    cells = [
        [
            f"{row['domain']} ({row['in_domain']})",
            " ".join(row["labels"]),
            row["pipeline"],
            *(_with_interval(row[side]["f1"], row[side]["interval"]) for side in ("in", "out")),
            _value(row["drop"]),
            _value(row["relative_drop"]),
            *[_value(row["effective_robustness"])] * robust,
        ]
        for row in outcome["rows"]
    ]
    return str(MarkdownRenderer(no_emoji=True).table(cells, header))


def as_markdown(outcome: Outcome) -> str:
    """All tables, with what they mean and the label maps, which the figures depend on."""
    parts = [
        main_table(outcome),
        "F1 of exact spans with labels, micro-averaged, on the labels that both domains have; in brackets after a domain "
        "the in-domain set that it is compared with, after a figure its 95% interval (bootstrap over texts). Drop: F1 "
        "in less F1 out; relative drop: its share of F1 in. What is lost depends on the domains' guidelines, too.",
        *_of_baselines(outcome),
        *_of_differences(outcome),
        "## Kinds of errors",
        "In % of the domain's gold entities, in the in-domain set → out of it.",
        _errors(outcome["rows"]),
        "## Domains",
        _domains(outcome["domains"]),
    ]
    if outcome["notes"]:
        parts += ["## Notes", "\n".join(f"- {note}" for note in outcome["notes"])]
    return "\n\n".join(parts) + "\n"


def _of_baselines(outcome: Outcome) -> list[str]:
    if not outcome["lines"]:
        return []
    without = [name for name, line in outcome["lines"].items() if line is None]
    text = (
        "Effective robustness (Taori et al. 2020): F1 out less what the line of the baselines "
        f"({', '.join(outcome['settings']['baselines'])}) in logits expects of F1 in."
    )
    if without:
        text += f" No line in {', '.join(without)}: a baseline's F1 is 0 or 1, or all are alike in the in-domain set."
    return [text]


def _of_differences(outcome: Outcome) -> list[str]:
    """Against the first pipeline; shift.json has those of each two."""
    rows = outcome["differences"]
    own = [row for row in rows if row["first"] == rows[0]["first"]]
    if not own:
        return []
    cells = [[row["domain"], row["second"], _value(row if "value" in row else None)] for row in own]
    return [
        "## Differences of relative drops",
        f"The relative drop of {own[0]['first']} less that of the other, by paired bootstrap over the texts of both "
        "domains. Above 0 it loses the larger share. An interval that has 0 in it is no difference.",
        str(MarkdownRenderer(no_emoji=True).table(cells, ["domain", "other", "difference"])),
    ]


def _errors(rows: Sequence[Outcome]) -> str:
    cells = []
    for row in rows:
        shares = [
            " → ".join(
                f"{100 * row[side]['errors'][kind] / row[side]['counts']['gold']:.1f}"
                for side in ("in", "out")
            )
            for kind in KINDS
        ]
        cells.append([row["domain"], row["pipeline"], *shares])
    header = ["domain", "pipeline", *(kind.replace("_", " ") for kind in KINDS)]
    return str(MarkdownRenderer(no_emoji=True).table(cells, header))


def _domains(domains: Mapping[str, Outcome]) -> str:
    cells = [
        [
            name,
            own["lang"],
            str(own["texts"]),
            str(own["tokens"]),
            str(own["longest"]),
            _counts(own["entities"]),
            _renamed(own["label_map"]),
            _counts(own["left_out"]),
        ]
        for name, own in domains.items()
    ]
    header = ["domain", "language", "texts", "tokens", "longest", "entities", "renamed", "left out"]
    return str(MarkdownRenderer(no_emoji=True).table(cells, header))


def _renamed(labels: Mapping[str, str]) -> str:
    """The labels of a file, by those that they are scored as."""
    old_of: dict[str, list[str]] = {}
    for old, new in labels.items():
        if new and old != new:
            old_of.setdefault(new, []).append(old)
    return "; ".join(f"{new}: {', '.join(old)}" for new, old in old_of.items())


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts.items())


def _value(difference: Mapping[str, float] | None) -> str:
    if difference is None:
        return "-"
    return _with_interval(difference["value"], [difference["low"], difference["high"]], "+")


def _with_interval(value: float, ends: Sequence[float], sign: str = "") -> str:
    low, high = (format(end, f"{sign}.3f") for end in ends)
    return f"{format(value, f'{sign}.4f')} ({low} to {high})"


def as_plot(outcome: Outcome) -> str:
    """SVG: a panel a domain, in it a point a pipeline with its 95% intervals: F1 in the in-domain set and F1 out
    of it. On the dotted line nothing would be lost; the dashed one is that of the baselines.
    """
    plt = svg_pyplot()
    rows = outcome["rows"]
    domains = list(dict.fromkeys(row["domain"] for row in rows))
    names = list(outcome["settings"]["pipelines"])
    across = min(len(domains), ACROSS)
    down = -(-len(domains) // across)
    figure, grid = plt.subplots(
        down,
        across,
        figsize=(1.0 + 2.1 * max(2, across), 0.7 + 2.2 * down),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    ends = [end for row in rows for side in ("in", "out") for end in row[side]["interval"]]
    low, high = max(0.0, min(ends) - 0.05), min(1.0, max(ends) + 0.05)
    for axes, domain in zip(grid.flat, domains, strict=False):
        own = [row for row in rows if row["domain"] == domain]
        axes.set_title(f"{domain}\n{' '.join(own[0]['labels'])}", fontsize="small")
        axes.plot([low, high], [low, high], ":", color="#666666", linewidth=1)
        _draw_line(axes, outcome["lines"].get(domain), low, high)
        for row in own:
            _draw(
                axes,
                row,
                names.index(row["pipeline"]),
                row["pipeline"] in outcome["settings"]["baselines"],
            )
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.set_aspect("equal")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
    for number, axes in enumerate(grid.flat):
        axes.set_visible(number < len(domains))
        # The lowest one of its column has the numbers.
        axes.tick_params(labelbottom=number < len(domains) <= number + across)
    figure.supxlabel("F1 in the in-domain set (95% interval)", fontsize="medium")
    figure.supylabel("F1 in the domain", fontsize="medium")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper center", ncols=min(4, len(labels)), fontsize="small"
    )
    return as_svg(figure)


def _draw_line(axes: Any, line: Mapping[str, float] | None, low: float, high: float) -> None:
    import numpy as np

    if line is not None:
        x = np.linspace(max(low, 0.001), min(high, 0.999), 100)
        logits = line["intercept"] + line["slope"] * np.log(x / (1 - x))
        axes.plot(x, 1 / (1 + np.exp(-logits)), "--", color="#666666", linewidth=1)


def _draw(axes: Any, row: Outcome, number: int, is_baseline: bool) -> None:
    """A pipeline's point in the panel of a domain; that of a baseline is hollow."""
    x, y = row["in"]["f1"], row["out"]["f1"]
    # Resampling may put both ends on one side of the figure.
    bars = [
        [[max(0.0, value - ends[0])], [max(0.0, ends[1] - value)]]
        for value, ends in ((x, row["in"]["interval"]), (y, row["out"]["interval"]))
    ]
    colour = COLOURS[number % len(COLOURS)]
    axes.errorbar(
        x,
        y,
        xerr=bars[0],
        yerr=bars[1],
        fmt=MARKERS[number % len(MARKERS)],
        markersize=5,
        elinewidth=1,
        color=colour,
        markerfacecolor="white" if is_baseline else colour,
        label=row["pipeline"],
    )
