"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import InputError
from ..pipeline.loading import read_config

_state = {"debug": False}


def _set_debug(on: bool) -> None:
    _state["debug"] = on


def debug_is_on() -> bool:
    """Whether this run was given --debug."""
    return _state["debug"]


Debug = Annotated[
    bool,
    typer.Option("--debug", callback=_set_debug, is_eager=True, help="Show tracebacks of errors."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
SourceLang = Annotated[
    str | None, typer.Option("--source-lang", help="Language with an NER model; default: en.")
]
PipelineConfig = Annotated[
    Path | None,
    typer.Option("--config", help="A spaCy config or the folder of a saved pipeline."),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metrics",
        metavar="[NAME=]FILE.json",
        help="What `xlner benchmark` wrote; may be given several times.",
    ),
]


def load_blocks(path: Path | None) -> dict[str, Any]:
    """The xl_projector block of a config file, without the factory's name.

    RAISES: InputError if there is no such file or block.
    """
    if path is None:
        return {}
    components = read_config(path, interpolate=True).get("components", {})
    for block in components.values() if isinstance(components, dict) else ():
        if isinstance(block, dict) and block.get("factory") == "xl_projector":
            return {key: value for key, value in block.items() if key != "factory"}
    raise InputError(f'{path} has no component with factory = "xl_projector".')
