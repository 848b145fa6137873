"""`xlner benchmark`: projection measured against gold data."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import Debug, Quiet, load_blocks

benchmark_app = typer.Typer(no_args_is_help=True, help="Measure projection against gold data.")

Out = Annotated[Path, typer.Option("--out", help="JSON file for the figures.")]
Source = Annotated[str, typer.Option("--source-lang", help="Language with an NER model.")]
Target = Annotated[str, typer.Option("--target-lang", help="Language of the texts.")]
MatcherName = Annotated[
    str | None, typer.Option("--matcher", help="exact (default), ilp, greedy or heuristic.")
]
MeasureName = Annotated[
    str | None, typer.Option("--measure", help="name-f1 (default), link-f1 or paper.")
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="A config whose xl_projector block says which parts to use."),
]
Labels = Annotated[str | None, typer.Option("--labels", help="Score these only: PER,LOC,ORG")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N sentences.")]


@benchmark_app.command("projection")
def projection(
    source: Annotated[Path, typer.Argument(help="Gold source sentences: CoNLL or .iob2.")],
    target: Annotated[Path, typer.Argument(help="Their translations, with gold entities.")],
    source_lang: Source,
    target_lang: Target,
    out: Out,
    matcher: MatcherName = None,
    measure: MeasureName = None,
    config: ConfigFile = None,
    limit: Limit = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Project gold entities onto gold parallel sentences.

    Measures alignment and matching alone. Without --matcher and --measure the default is
    measured, and beside it the word-alignment heuristic and the paper's score, on SimAlign's
    links (on the same links as the default, where --config names an aligner).
    """
    from ..evaluation.projection import benchmark_projection
    from ..files import check_place

    check_place(out)
    result = benchmark_projection(
        source,
        target,
        source_lang,
        target_lang,
        matcher=matcher,
        measure=measure,
        config=load_blocks(config),
        limit=limit,
        quiet=quiet,
    )
    _finish(result, out)


@benchmark_app.command("translate-test")
def translate_test(
    gold: Annotated[Path, typer.Argument(help="Gold target sentences: CoNLL or .iob2.")],
    source_lang: Source,
    target_lang: Target,
    out: Out,
    matcher: MatcherName = None,
    measure: MeasureName = None,
    config: ConfigFile = None,
    labels: Labels = None,
    limit: Limit = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure the whole way: translate gold sentences, annotate, project, score."""
    from ..evaluation.projection import benchmark_translate_test
    from ..files import check_place

    check_place(out)
    result = benchmark_translate_test(
        gold,
        source_lang,
        target_lang,
        config=load_blocks(config),
        matcher=matcher,
        measure=measure,
        labels=_split(labels),
        limit=limit,
        quiet=quiet,
    )
    _finish(result, out)


@benchmark_app.command("model")
def model(
    gold: Annotated[Path, typer.Argument(help="Gold texts: CoNLL, .iob2, .jsonl or .spacy.")],
    models: Annotated[
        list[str],
        typer.Argument(help="A trained pipeline; several: the first's entities go before."),
    ],
    lang: Annotated[str, typer.Option("--lang", help="Language of the texts.")],
    out: Out,
    labels: Labels = None,
    limit: Limit = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure trained pipelines, or configs of xl_projector pipelines, on gold texts."""
    from ..evaluation.model import benchmark_model
    from ..files import check_place
    from .project import load_any

    check_place(out)
    result = benchmark_model(
        models,
        gold,
        lang,
        labels=_split(labels),
        limit=limit,
        quiet=quiet,
        load=load_any,
    )
    _finish(result, out)


@benchmark_app.command("compare")
def compare_methods(
    configs: Annotated[
        list[Path], typer.Argument(help="Configs, a method each: configs/methods/*.cfg")
    ],
    corpora: Annotated[
        list[str],
        typer.Option(
            "--corpus",
            help="europarl-ner, uner-pud:pt, ... (all languages that are there, or one), or files: "
            "en-pt=SOURCE,TARGET. May be given several times.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for compare.csv, .md, .svg, .json.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder with the corpora instead of $XLNER_DATA.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            "--task",
            help="projection (gold source entities) or translate-test. By default projection "
            "where the corpus is parallel.",
        ),
    ] = None,
    labels: Labels = None,
    limit: Limit = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure methods side by side. What they share is done once.

    What is in the output folder already is not measured again, so a comparison that was
    stopped goes on where it was.
    """
    from ..errors import InputError
    from ..evaluation.compare import TASKS, compare
    from ..evaluation.corpora import find_corpora
    from ..evaluation.tables import as_markdown, write_tables

    if task is not None and task not in TASKS:
        raise InputError(f"There is no task {task!r}.", hint=f"Choose one of: {', '.join(TASKS)}.")
    found = [corpus for name in corpora for corpus in find_corpora(name, data)]
    rows = compare(
        configs,
        found,
        out,
        task=task,
        labels=_split(labels),
        limit=limit,
        report=lambda line: None if quiet else print(line, file=sys.stderr),
    )
    written = write_tables(rows, out)
    sys.stdout.write(as_markdown(rows))
    print(f"Written: {', '.join(str(path) for path in written)}", file=sys.stderr)
    if not any(path.suffix == ".svg" for path in written):
        print('No plot: pip install "xlner-spacy[workflow]" for matplotlib.', file=sys.stderr)


def _split(labels: str | None) -> list[str] | None:
    return [label.strip() for label in labels.split(",")] if labels else None


def _finish(result: dict[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..files import atomic_file

    with atomic_file(out) as file:
        file.write((json.dumps(result, indent=2, ensure_ascii=False) + "\n").encode("utf8"))
    table = Table()
    for column in ("", "precision", "recall", "F1"):
        table.add_column(column)
    rows = {"all": result, **result["per_type"], "without labels": result["unlabelled"]}
    rows.update({f"beside: {name}": row for name, row in result.get("beside", {}).items()})
    for name, row in rows.items():
        table.add_row(name, *(f"{row[key]:.4f}" for key in ("precision", "recall", "f1")))
    Console(file=sys.stdout).print(table)
    print(f"Written to {out}")
