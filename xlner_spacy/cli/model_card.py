"""`xlner model-card`: a trained pipeline's README.md and meta.json."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, Metrics


def model_card(
    pipeline: Annotated[
        Path, typer.Argument(metavar="PIPELINE_FOLDER", help="What `spacy train` wrote.")
    ],
    manifest: Annotated[
        list[Path],
        typer.Option(
            "--manifest",
            metavar="BUILD_FOLDER",
            help="What `xlner build` wrote, and it was trained on; may be given several times.",
        ),
    ],
    licence: Annotated[str, typer.Option("--licence", help="The model's: MIT, CC-BY-SA-4.0.")],
    metrics: Metrics = None,
    name: Annotated[
        str, typer.Option("--name", help="The package's; the language goes before it.")
    ] = "xl_silver",
    version: Annotated[str, typer.Option("--version", help="The package's.")] = "0.1.0",
    gold_note: Annotated[
        str, typer.Option("--gold-note", help="A word on the gold data, for the card.")
    ] = "",
    debug: Debug = False,
) -> None:
    """Write a model card: README.md and meta.json in a trained pipeline's folder.

    `spacy package` takes both along. A README.md that is there is replaced.
    """
    from ..reports.card import write_model_card
    from ..reports.inputs import named_files

    package = write_model_card(
        pipeline,
        manifest,
        named_files(metrics or []),
        licence,
        name=name,
        version=version,
        gold_note=gold_note,
    )
    lines = [f"Written to {pipeline / 'README.md'} and {pipeline / 'meta.json'}"]
    if not (pipeline / "LICENSE").is_file():
        lines.append(
            f"Put the licence's text into {pipeline / 'LICENSE'}: it will be packaged too."
        )
    lines.append(f"Package {package}: python -m spacy package {pipeline} FOLDER")
    print("\n".join(lines), file=sys.stderr)
