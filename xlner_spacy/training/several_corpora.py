"""Readers for training with several corpora at once: `xlner.Corpora.v1`, and `xlner.Unlabelled.v1` for texts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.training import Example

from ..corpus.detokenize import same_tokens
from ..corpus.texts import read_docs
from ..document.attributes import set_data
from ..errors import SetupError
from ..settings import check_setting
from .reader import Reader


@spacy.registry.readers("xlner.Corpora.v1")
def make_corpora(readers: dict[str, Any]) -> Reader:
    """The examples of several corpora, one after another; `spacy train` shuffles them, unless max_epochs is -1.

    Each text remembers the name of its corpus, which xlner.LanguageDiscriminator.v1 learns to tell.

    readers (dict): Name -> reader, such as xlner.Corpus.v1 or xlner.Unlabelled.v1.
    RAISES: SetupError if there is none.
    """
    if not readers:
        raise SetupError(
            "xlner.Corpora.v1 has no readers.",
            hint='Name some: [corpora.train.readers.en] with @readers = "xlner.Corpus.v1"',
        )

    def read(nlp: Language) -> Iterator[Example]:
        for name, reader in readers.items():
            for example in reader(nlp):
                set_data("xl_corpus", example.predicted, name)
                yield example

    return read


@spacy.registry.readers("xlner.Unlabelled.v1")
def make_unlabelled(path: str | Path | None, limit: int = 0) -> Reader:
    """Texts without labels, as examples in which every label is missing. Of labelled texts only the words are read.

    For adversaries that need no labels, as part of xlner.Corpora.v1.

    path: A .txt (a text a line), .jsonl or .spacy file.
    limit: At most so many texts; 0: all.
    """
    check_setting("xlner.Unlabelled.v1", "limit", limit, limit >= 0, "0 (all) or greater")

    def read(nlp: Language) -> Iterator[Example]:
        if not path:
            raise SetupError(
                "xlner.Unlabelled.v1: no path is given.",
                hint="Set it in the config or on the command line: --paths.raw texts.txt",
            )
        texts = (doc for doc in read_docs(str(path), nlp, "xx") if len(doc))
        for doc in islice(texts, limit or None):
            words = same_tokens(doc, nlp.vocab)
            words.set_ents([], default="missing")
            yield Example(same_tokens(doc, nlp.vocab), words)

    return read
