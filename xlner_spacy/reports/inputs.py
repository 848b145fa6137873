"""Reading what `xlner build` and `xlner evaluate` wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import existing, read_json
from ..silver.manifest import FILE, read_manifest

FIGURES = ("precision", "recall", "f1")


def read_build(folder: Path) -> dict[str, Any]:
    """The manifest of a finished build.

    folder (Path): What `xlner build` wrote, or the manifest in it.
    RAISES: InputError if there is none, or the build is not finished.
    """
    if folder.name == FILE:
        folder = folder.parent
    if not (folder / FILE).is_file():
        raise InputError(
            f"{folder} has no {FILE}: it is not the folder of an `xlner build`.",
            hint="Give the folder that `xlner build INPUT... FOLDER` wrote.",
        )
    manifest = read_manifest(folder)
    if not manifest.get("complete"):
        raise InputError(
            f"{folder / FILE}: the build is not finished.",
            hint="Run the same `xlner build` command again: it goes on where it was.",
        )
    return manifest


def named_files(values: Iterable[str]) -> dict[str, Path]:
    """NAME=FILE, or FILE alone, which is named by its stem.

    RAISES: InputError for a name that is given twice.
    """
    found: dict[str, Path] = {}
    for value in values:
        name, equals, path = value.partition("=")
        if not (name and equals and path) or Path(value).is_file():
            name, path = Path(value).stem, value
        if name in found:
            raise InputError(
                f"{path} and {found[name]} are both named {name!r}.",
                hint="Give each a name of its own: --metrics NAME=FILE.json",
            )
        found[name] = Path(path)
    return found


def read_metrics(path: Path) -> dict[str, Any]:
    """Read the output of `xlner evaluate`; keys that only some commands write are filled in empty.

    RAISES: InputError if the file is anything else.
    """
    metrics = read_json(existing(path))
    per_type = metrics.get("per_type")
    rows = [metrics, metrics.get("unlabelled"), *(per_type or {}).values()]
    if not isinstance(per_type, dict) or not all(map(_has_figures, rows)):
        raise InputError(
            f"{path} is not a metrics file: it has no precision, recall and f1, in all, per label "
            "and without labels.",
            hint="Write one: xlner evaluate model GOLD PIPELINE --lang LANG --output FILE.json",
        )
    not_all: dict[str, Any] = dict.fromkeys(("interval", "wrong"))
    return {**not_all, "confusion": {}, "counts": {}, "settings": {}, **metrics}


def _has_figures(row: Any) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(key), int | float) for key in FIGURES)
