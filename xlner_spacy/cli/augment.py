"""`xlner augment`: augmented training data as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import Code, Debug, Limit, Quiet, RequiredLang, overrides, without_overrides

OPTION = "augmenter"


def augment(
    ctx: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="GOLD... OUT.spacy", help="Labelled texts, and the file to write."),
    ],
    method: Annotated[
        str,
        typer.Option("--method", "-m", help="An augmenter, such as xlner.MentionReplacement.v1."),
    ],
    lang: RequiredLang,
    label_map: Annotated[
        list[str] | None,
        typer.Option("--label-map", help="PERSON=PER renames, ORG keeps, DATE= leaves out."),
    ] = None,
    limit: Limit = None,
    code: Code = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write labelled texts and their augmented copies, for training or to look at.

    Settings of the augmenter: --augmenter.copies 3 --augmenter.seed 1
    """
    from ..corpus.labels import parse_label_map
    from ..training.offline_augmentation import augment_files, make_augmenter

    given = [Path(path) for path in without_overrides(ctx, paths)]
    if len(given) < 2:
        raise typer.BadParameter("Give at least one file of texts, and the file to write.")
    *inputs, output = given
    augmenter = make_augmenter(method, overrides(ctx))
    counts = augment_files(
        inputs,
        output,
        augmenter,
        lang=lang,
        labels=parse_label_map(label_map or []),
        limit=limit,
        progress=not quiet,
    )
    print(
        f"Wrote {output}: {counts.written} texts, {counts.copies} of them copies, made from "
        f"{counts.read}.",
        file=sys.stderr,
    )
    if not counts.copies:
        print("No text was changed: see the settings of the augmenter.", file=sys.stderr)
