"""Augmented copies of labelled texts, written to a file instead of made while training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import spacy
from catalogue import RegistryError
from spacy.tokens import DocBin
from spacy.training import Example
from thinc.api import ConfigValidationError
from tqdm import tqdm

from ..corpus.detokenize import same_tokens
from ..corpus.gold import read_gold
from ..corpus.labels import LabelMap
from ..errors import InputError, SetupError
from ..files import atomic_file, check_place, suffix_of
from ..silver.corpus_files import corpus_files
from ..text.languages import blank, check_language
from .reader import AugmenterLike

SECTION = "augmenter"


@dataclass
class Counts:
    """Texts that were read, those that were written, and how many of these are copies."""

    read: int = 0
    written: int = 0
    copies: int = 0


def make_augmenter(method: str, changes: Mapping[str, Any]) -> AugmenterLike:
    """A registered augmenter.

    changes: Settings by their names in a config: {"augmenter.copies": 3}.
    RAISES: SetupError if there is no such augmenter, or it does not take the settings.
    """
    block: dict[str, Any] = {"@augmenters": method}
    for name, value in changes.items():
        section, _, setting = name.partition(".")
        if section != SECTION or not setting or "." in setting:
            raise SetupError(
                f"--{name} is no setting of the augmenter.",
                hint="Settings are given like --augmenter.copies 3",
            )
        block[setting] = value
    try:
        augmenter: AugmenterLike = spacy.registry.resolve({SECTION: block})[SECTION]
    except RegistryError as error:
        known = ", ".join(sorted(spacy.registry.augmenters.get_all()))
        raise SetupError(f"There is no augmenter {method!r}.", hint=f"There are {known}") from error
    except ConfigValidationError as error:
        raise SetupError(f"{method} does not take these settings: {error.text}") from error
    return augmenter


def augment_files(
    inputs: Sequence[Path],
    output: Path,
    augmenter: AugmenterLike,
    *,
    lang: str,
    labels: LabelMap | None = None,
    limit: int | None = None,
    progress: bool = False,
) -> Counts:
    """Write the texts of files and their copies as a .spacy file: what an augmenter yields, in order.

    An augmenter that draws from the corpus has seen all of it before the first copy is made.

    inputs: What `xlner.Corpus.v1` reads.
    lang (str): The language of the texts.
    limit (int): Only so many texts.
    RAISES: InputError if a file cannot be used.
    """
    if suffix_of(output) != ".spacy":
        raise InputError(f"{output}: the copies are written as a .spacy file, by that name.")
    check_place(output, *inputs)
    nlp = blank(check_language(lang))
    files = corpus_files(inputs)
    docs = (doc for file in files for doc in read_gold(file, nlp, lang, labels))
    examples = [Example(same_tokens(doc, nlp.vocab), doc) for doc in islice(docs, limit)]
    learn = getattr(augmenter, "learn_from", None)
    if learn is not None:
        learn(nlp, examples)
    counts = Counts(read=len(examples))
    found = DocBin()
    for example in tqdm(examples, unit="text", disable=not progress):
        for made in augmenter(nlp, example):
            counts.written += 1
            counts.copies += made is not example
            found.add(made.reference)
    with atomic_file(output) as file:
        file.write(found.to_bytes())
    return counts
