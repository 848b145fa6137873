"""`xlner evaluate robustness`: pipelines on changed copies of gold texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import install_hint
from .options import Code, Debug, GpuId, Labels, Limit, Quiet, RequiredLang, split_labels


def robustness(
    gold: Annotated[Path, typer.Argument(help="Gold texts: CoNLL, .iob2, .jsonl or .spacy.")],
    lang: RequiredLang,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for robustness.json, .md, .svg.")
    ],
    pipelines: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=]PIPELINE...",
            help="Packages, folders or .cfg. None: the default pipeline of the language.",
        ),
    ] = None,
    suite: Annotated[
        str, typer.Option("--suite", help="quick (16 changes) or full (29, more strengths).")
    ] = "quick",
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="Copies that are drawn of each random change.")
    ] = 3,
    names: Annotated[
        Path | None,
        typer.Option(
            "--names",
            help="Names in the language: a labelled corpus, or .jsonl lines of label and text. Those "
            "that are not in --train are put in the place of the texts' own.",
        ),
    ] = None,
    foreign: Annotated[
        Path | None, typer.Option("--foreign", help="Likewise, names of another language.")
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option(
            "--train",
            help="The corpus that the pipelines were trained on: entities whose name is in it with "
            "their label are seen.",
        ),
    ] = None,
    labels: Labels = None,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure pipelines on gold texts and on changed copies of them.

    What is in the output folder already is not measured again, so a run that was stopped continues where
    it was.
    """
    from ..evaluation.robustness_run import evaluate_robustness
    from ..evaluation.robustness_tables import overview, write_robustness

    outcome = evaluate_robustness(
        pipelines or [],
        gold,
        lang,
        output,
        suite=suite,
        seeds=seeds,
        names_file=names,
        foreign_file=foreign,
        train_file=train,
        labels=split_labels(labels),
        limit=limit,
        quiet=quiet,
    )
    written = write_robustness(outcome, output)
    sys.stdout.write(overview(outcome))
    print(f"Written: {', '.join(str(path) for path in written)}", file=sys.stderr)
    if not any(path.suffix == ".svg" for path in written):
        print(f"No plot: matplotlib is missing ({install_hint('workflow')}).", file=sys.stderr)
