"""The folder of a build, opened for one process alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import InputError
from ..files import answered, is_remote, make_folder, resumed_after_full_disk
from . import manifest
from .shards import prepare


def begun(settings: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a build that is not finished."""
    return {"format": manifest.FORMAT, "complete": False, "settings": settings}


@contextmanager
def open_folder(output: Path, settings: dict[str, Any]) -> Iterator[None]:
    """Lock the folder, and check that an earlier run in it was one of the same build.

    An object store has no locks. Two runs of one build there do its work twice, and no harm: each
    writes the same parts, whole.

    RAISES: InputError if it is the folder of another build or being built; SetupError if the
        disk is full.
    """
    # Compare settings as JSON stores them, with lists instead of tuples.
    settings = json.loads(json.dumps(settings))
    with answered(output):
        # A run that was killed in its first moment may have left a hidden file.
        names = [path.name for path in output.iterdir()] if output.is_dir() else []
        is_new = all(name.startswith((".lock", ".manifest.json-")) for name in names)
        is_ours = (output / manifest.FILE).is_file()
        if (output.exists() and not output.is_dir()) or not (is_new or is_ours):
            raise InputError(
                f"{output} exists and is not the folder of an `xlner build`.",
                hint="Name a new folder.",
            )
    make_folder(output)
    try:
        lock = nullcontext() if is_remote(output) else FileLock(output / ".lock", timeout=0)
        with lock, resumed_after_full_disk(output):
            _check_earlier(output, settings, is_new)
            prepare(output)
            yield
    except Timeout as error:
        raise InputError(
            f"{output} is being built by another process.", hint="Wait for it to end."
        ) from error


def _check_earlier(output: Path, settings: dict[str, Any], is_new: bool) -> None:
    with answered(output):
        has_parts = any(output.glob("parts/*.json"))
    # Nothing is built yet, so there are no earlier settings to match.
    if not has_parts and (is_new or not _is_finished(output)):
        manifest.write_manifest(output, begun(settings))
    old = manifest.read_manifest(output)["settings"]
    if manifest.has_more_labels(old["labels"], settings["labels"]):
        # No finished part can have met the new labels.
        old["labels"] = settings["labels"]
    manifest.check_same_settings(output, old, settings)


def _is_finished(output: Path) -> bool:
    return bool(manifest.read_manifest(output).get("complete"))
