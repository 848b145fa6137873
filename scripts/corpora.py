"""The gold corpora of the workflow `bosque`: the extra assets of project.yml.

    python scripts/corpora.py [DEST...]

Each comes from the folder that XLNER_DATA names, or is downloaded; one that is there stays.
"""

from __future__ import annotations

import os
import shutil
import sys
import urllib.request
from pathlib import Path

import srsly

from xlner_spacy.corpus.texts import atomic_file
from xlner_spacy.errors import InputError, XlnerError


def fetch(file: Path, url: str, local: Path | None) -> None:
    """Put one file in its place. `local` has it in a folder of the same name.

    RAISES: InputError that says where to put the file if it can be had nowhere.
    """
    if file.is_file():
        return
    name = Path(file.parent.name) / file.name
    file.parent.mkdir(parents=True, exist_ok=True)
    if local is not None and (local / name).is_file():
        with atomic_file(file) as copy, (local / name).open("rb") as original:
            shutil.copyfileobj(original, copy)
        return
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, atomic_file(file) as copy:
            shutil.copyfileobj(answer, copy)
    except OSError as error:  # URLError and timeouts among them
        raise InputError(
            f"{name} cannot be downloaded from {url} ({error}).",
            hint=f"Put it at {file}, or set XLNER_DATA to a folder that has {name}.",
        ) from error


def main(wanted: list[str]) -> None:
    """Fetch the assets of these names, or all."""
    assets = {a["dest"]: a["url"] for a in srsly.read_yaml("project.yml")["assets"]}
    local = os.environ.get("XLNER_DATA")
    for dest in wanted or assets:
        fetch(Path(dest), assets[dest], Path(local) if local else None)
        print(dest)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except XlnerError as error:
        sys.exit(f"Error: {error}")
