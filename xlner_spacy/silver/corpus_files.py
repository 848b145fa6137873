"""The files that a list of corpora stands for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import InputError
from ..files import is_remote, located
from .shards import check_split


def corpus_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files of corpora, in order; of a folder its .spacy files by name. A URL is that of a file.

    RAISES: InputError if a folder has none, or is not as its `xlner build` left it.
    """
    files: list[Path] = []
    for path in map(located, paths):
        if is_remote(path) or not path.is_dir():
            files.append(path)
            continue
        if check_split(path) == 0:
            raise InputError(
                f"{path} is empty: its build put no text into {path.name}.",
                hint="Build again with another --dev, --min-confidence or --empty-rate, or with "
                "more texts.",
            )
        shards = sorted(path.glob("*.spacy"))
        if not shards:
            parts = sorted(part.name for part in path.iterdir() if part.is_dir())
            raise InputError(
                f"{path} has no .spacy files.",
                hint="Name one of the folders in it: " + ", ".join(str(path / p) for p in parts)
                if parts
                else "Give a file, or the folder of an `xlner build`: silver/train",
            )
        files.extend(shards)
    return files
