"""Results, pictures and pages of a study."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from xlner_spacy.errors import InputError
from xlner_spacy.files import atomic_file, make_folder, write_json
from xlner_spacy.silver.manifest import versions

from .cells import Cell
from .places import PAGES, PROJECT, work

BEGIN, END = "<!-- table: made by the study's command -->", "<!-- end of the table -->"


def write_results(
    name: str, quick: bool, cells: Iterable[Cell], comparison: Mapping[str, Any], svg: str
) -> list[Path]:
    """Write the results, with every cell, and the plot beside the study's config.

    RETURNS: The files.
    """
    folder = PROJECT / "studies" / name
    results = {
        "versions": versions(),
        "machine": {"processors": os.cpu_count(), "architecture": platform.machine()},
        "comparison": comparison,
        "cells": {cell.name: cell.record(work()) for cell in cells},
    }
    file = folder / ("quick.json" if quick else "results.json")
    write_json(file, results)
    if quick:
        return [file]
    plot = PAGES / "images" / f"{name}.svg"
    make_folder(plot.parent)
    with atomic_file(plot) as out:
        out.write(svg.encode())
    return [file, plot]


def write_page(name: str, table: str) -> Path:
    """Put a table into the page of a study, docs/studies/NAME.md; where there is no page yet, into studies/NAME/results.md.

    RAISES: InputError if the page has no place for it.
    """
    page = PAGES / f"{name}.md"
    if not page.is_file():
        beside = PROJECT / "studies" / name / "results.md"
        with atomic_file(beside) as out:
            out.write(f"{table}\n".encode())
        return beside
    text = page.read_text(encoding="utf8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputError(f"{page} has no place for a table.", hint=f"Write {BEGIN} and {END}.")
    with atomic_file(page) as out:
        out.write(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}".encode())
    return page
