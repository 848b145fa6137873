"""The corpus reader `xlner.Corpus.v1`, for `[corpora.train]` and `[corpora.dev]` of a config."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpus.detokenize import same_tokens
from ..corpus.gold import read_gold
from ..errors import SetupError
from ..settings import check_setting
from ..silver.corpus_files import corpus_files
from ..text.languages import check_language

Reader = Callable[[Language], Iterator[Example]]
AugmenterLike = Callable[[Language, Example], Iterable[Example]]


@spacy.registry.readers("xlner.Corpus.v1")
def make_corpus(
    path: str | Path | list[str] | None,
    labels: dict[str, str] | None = None,
    lang: str | None = None,
    limit: int = 0,
    augmenter: AugmenterLike | None = None,
    once: bool = False,
) -> Reader:
    """Training examples from labelled corpora, on the corpora's own tokens.

    path: A file of any format that `read_gold` reads, a folder of .spacy shards (silver/train
        of an `xlner build`), or a list of these.
    labels: Label map, e.g. {"PERSON": "PER", "DATE": ""}; "" leaves a label out. None: labels
        stay as they are.
    lang: The corpora's language. None: the pipeline's.
    limit: At most so many texts; 0: all.
    augmenter: Makes more examples of each (`@augmenters`, ours and spaCy's). `spacy train` reads
        the corpus, and so makes the copies, once if max_epochs is 0 or more.
    once (bool): Read a text that is there several times only where it comes first: of reviewed texts and the silver data that they
        are from, ["gold.jsonl", "silver/train"], not with both labels.
    """

    check_setting("xlner.Corpus.v1", "limit", limit, limit >= 0, "0 (all) or greater")
    if lang is not None:
        lang = check_language(lang)

    def read(nlp: Language) -> Iterator[Example]:
        if not path:
            raise SetupError(
                "xlner.Corpus.v1: no path is given.",
                hint="Set it in the config or on the command line: --paths.train silver/train",
            )
        files = corpus_files([path] if isinstance(path, str | Path) else path)
        docs: Iterator[Doc] = (
            doc for file in files for doc in read_gold(file, nlp, lang or nlp.lang or "xx", labels)
        )
        if once:
            docs = _each_once(docs)
        for gold in islice(docs, limit or None):
            example = Example(same_tokens(gold, nlp.vocab), gold)
            if augmenter is None:
                yield example
            else:
                yield from augmenter(nlp, example)

    return read


def _each_once(docs: Iterable[Doc]) -> Iterator[Doc]:
    seen: set[int] = set()
    for doc in docs:
        key = hash(doc.text)
        if key not in seen:
            seen.add(key)
            yield doc
