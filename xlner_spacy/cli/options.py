"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError

_state = {"debug": False}

# For commands that take config overrides: --components.x.y value
OVERRIDES = {"allow_extra_args": True, "ignore_unknown_options": True}


def _set_debug(on: bool) -> None:
    _state["debug"] = on


def debug_is_on() -> bool:
    """Whether this run was given --debug."""
    return _state["debug"]


def _import_code(path: Path | None) -> Path | None:
    """Run the user's Python file, so that the functions that it registers are there."""
    from spacy.util import import_file

    if path is not None:
        if not path.is_file():
            raise InputError(f"--code {path}: there is no such Python file.")
        import_file("python_code", path)
    return path


def _use_gpu(gpu_id: int | None) -> int | None:
    from ..models.hub import use_gpu

    if gpu_id is not None:
        use_gpu(gpu_id)
    return gpu_id


Debug = Annotated[
    bool,
    typer.Option("--debug", callback=_set_debug, is_eager=True, help="Show tracebacks of errors."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Lang = Annotated[str | None, typer.Option("--lang", help="Language of the texts.")]
RequiredLang = Annotated[str, typer.Option("--lang", help="Language of the texts.")]
SourceLangs = Annotated[
    list[str] | None,
    typer.Option(
        "--source-lang",
        help="Language with an NER model; default: en. May be given several times.",
    ),
]
PipelineConfig = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="A spaCy config or the folder of a saved pipeline. Change its settings with "
        "--components.NAME.SETTING VALUE.",
    ),
]
Code = Annotated[
    Path | None,
    typer.Option(
        "--code",
        "-c",
        callback=_import_code,
        help="A Python file to import first: it registers functions that the config names.",
    ),
]
GpuId = Annotated[
    int | None,
    typer.Option(
        "--gpu-id",
        "-g",
        callback=_use_gpu,
        help="The GPU to use, -1 for none. By default the first one where there is one.",
    ),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write.")]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metrics",
        metavar="[NAME=]FILE.json",
        help="A file that `xlner evaluate` wrote; may be given several times.",
    ),
]
Labels = Annotated[
    str | None, typer.Option("--labels", help="Score these labels only: PER,LOC,ORG")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first N texts.")]


def split_labels(labels: str | None) -> list[str] | None:
    """The labels of --labels; None stands for all of them.

    RAISES: InputError if there is nothing between two commas.
    """
    if labels is None:
        return None
    found = [label.strip() for label in labels.split(",")]
    if not all(found):
        raise InputError(f"--labels {labels!r} has an empty label.", hint="Write PER,LOC,ORG.")
    return found


def overrides(ctx: typer.Context) -> dict[str, Any]:
    """The config settings that the command line replaces, by their names with dots.

    RAISES: InputError for an option that there is not.
    """
    from click import NoSuchOption
    from spacy.cli._util import parse_config_overrides

    try:
        return parse_config_overrides(list(ctx.args), env_var=None)
    except NoSuchOption as error:
        raise InputError(
            f"There is no option {error.option_name}.",
            hint=f"See {ctx.command_path} --help. Settings of the config are named with their "
            "section: --components.xl_projector.max_words 50",
        ) from error


def without_overrides(ctx: typer.Context, values: Sequence[Any]) -> list[str]:
    """The values of an argument that takes any number of them: click gives it the overrides
    too, which are moved to the context."""
    kept: list[str] = []
    rest = iter(map(str, values))
    for value in rest:
        if not value.startswith("--"):
            kept.append(value)
            continue
        ctx.args.append(value)
        if "." in value and "=" not in value:
            ctx.args.extend(item for item in [next(rest, None)] if item is not None)
    return kept


def named_models(
    config: Path | None, changes: Mapping[str, Any] | None, code: Path | None
) -> list[Any]:
    """What a run is made from besides its pipeline's config: for digests of the files that it
    names.

    config, changes, code: --config, the overrides and --code.
    """
    from ..pipeline.loading import read_config

    is_file = config is not None and config.is_file()
    return [read_config(config, True, changes) if config and is_file else config, code]
