"""What tables and plots call pipelines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError


def named_pipelines(items: Iterable[str]) -> dict[str, str]:
    """Pipelines by their names: that of "student=training/model-best", else the file's or folder's where no other
    has it, else the whole path.

    items: Packages, folders or configs (.cfg), with a name before "=" or without.
    RAISES: InputError if a name or a pipeline is there twice.
    """
    parts = [_parts(item) for item in items]
    for path, count in Counter(Path(pipeline) for _, pipeline in parts).items():
        if count > 1:
            raise InputError(f"The pipeline {str(path)!r} is there twice.", hint="Name it once.")
    shorts = Counter(_short(pipeline) for name, pipeline in parts if name is None)
    found: dict[str, str] = {}
    for given, pipeline in parts:
        short = _short(pipeline)
        name = given or (short if shorts[short] == 1 else pipeline)
        if name in found:
            raise InputError(
                f"Two pipelines are called {name!r}: {found[name]} and {pipeline}.",
                hint=f"Name one of them: other={pipeline}",
            )
        found[name] = pipeline
    return found


def _parts(item: str) -> tuple[str | None, str]:
    name, equals, pipeline = item.partition("=")
    if not equals:
        return None, item
    if not (name.strip() and pipeline):
        raise InputError(f"{item!r} is no name and pipeline.", hint="Write NAME=PIPELINE.")
    return name.strip(), pipeline


def _short(pipeline: str) -> str:
    path = Path(pipeline)
    if path.suffix == ".cfg":
        return path.stem
    is_spacys = path.name in ("model-best", "model-last") and path.parent.name
    return f"{path.parent.name}/{path.name}" if is_spacys else path.name
