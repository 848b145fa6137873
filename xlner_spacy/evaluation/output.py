"""Files of tables and plots."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..files import atomic_file


def write_contents(
    folder: Path, contents: Mapping[str, str], plot: str, draw: Callable[[], str]
) -> list[Path]:
    """Write texts into files of a folder, and a plot where matplotlib is installed.

    plot (str): The name of the plot's file; `draw` makes its content.
    RETURNS: The files written.
    """
    every = dict(contents)
    if importlib.util.find_spec("matplotlib") is not None:
        every[plot] = draw()
    for name, content in every.items():
        with atomic_file(folder / name) as file:
            file.write(content.encode("utf8"))
    return [folder / name for name in every]


def svg_pyplot() -> Any:
    """matplotlib.pyplot, set to draw the same SVG every time, in which text stays text, to be searched
    and read aloud."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "xlner"
    mpl.rcParams["svg.fonttype"] = "none"
    import matplotlib.pyplot as plt

    return plt


def as_svg(figure: Any) -> str:
    """A figure as SVG. It is closed."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg_pyplot().close(figure)
    return buffer.getvalue()
