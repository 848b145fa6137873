"""Sentences in many languages that come with the package: the same news in each (NTREX-128)."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from ..errors import SetupError
from ..text.languages import same_language

FILE = Path(__file__).parent / "ntrex" / "texts.json.gz"


@cache
def sample_texts() -> dict[str, list[str]]:
    """Sentences by language; sentence k says the same in every language.

    RAISES: SetupError if the file is damaged.
    """
    try:
        texts: dict[str, list[str]] = json.loads(gzip.decompress(FILE.read_bytes()))
    except (OSError, EOFError, ValueError) as error:
        raise SetupError(
            f"{FILE} is damaged or missing ({error}).", hint="Install xlner-spacy again."
        ) from error
    return texts


def sample_of(lang: str) -> list[str]:
    """The sentences of a language; [] if there are none."""
    texts = sample_texts()
    return texts.get(lang) or next(
        (own for code, own in texts.items() if same_language(code, lang)), []
    )
