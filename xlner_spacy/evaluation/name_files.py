"""Names from labelled corpora, or from lists."""

from __future__ import annotations

import json
from pathlib import Path

from spacy.language import Language

from ..corpus.gold import read_gold
from ..corpus.name_lists import read_name_lists
from ..errors import InputError
from ..files import existing, suffix_of
from ..perturbations.names import Names
from ..perturbations.on_docs import read_labels
from ..training.tokenized_names import tokenized


def read_names(file: Path, nlp: Language, lang: str) -> Names:
    """The names of a file: a labelled corpus of any format that `read_gold` reads, or a .jsonl list of
    {"label": "PER", "text": "Ana Sousa"} lines.

    nlp (Language): Cuts names and texts into tokens where the file does not.
    RAISES: InputError if the file cannot be read, or has no names.
    """
    if _is_list(existing(file)):
        return tokenized(nlp, read_name_lists(str(file)))
    names = Names()
    for doc in read_gold(file, nlp, lang):
        names.add_all(read_labels(doc))
    if not names.labels():
        raise InputError(
            f"{file}: there are no names in it.",
            hint='Give a labelled corpus, or a .jsonl file of {"label": "PER", "text": "Ana Sousa"} lines.',
        )
    return names


def _is_list(file: Path) -> bool:
    """Whether the first line is a name. A broken one is for the reader to report."""
    if suffix_of(file) != ".jsonl":
        return False
    with file.open("rb") as lines:
        first = next((line for line in lines if line.strip()), b"")
    try:
        record = json.loads(first)
    except ValueError:
        return False
    return isinstance(record, dict) and isinstance(record.get("label"), str)
