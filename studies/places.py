"""Where the files of studies are."""

from __future__ import annotations

import os
from pathlib import Path

from xlner_spacy.errors import InputError

PROJECT = Path(__file__).parents[1]
PAGES = PROJECT / "docs" / "studies"


def work() -> Path:
    """The folder of the silver data, models and counts of all studies, of which nothing is committed: training/studies,
    or what XLNER_STUDIES names."""
    return Path(os.environ.get("XLNER_STUDIES", PROJECT / "training" / "studies"))


def find(name: str) -> Path:
    """A file of the project's own (assets/...), or of the folder that XLNER_DATA names.

    RAISES: InputError if there is none.
    """
    own = PROJECT / name
    if own.exists():
        return own
    data = os.environ.get("XLNER_DATA")
    if data is None:
        raise InputError(
            f"{name} is needed.",
            hint="Set XLNER_DATA to the folder of the corpora (python scripts/corpora.py fetches most), or run "
            "the quick version, which needs none.",
        )
    found = Path(data) / name
    if not found.exists():
        raise InputError(f"{found} does not exist.", hint="XLNER_DATA names another folder?")
    return found
