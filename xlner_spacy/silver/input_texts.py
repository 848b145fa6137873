"""The texts that a build reads: in order, counted, and with their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.gold import read_gold
from ..corpus.labels import LabelMap
from ..corpus.parquet import count_rows
from ..corpus.texts import SUFFIXES, count_docbin, read_docs
from ..errors import InputError
from ..files import is_remote, suffix_of
from .build_options import Mode


def read_texts(
    inputs: Sequence[Path],
    mode: Mode,
    nlp: Language,
    reader: Language,
    languages: tuple[str, str],
    labels: LabelMap | None,
) -> Iterator[Doc]:
    """The input's texts as Docs: of the target language for translate-test, labelled ones of the
    source language for translate-train.

    languages: Source and target language.
    RAISES: InputError naming the file and the line or text.
    """
    source_lang, target_lang = languages
    for path in inputs:
        if mode == "translate-train":
            yield from _labelled(path, reader, source_lang, labels)
        elif suffix_of(path) in SUFFIXES:
            yield from read_docs(str(path), nlp, source_lang)
        else:
            yield from read_gold(path, nlp, target_lang)


def _labelled(
    path: Path, reader: Language, source_lang: str, labels: LabelMap | None
) -> Iterator[Doc]:
    """RAISES: InputError for a text without annotation (having no entities is an annotation)."""
    docs = read_gold(path, reader, source_lang, labels)
    for number, doc in enumerate(docs, 1):
        if len(doc) and not doc.has_annotation("ENT_IOB"):
            raise InputError(
                f"{path}, text {number}: {doc.text[:40]!r} has no entity annotation.",
                hint="Label it first (doc.ents = [] if it has no entities), or build from raw "
                "texts with --mode translate-test.",
            )
        yield doc


def digest(docs: Iterable[Doc]) -> str:
    """A digest of texts with their tokens, labels and given translations."""
    hashed = hashlib.sha256()
    for doc in docs:
        content = [
            [token.text_with_ws for token in doc],
            [(ent.start, ent.end, ent.label_) for ent in doc.ents],
            doc._.xl_translations,
        ]
        hashed.update(json.dumps(content).encode())
    return hashed.hexdigest()


def count_texts(inputs: Sequence[Path]) -> int | None:
    """How many texts there are, for the progress bar. None where counting them would fetch them
    once more."""
    if any(is_remote(path) for path in inputs):
        return None
    counts = {".spacy": count_docbin, ".parquet": count_rows}
    return sum(counts.get(suffix_of(path), _count_in_lines)(path) for path in inputs)


def _count_in_lines(path: Path) -> int:
    """.txt: one text per line; .jsonl: one per line that is not blank; columns: one per block of
    such lines."""
    total = 0
    suffix = suffix_of(path)
    blank_before = True
    with path.open("rb") as lines:
        for line in lines:
            blank = not line.strip()
            if suffix == ".txt":
                total += 1
            elif suffix == ".jsonl":
                total += not blank
            else:
                total += blank_before and not blank
            blank_before = blank
    return total
