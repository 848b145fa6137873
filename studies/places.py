"""Where the files of studies are."""

from __future__ import annotations

import os
from pathlib import Path

from xlner_spacy.errors import InputError

PROJECT = Path(__file__).parents[1]
# Silver data, models and counts of all studies: nothing of it is committed.
WORK = PROJECT / "training" / "studies"
PAGES = PROJECT / "docs" / "studies"


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
