"""Run a study.

    XLNER_DATA=... python -m studies adversarial [--quick 1]

Start it as often as there are processors, with OMP_NUM_THREADS=1: each process does cells that no other has begun. Stopped
and started again, it goes on. The last one to end writes the table and the plot.
"""

from __future__ import annotations

from subprocess import CalledProcessError
from typing import Annotated

import typer

from xlner_spacy.errors import XlnerError
from xlner_spacy.text.terminal import visible

from .cells import run
from .config import read_settings
from .kinds import module
from .places import work


def main(
    name: Annotated[str, typer.Argument(help="Which study: a folder here.")],
    quick: Annotated[int, typer.Option("--quick", min=0, max=1, help="1: the small version.")] = 0,
    pages: Annotated[
        bool, typer.Option("--pages", help="Only the table and plot of what is done.")
    ] = False,
) -> None:
    """Do what is not done of a study, and write what came of it."""
    try:
        settings = read_settings(name, quick=bool(quick))
        study = module(name)
        if not pages:
            run(study.cells(settings).values(), work())
        for file in study.write(name, settings, quick=bool(quick)):
            print(f"Wrote {file}")
    except (XlnerError, OSError, CalledProcessError) as error:
        typer.secho(visible(f"Error: {error}"), fg="red", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
