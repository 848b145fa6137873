"""What a study does with its config: its own module study.py, or a grid."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from . import grid
from .cells import Cell
from .places import PROJECT

Settings = Mapping[str, Any]


class Study(Protocol):
    """What such a module has."""

    def cells(self, settings: Settings) -> Mapping[Any, Cell]:
        """What is to be done. RAISES: InputError for a config that does not fit together."""
        ...

    def write(self, name: str, settings: Settings, *, quick: bool) -> list[Path]:
        """Write the results of what is done: a file of figures; a table and a plot for the page, or, of the small
        version, for the terminal.

        RETURNS: The files.
        """
        ...


def module(name: str) -> Study:
    """The module of a study."""
    own = PROJECT / "studies" / name / "study.py"
    return cast(Study, import_module(f"studies.{name}.study") if own.is_file() else grid)
