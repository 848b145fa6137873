"""Learning curves: F1 by the number of gold sentences, and what is read off them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np

from xlner_spacy.evaluation.output import as_svg, svg_pyplot

from ..comparison import estimated, number
from ..statistics import Estimate, mean_f1

_STYLES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Point:
    """F1 with so many gold sentences, the mean over seeds."""

    n: int
    f1: Estimate

    @classmethod
    def of(cls, n: int, counts: Sequence[np.ndarray]) -> Point:
        """From the counts of each seed."""
        return cls(n, mean_f1(counts))


@dataclass(frozen=True)
class Curve:
    """One way, with more and more gold sentences."""

    way: str
    points: Sequence[Point]

    @property
    def area(self) -> float | None:
        """The area under the curve over log2(n), from its first number of gold sentences that is not 0 to its last one, as
        a mean F1; None for fewer than two points. (The active learning challenge, Guyon et al. 2011.)"""
        known = [point for point in self.points if point.n]
        if len(known) < 2:
            return None
        places = [log2(point.n) for point in known]
        heights = [point.f1.value for point in known]
        width = places[-1] - places[0]
        return float(np.trapezoid(heights, places) / width)

    def needed(self, f1: float) -> float | None:
        """How many gold sentences it takes to have an F1, between two points by log2(n + 1); None outside of the
        curve."""
        for low, high in zip(self.points, self.points[1:], strict=False):
            if low.f1.value <= f1 <= high.f1.value and low.f1.value < high.f1.value:
                share = (f1 - low.f1.value) / (high.f1.value - low.f1.value)
                ends = log2(low.n + 1), log2(high.n + 1)
                return float(2 ** (ends[0] + share * (ends[1] - ends[0])) - 1)
        return None

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        points = [{"n": point.n, "f1": point.f1.as_json()} for point in self.points]
        return {"way": self.way, "points": points, "area": self.area}


def as_markdown(curves: Sequence[Curve]) -> str:
    """A row a way: F1 at each number of gold sentences, the area, how many gold sentences what it has without any is
    worth, and how many times more of them the first way needs for the F1 that this one has at the last but one."""
    levels = sorted({point.n for curve in curves for point in curve.points})
    first = curves[0]
    rows = [
        f"| gold sentences | {' | '.join(map(str, levels))} | area | worth, without gold | times fewer |",
        "| --- |" + " --- |" * (len(levels) + 3),
    ]
    for curve in curves:
        found = {point.n: point.f1 for point in curve.points}
        cells = [estimated(found.get(level)) for level in levels]
        cells.append("" if curve.area is None else number(curve.area))
        cells += [_worth(curve, first), _times_fewer(curve, first)]
        rows.append(f"| {curve.way} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _worth(curve: Curve, first: Curve) -> str:
    """What a way has without gold sentences, in gold sentences of the first way."""
    if curve is first or not curve.points or curve.points[0].n:
        return ""
    f1 = curve.points[0].f1.value
    if first.points and f1 <= first.points[0].f1.value:
        return "0"
    needed = first.needed(f1)
    return f"{needed:.0f}" if needed is not None else f"more than {first.points[-1].n}"


def _times_fewer(curve: Curve, first: Curve) -> str:
    """The data-efficiency ratio where the way has the F1 that the first one has in the middle of its curve."""
    known = [point for point in first.points if point.n]
    if curve is first or len(known) < 2 or not curve.points:
        return ""
    middle = known[len(known) // 2]
    if curve.points[0].f1.value >= middle.f1.value:
        return f"needs none for the {number(middle.f1.value)} of {middle.n}"
    needed = curve.needed(middle.f1.value)
    if needed is None:
        return f"does not have the {number(middle.f1.value)} of {middle.n}"
    return f"{middle.n / max(needed, 1):.1f} (for the {number(middle.f1.value)} of {middle.n})"


def plot(curves: Mapping[str, Sequence[Curve]], title: str) -> str:
    """F1 over gold sentences, a panel a language, with intervals, as SVG."""
    plt = svg_pyplot()
    size = (4.2 * max(1, len(curves)), 3.4)
    figure, axes = plt.subplots(1, max(1, len(curves)), figsize=size, squeeze=False)
    for panel, (language, found) in zip(axes[0], curves.items(), strict=False):
        for curve, style in zip(found, _STYLES, strict=False):
            places = [log2(point.n + 1) for point in curve.points]
            f1 = np.array([point.f1 for point in curve.points]).reshape(-1, 3)
            panel.plot(places, f1[:, 0], style, marker="o", markersize=3, label=curve.way)
            panel.fill_between(places, f1[:, 1], f1[:, 2], alpha=0.12)
        levels = sorted({point.n for curve in found for point in curve.points})
        panel.set_xticks([log2(n + 1) for n in levels], [str(n) for n in levels], fontsize=7)
        panel.tick_params(axis="y", labelsize=7)
        panel.set_title(language, fontsize=9)
        panel.set_xlabel("gold sentences", fontsize=8)
    axes[0][0].set_ylabel("F1", fontsize=8)
    axes[0][0].legend(fontsize=7)
    figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    return as_svg(figure)
