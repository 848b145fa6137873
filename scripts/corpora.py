"""Gold corpora for the bosque workflow: from the folder that XLNER_DATA names, or downloaded.

    python scripts/corpora.py assets/uner FILE...

A file that is there already stays. FILE is FOLDER/NAME as below.
"""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

from xlner_spacy.corpus.texts import atomic_file
from xlner_spacy.errors import InputError, XlnerError

# Universal NER, CC BY-SA 4.0. The training file of EWT is only in that repository's first commit.
HUB = "https://raw.githubusercontent.com/UniversalNER"
SOURCES = {
    "uner_english_ewt/en_ewt-ud-train.iob2": (
        f"{HUB}/UNER_English-EWT/0c7ce0debb13a7d304da656f16309397e8ff36ef/en_ewt-ud-train.iob2"
    ),
    "uner_english_ewt/en_ewt-ud-dev.iob2": f"{HUB}/UNER_English-EWT/master/en_ewt-ud-dev.iob2",
    "uner_portuguese_bosque/pt_bosque-ud-train.iob2": (
        f"{HUB}/UNER_Portuguese-Bosque/master/pt_bosque-ud-train.iob2"
    ),
    "uner_portuguese_bosque/pt_bosque-ud-dev.iob2": (
        f"{HUB}/UNER_Portuguese-Bosque/master/pt_bosque-ud-dev.iob2"
    ),
}


def fetch(name: str, folder: Path, local: Path | None) -> Path:
    """Put one corpus file into the folder.

    RAISES: InputError that says where to put the file if it can be had nowhere.
    """
    file = folder / name
    if file.is_file():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    if local is not None and (local / name).is_file():
        with atomic_file(file) as copy, (local / name).open("rb") as original:
            shutil.copyfileobj(original, copy)
        return file
    url = SOURCES[name]
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, atomic_file(file) as copy:
            shutil.copyfileobj(answer, copy)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise InputError(
            f"{name} cannot be downloaded from {url} ({error}).",
            hint=f"Put it at {file}, or set XLNER_DATA to a folder that has {name}.",
        ) from error
    return file


def main(arguments: list[str]) -> None:
    """Fetch all of them."""
    folder = Path(arguments[0])
    local = os.environ.get("XLNER_DATA")
    for name in arguments[1:] or SOURCES:
        print(fetch(name, folder, Path(local) if local else None))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except XlnerError as error:
        sys.exit(f"Error: {error}")
