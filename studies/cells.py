"""Cells of a study: pieces of work whose results are kept, so that it can be stopped, resumed, and done by several
processes at once."""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout
from tqdm import tqdm

from xlner_spacy.files import make_folder, read_json, write_json

RECORD = "cell.json"
_WAIT = 2.0  # seconds between two looks at what other processes do

Record = dict[str, Any]


class Cell(NamedTuple):
    """A piece of work.

    name: Unique within its study, as "train/wol/fgm/0".
    settings: All that its result depends on, as plain data: with other settings it is another cell.
    make: Does the work in the cell's folder, from which it may read what an interrupted run has left. Its result is
        plain data.
    needs: Cells that have to be done before.
    """

    name: str
    settings: Mapping[str, Any]
    make: Callable[[Path], Record]
    needs: Sequence[Cell] = ()

    @property
    def digest(self) -> str:
        """Of the settings, and of those of what it needs."""
        both = [self.settings, [need.digest for need in self.needs]]
        return hashlib.sha256(json.dumps(both, sort_keys=True).encode()).hexdigest()[:10]

    def folder(self, work: Path) -> Path:
        """Where its files are, in the folder of all studies."""
        return work / f"{self.name}-{self.digest}"

    def record(self, work: Path) -> Record | None:
        """Its result, with the seconds that it took; None: not done."""
        file = self.folder(work) / RECORD
        return read_json(file) if file.is_file() else None


def run(cells: Iterable[Cell], work: Path) -> None:
    """Do what is not done yet.

    Several processes may do this at once: each takes cells that no other has. One that another process has begun
    is waited for, and taken over if that process ends.

    cells: What they need is done first.
    work (Path): The folder of all studies.
    """
    cells = [*_with_needs(cells)]
    open_cells = [cell for cell in cells if cell.record(work) is None]
    with tqdm(total=len(cells), initial=len(cells) - len(open_cells), unit="cell") as bar:
        while open_cells:
            begun = [cell for cell in open_cells if _try(cell, work, bar)]
            open_cells = [cell for cell in open_cells if cell.record(work) is None]
            bar.update(len(cells) - len(open_cells) - bar.n)
            if open_cells and not begun:
                time.sleep(_WAIT)


def _with_needs(cells: Iterable[Cell]) -> list[Cell]:
    """Each once, after what it needs."""
    found: dict[tuple[str, str], Cell] = {}
    for cell in cells:
        for own in (*_with_needs(cell.needs), cell):
            found.setdefault((own.name, own.digest), own)
    return [*found.values()]


def _try(cell: Cell, work: Path, bar: tqdm) -> bool:
    """Do a cell, unless it is done, or another process does it, or what it needs is not there."""
    folder = cell.folder(work)
    if (folder / RECORD).is_file() or any(need.record(work) is None for need in cell.needs):
        return False
    make_folder(folder)
    try:
        with FileLock(folder / ".lock", timeout=0):
            if not (folder / RECORD).is_file():
                bar.set_postfix_str(cell.name)
                begun = time.monotonic()
                record = cell.make(folder)
                gc.collect()  # pipelines refer to themselves, and hold gigabytes
                seconds = round(time.monotonic() - begun, 1)
                settings = json.loads(json.dumps(dict(cell.settings)))
                kept = {**record, "seconds": seconds, "settings": settings}
                write_json(folder / RECORD, kept)
                bar.update()
    except Timeout:
        return False
    return True
