"""The plot of the study: F1 by the number of sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlner_spacy.evaluation.output import as_svg, svg_pyplot

from ..statistics import Estimate
from .figures import Figures, Projected
from .projection import ALONE

_MARKS = "os^Dvx"


def plot(projected: Mapping[str, Projected], groups: Mapping[str, Figures], title: str) -> str:
    """A panel for each target of the projection with three sources, and for each group of targets; as SVG.

    Bars are intervals; the dotted line is the best source by gold, the dashed one the first sources of the ranking.
    """
    plt = svg_pyplot()
    most = [(name, own) for name, own in projected.items() if len(own.sources) > 2]
    n_columns = max(len(most), len(groups), 1)
    every: list[list[tuple[str, Projected | Figures]]] = [[*most], [*groups.items()]]
    rows = [own for own in every if own]
    size = (0.8 + 2.9 * n_columns, 0.6 + 3.2 * len(rows))
    figure, grid = plt.subplots(len(rows), n_columns, figsize=size, squeeze=False)
    for axes_of_row, row in zip(grid, rows, strict=True):
        for axes in axes_of_row[len(row) :]:
            axes.axis("off")
        for axes, (name, own) in zip(axes_of_row, row, strict=False):
            _panel(axes, own)
            shown = name.removeprefix("projection/").replace("-", " ")
            kind = "gold entities" if isinstance(own, Projected) else "teachers"
            axes.set_title(f"{shown}, {kind}", fontsize=8)
    figure.suptitle(title, fontsize=9)
    named = grid[-1][0].get_legend_handles_labels()
    figure.legend(*named, loc="lower center", ncols=4, fontsize=7)
    figure.tight_layout(rect=(0, 0.45 / size[1], 1, 1))
    return as_svg(figure)


def _panel(axes: Any, own: Projected | Figures) -> None:
    best = own.best if isinstance(own, Figures) else own.best[1]
    curves = {name: dict(by_k) for name, by_k in own.curves.items() if name != ALONE}
    if isinstance(own, Projected):
        curves = {name: {1: own.curves[ALONE][1], **by_k} for name, by_k in curves.items()}
    for n, (name, by_k) in enumerate(curves.items()):
        # Side by side, so that bars do not hide each other.
        places = [k + 0.06 * (n - len(curves) / 2) for k in by_k]
        values, bars = [e.value for e in by_k.values()], _bars([*by_k.values()])
        axes.errorbar(
            places, values, bars, marker=_MARKS[n % len(_MARKS)], markersize=3, linewidth=0.9, elinewidth=0.6, label=name
        )  # fmt: skip
    first = [e.value for e in own.first.values()]
    axes.plot([*own.first], first, "k--", linewidth=0.9, label="first of the ranking, vote")
    axes.axhline(
        best.value, color="grey", linestyle=":", linewidth=0.9, label="best source, by gold"
    )
    axes.set_xticks([*own.first])
    axes.tick_params(labelsize=7)
    axes.set_xlabel("source languages", fontsize=7)
    axes.set_ylabel("F1", fontsize=7)


def _bars(estimates: list[Estimate]) -> list[list[float]]:
    """How far the interval reaches below and above."""
    below = [max(0.0, own.value - own.low) for own in estimates]
    return [below, [max(0.0, own.high - own.value) for own in estimates]]
