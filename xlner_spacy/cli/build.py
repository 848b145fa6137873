"""`xlner build`: silver training data."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from .engine_choice import Engine, chosen_engine
from .options import (
    Code,
    Debug,
    GpuId,
    Lang,
    PipelineConfig,
    Quiet,
    SourceLangs,
    named_models,
    overrides,
    without_overrides,
)
from .project import source_lines
from .teachers import Weights, with_teachers
from .translation_cache import Cache, cache_translations, report_cache


class Mode(StrEnum):
    """Where the labels come from."""

    translate_test = "translate-test"
    translate_train = "translate-train"
    teach = "teach"


class Below(StrEnum):
    """The treatment of an entity whose confidence is too low."""

    drop = "drop"
    missing = "missing"
    text = "text"


class Incomplete(StrEnum):
    """The treatment of a text with an entity that was not placed."""

    keep = "keep"
    drop = "drop"


def build(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT... OUTPUT",
            help="Files or their URLs, and the folder to build, or its URL.",
        ),
    ],
    mode: Annotated[
        Mode,
        typer.Option(
            "--mode",
            help="translate-test: from raw texts; translate-train: from a labelled source corpus; "
            "teach: from raw texts, by what --teacher pipelines believe of each token.",
        ),
    ] = Mode.translate_test,
    lang: Lang = None,
    source_lang: SourceLangs = None,
    config: PipelineConfig = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(
            "--teacher",
            metavar="NAME=PIPELINE",
            help="teach: a package, a folder or a .cfg, may be given several times.",
        ),
    ] = None,
    weights: Annotated[
        Weights,
        typer.Option(
            "--weights",
            help="teach: equal, or likeness: weigh teachers, whose names are languages then, by how alike "
            "these are to --lang, as `xlner sources` measures it.",
        ),
    ] = Weights.equal,
    learn_trust: Annotated[
        bool,
        typer.Option(
            "--learn-trust",
            help="teach: weigh teachers by how often each is right, learnt without labels from the first "
            "1000 texts (three teachers at least).",
        ),
    ] = False,
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature",
            help="teach: below 1, the student is to be surer than the teachers are on average (see "
            "docs/methods.md).",
        ),
    ] = None,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", help="Entities below it are not trained on.")
    ] = 0.0,
    below: Annotated[
        Below,
        typer.Option(
            "--below",
            help="Of these: drop the entity, mark its words as missing, or drop the text.",
        ),
    ] = Below.drop,
    incomplete: Annotated[
        Incomplete,
        typer.Option("--incomplete", help="Texts with an entity that found no place."),
    ] = Incomplete.keep,
    empty_rate: Annotated[
        float, typer.Option("--empty-rate", help="Share kept of the texts without entities.")
    ] = 1.0,
    dev: Annotated[float, typer.Option("--dev", help="Share of the texts for dev, by hash.")] = 0.1,
    label_map: Annotated[
        list[str] | None,
        typer.Option("--label-map", help="PERSON=PER renames, ORG keeps, DATE= leaves out."),
    ] = None,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Keep texts that are there already.")
    ] = False,
    shard_size: Annotated[int, typer.Option("--shard-size", help="Texts a shard.")] = 500,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Texts at once.")] = 64,
    markers: Annotated[
        bool,
        typer.Option(
            "--markers",
            help="translate-train: translate entities with markers round them; by alignment only "
            "those whose markers are lost.",
        ),
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            help="local: this process makes the parts; ray: the workers of a Ray cluster.",
        ),
    ] = Engine.local,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            help="ray: HOST:PORT of the cluster, ray://HOST:PORT, or auto for the one on this machine; "
            "default: one is started here for the build.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="ray: How many; default: as many as there are cores for."),
    ] = None,
    worker_cpus: Annotated[
        int, typer.Option("--worker-cpus", help="ray: Cores of each worker.")
    ] = 1,
    worker_gpus: Annotated[
        float, typer.Option("--worker-gpus", help="ray: GPUs of each worker.")
    ] = 0,
    cache: Cache = None,
    code: Code = None,
    gpu_id: GpuId = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Build a silver corpus: DocBin shards for `spacy train`, and a manifest.

    Run again after an interruption, it continues where it stopped, with the same result.
    """
    from dataclasses import replace

    from ..corpus.labels import parse_label_map
    from ..files import located
    from ..pipeline.loading import check_projects, load
    from ..silver.build_options import BuildOptions
    from ..silver.builder import build as build_corpus
    from ..silver.selection import Selection

    given = without_overrides(ctx, paths)
    if len(given) < 2:
        raise typer.BadParameter("Give at least one file, and the folder to build.")
    inputs, output = [located(path) for path in given[:-1]], located(given[-1])
    options = BuildOptions(
        mode.value,
        keep_duplicates,
        shard_size,
        batch_size,
        projection="markers" if markers else "alignment",
    )
    selection = Selection(
        min_confidence=min_confidence,
        below=below.value,
        incomplete=incomplete.value,
        empty_rate=empty_rate,
        dev_rate=dev,
        labels=parse_label_map(label_map or []),
    )
    changes = overrides(ctx)
    check_teachers(mode, teacher, weights, learn_trust, temperature)
    makers = chosen_engine(engine, address, workers, worker_cpus, worker_gpus, cache, gpu_id, code)
    if mode is Mode.teach:
        check_teach(config, changes)
        nlp = with_teachers(
            inputs,
            lang,
            teacher or [],
            parse_label_map(label_map or []),
            weights,
            learn_trust,
            temperature,
            not quiet,
        )
        selection = replace(selection, labels=None)  # the teachers' labels are mapped
    else:
        nlp = load(config, lang=lang, source_langs=source_lang, overrides=changes)
        check_projects(nlp, config)
    caches = cache_translations(nlp, cache)
    models = named_models(config, changes, code)
    try:
        result = build_corpus(
            inputs,
            output,
            nlp,
            options,
            selection,
            models=models,
            engine=makers,
            progress=not quiet,
        )
    except KeyboardInterrupt:
        print("\nStopped. The same command continues where it stopped.", file=sys.stderr)
        raise
    print(summary(result, output), file=sys.stderr)
    report_cache(caches, cache)


def check_teachers(
    mode: Mode,
    teacher: list[str] | None,
    weights: Weights,
    learn_trust: bool,
    temperature: float | None,
) -> None:
    """RAISES: InputError if there are teachers, and nobody asks them, or they are to be weighed in two ways."""
    by_likeness = weights is Weights.likeness
    if by_likeness and learn_trust:
        raise InputError("--weights likeness and --learn-trust do not go together: give one.")
    options = {
        "--teacher": teacher,
        "--weights": by_likeness,
        "--learn-trust": learn_trust,
        "--temperature": temperature,
    }
    given = [option for option, wanted in options.items() if wanted]
    if given and mode is not Mode.teach:
        raise InputError(
            f"{' and '.join(given)} need --mode teach; this is {mode.value}.",
            hint="Add --mode teach, to label the texts by what the teachers believe.",
        )


def check_teach(config: Path | None, changes: dict[str, Any]) -> None:
    """RAISES: InputError if something is given that teachers do not have."""
    given = [*(["--config"] if config else []), *(f"--{name}" for name in changes)]
    if given:
        raise InputError(
            f"--mode teach has no use for {', '.join(given)}.",
            hint="Give the pipelines that teach: --teacher en=PIPELINE. One may be a .cfg file.",
        )


def summary(manifest: dict[str, Any], output: object) -> str:
    """A few lines on what was built and what was lost."""
    counts = manifest["counts"]
    texts = counts["texts"]
    lines = [f"{output}: {texts['read']} texts read"]
    for split in ("train", "dev"):
        found = ", ".join(f"{count} {label}" for label, count in counts[split].items())
        lines.append(f"  {split}: {texts.get(split, 0)} texts ({found or 'no entities'})")
    lines.extend(f"  placed {how}: {n} entities" for how, n in counts["placed"].items())
    for name, count in texts.items():
        if name.startswith("left out"):
            lines.append(f"  {name}: {count}")
    lines.extend(f"  {line}" for line in source_lines(counts["sources"], counts["sources_failed"]))
    for kind, what in (("entities_lost", "entity"), ("source_dropped", "source label dropped")):
        lines.extend(f"  {what}: {name}: {count}" for name, count in counts[kind].items())
    for split, option in (("train", "--min-confidence or --empty-rate"), ("dev", "--dev")):
        if not texts.get(split):
            lines.append(f"  Nothing for {split}: spacy train needs it. See {option}.")
    return "\n".join(lines)
