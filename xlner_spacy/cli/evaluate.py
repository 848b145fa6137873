"""`xlner evaluate`: projection, pipelines, word alignment and methods against gold data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError, install_hint
from .options import (
    OVERRIDES,
    Code,
    Debug,
    GpuId,
    Labels,
    Lang,
    Limit,
    Output,
    PipelineConfig,
    Quiet,
    RequiredLang,
    SourceLangs,
    overrides,
    split_labels,
    without_overrides,
)

TargetGold = Annotated[
    Path, typer.Argument(metavar="TARGET_GOLD", help="Gold sentences: CoNLL or .iob2.")
]
SourceGolds = Annotated[
    list[str],
    typer.Option(
        "--source",
        metavar="LANG=FILE",
        help="Their translations with gold entities, en=EN_GOLD; may be given several times.",
    ),
]

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure against gold data.")


@evaluate_app.command("projection", context_settings=OVERRIDES)
def projection(
    ctx: typer.Context,
    target: TargetGold,
    lang: RequiredLang,
    source: SourceGolds,
    output: Output,
    config: PipelineConfig = None,
    labels: Labels = None,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Project gold entities onto gold parallel sentences.

    Measures word alignment and matching alone: sentences are joined by sent_id where the files
    have them, otherwise by their place.
    """
    from ..evaluation.projection import evaluate_projection
    from ..files import check_place
    from ..pipeline.loading import load

    sources = _sources(source)
    check_place(output, target, config, *sources.values())
    nlp = load(config, lang=lang, source_langs=list(sources), overrides=overrides(ctx))
    result = evaluate_projection(
        nlp, target, sources, lang, labels=split_labels(labels), limit=limit, quiet=quiet
    )
    _finish(result, output)


@evaluate_app.command("model", context_settings=OVERRIDES)
def model(
    ctx: typer.Context,
    gold: Annotated[Path, typer.Argument(help="Gold texts: CoNLL, .iob2, .jsonl or .spacy.")],
    lang: RequiredLang,
    output: Output,
    pipelines: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PIPELINE...",
            help="A package, folder or .cfg. Of several, the first one's entities are kept and "
            "the others' added where there is room. None: the default pipeline of the language.",
        ),
    ] = None,
    source_lang: SourceLangs = None,
    labels: Labels = None,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure pipelines on gold texts: trained ones, and those that project."""
    from ..evaluation.model import evaluate_model
    from ..files import check_place

    names = without_overrides(ctx, pipelines or [])
    check_place(output, gold, *names)
    result = evaluate_model(
        names,
        gold,
        lang,
        source_langs=source_lang,
        overrides=overrides(ctx),
        labels=split_labels(labels),
        limit=limit,
        quiet=quiet,
    )
    _finish(result, output)


@evaluate_app.command("alignment", context_settings=OVERRIDES)
def alignment(
    ctx: typer.Context,
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD.tsv",
            help="A line for each pair: source TAB target TAB links i-j. Words are separated by "
            "blanks and counted from 0; i?j is a possible link.",
        ),
    ],
    lang: RequiredLang,
    output: Output,
    source_lang: Annotated[
        str, typer.Option("--source-lang", help="Language of the first column.")
    ] = "en",
    config: PipelineConfig = None,
    weak: Annotated[
        bool, typer.Option("--weak", help="Count links that the aligner marks as weak, too.")
    ] = False,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure the word aligner of a pipeline: precision, recall, F1 and alignment error rate."""
    from ..evaluation.alignment import evaluate_alignment
    from ..files import check_place
    from ..pipeline.loading import load

    check_place(output, gold, config)
    nlp = load(config, lang=lang, source_langs=[source_lang], overrides=overrides(ctx))
    result = evaluate_alignment(nlp, gold, source_lang, lang, weak=weak, limit=limit, quiet=quiet)
    _write(result, output)
    _table([("links", result)], ("precision", "recall", "f1", "aer"))


@evaluate_app.command("consistency")
def consistency(
    target: TargetGold,
    lang: RequiredLang,
    source: SourceGolds,
    output: Output,
    pipeline: Annotated[
        str | None,
        typer.Option("--pipeline", help="For the texts: a folder, a package or a .cfg."),
    ] = None,
    source_pipeline: Annotated[
        str | None, typer.Option("--source-pipeline", help="For the translations.")
    ] = None,
    labels: Labels = None,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compare what is found in texts with what is found in their translations.

    Both pipelines are the embedded recogniser (`xl_transfer`) where none is named.
    """
    from ..evaluation.consistency import evaluate_consistency
    from ..files import check_place
    from ..pipeline.loading import load_finder

    sources = _sources(source)
    check_place(output, target, pipeline, source_pipeline, *sources.values())
    result = evaluate_consistency(
        load_finder(pipeline, lang),
        load_finder(source_pipeline, None),
        target,
        sources,
        lang,
        labels=split_labels(labels),
        limit=limit,
        quiet=quiet,
    )
    _write(result, output)
    columns = ("labels", "gold", "mentions", "gold ", "weakness", "mirror")
    rows = [
        (
            f"{code}-{lang}",
            {
                "labels": row["labels"]["f1"],
                "gold": row["labels"]["gold"],
                "mentions": row["mentions"]["f1"],
                "gold ": row["mentions"]["gold"],
                "weakness": row["weakness"] or 0.0,
                "mirror": row["mirror"] or 0.0,
            },
        )
        for code, row in result.items()
    ]
    _table(rows, columns)


@evaluate_app.command("sources", context_settings=OVERRIDES)
def several_sources(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for sources.csv, .md, .svg, .json.")
    ],
    target_gold: Annotated[
        Path | None, typer.Argument(help="Gold file of the target language.")
    ] = None,
    lang: Lang = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", help="LANG=FILE, parallel gold. May be given several times."),
    ] = None,
    corpus: Annotated[
        str | None,
        typer.Option("--corpus", help="In the place of files: europarl-ner or uner-pud."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", help="With --corpus: the target language.")
    ] = None,
    subsets: Annotated[
        int, typer.Option("--subsets", min=1, help="At most so many of each size, at random.")
    ] = 50,
    config: PipelineConfig = None,
    labels: Labels = None,
    limit: Limit = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure what more source languages bring: every subset of them, with every voter.

    Gold entities are projected from each source once. Name a corpus and a target (then all its other
    languages are sources), or TARGET_GOLD with --lang and --source files.
    """
    from ..evaluation.sources import as_markdown, evaluate_sources, write_sources
    from ..files import make_folder
    from ..pipeline.loading import load

    file, target_lang, sources = _parallel(target_gold, lang, source or [], corpus, target)
    make_folder(output)
    nlp = load(config, lang=target_lang, source_langs=list(sources), overrides=overrides(ctx))
    outcome = evaluate_sources(
        nlp,
        file,
        sources,
        target_lang,
        subsets=subsets,
        labels=split_labels(labels),
        limit=limit,
        quiet=quiet,
    )
    written = write_sources(outcome, output)
    sys.stdout.write(as_markdown(outcome))
    print(f"Written: {', '.join(str(path) for path in written)}", file=sys.stderr)


@evaluate_app.command("compare")
def compare_methods(
    configs: Annotated[
        list[Path], typer.Argument(help="Configs, one per method: configs/methods/*.cfg")
    ],
    corpora: Annotated[
        list[str],
        typer.Option(
            "--corpus",
            help="europarl-ner, uner-pud:pt, ... (all languages that are there, or one), or files: "
            "en-pt=SOURCE,TARGET. May be given several times.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for compare.csv, .md, .svg, .json.")
    ],
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
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure methods side by side. Steps that they share are done once.

    Rows that are in the output folder already are not measured again, so a comparison that was
    stopped continues where it was.
    """
    from ..evaluation.compare import TASKS, compare
    from ..evaluation.corpora import find_corpora
    from ..evaluation.tables import as_markdown, write_tables

    if task is not None and task not in TASKS:
        raise InputError(f"There is no task {task!r}.", hint=f"Choose one of: {', '.join(TASKS)}.")
    found = [corpus for name in corpora for corpus in find_corpora(name, data)]
    rows = compare(
        configs,
        found,
        output,
        task=task,
        labels=split_labels(labels),
        limit=limit,
        report=lambda line: None if quiet else print(line, file=sys.stderr),
    )
    written = write_tables(rows, output)
    sys.stdout.write(as_markdown(rows))
    print(f"Written: {', '.join(str(path) for path in written)}", file=sys.stderr)
    if not any(path.suffix == ".svg" for path in written):
        print(f"No plot: matplotlib is missing ({install_hint('workflow')}).", file=sys.stderr)


def _parallel(
    file: Path | None, lang: str | None, source: list[str], corpus: str | None, target: str | None
) -> tuple[Path, str, dict[str, Path]]:
    """Target file and language and source files, of a corpus by name or as they are given.

    RAISES: InputError if something is missing, or both are given.
    """
    from ..evaluation.corpora import parallel_files

    by_files, by_name = bool(file or lang or source), bool(corpus or target)
    how = "Give --corpus uner-pud --target pt, or GOLD --lang pt --source en=FILE --source de=FILE."
    if by_files and by_name:
        raise InputError(
            "--corpus goes with --target, not with GOLD, --lang or --source.", hint=how
        )
    if corpus and target:
        return parallel_files(corpus, target)
    if file and lang and source:
        return file, lang, _sources(source)
    raise InputError("It is not clear what is to be measured.", hint=how)


def _sources(values: list[str]) -> dict[str, Path]:
    found = dict(_source(value) for value in values)
    if len(found) < len(values):
        raise InputError("--source: a language is given twice.", hint="Give each language once.")
    return found


def _source(value: str) -> tuple[str, Path]:
    lang, equals, file = value.partition("=")
    if not (lang and equals and file):
        raise InputError(
            f"--source {value!r} names no language and file.", hint="Write --source en=FILE"
        )
    return lang, Path(file)


def _finish(result: dict[str, Any], output: Path) -> None:
    _write(result, output)
    rows = {"all": result, **result["per_type"], "without labels": result["unlabelled"]}
    _table(list(rows.items()), ("precision", "recall", "f1"))


def _write(result: dict[str, Any], output: Path) -> None:
    from ..files import write_json

    write_json(output, result)
    print(f"Written to {output}", file=sys.stderr)


def _table(rows: list[tuple[str, dict[str, Any]]], columns: tuple[str, ...]) -> None:
    from wasabi import table

    cells = [(name, *(f"{row[key]:.4f}" for key in columns)) for name, row in rows]
    print(table(cells, header=("", *columns), divider=True, aligns=("l", *"r" * len(columns))))
