"""`xlner report`: a page about a build and what was trained on it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, Metrics


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="BUILD_FOLDER", help="What `xlner build` wrote.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="HTML file for the page.")],
    metrics: Metrics = None,
    title: Annotated[str | None, typer.Option("--title", help="The page's heading.")] = None,
    debug: Debug = False,
) -> None:
    """Write a page about a silver corpus: counts, scores, examples, what is least sure, errors.

    The page is one HTML file that needs no network.
    """
    from ..reports.inputs import named_files
    from ..reports.report_page import write_report

    write_report(folder, named_files(metrics or []), output, title)
    print(f"Written to {output}", file=sys.stderr)
