"""Callbacks of training configs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.gold import read_gold
from ..corpus.texts import SUFFIXES, read_docs
from ..errors import SetupError
from ..files import suffix_of
from ..settings import check_setting
from ..silver.corpus_files import corpus_files
from .encoder_layer import EncoderShim, encoders_of


@spacy.registry.callbacks("xlner.FreezeEmbeddings.v1")
def make_freeze_embeddings() -> Callable[[Language], Language]:
    """For `[initialize.after_init]`: the encoder's word embeddings are not trained.

    Of a multilingual encoder they are most of the weights (e5-small: 96 of 118 million), a
    fine-tuning corpus shows it only a few of the pieces, and an optimizer step over all of
    them costs more than the rest of training on a CPU.
    """

    def freeze(nlp: Language) -> Language:
        from spacy_transformers import Transformer

        for _, component in nlp.pipeline:
            if isinstance(component, Transformer):
                model: Any = component.model
                model.transformer.get_input_embeddings().requires_grad_(False)
        return nlp

    return freeze


@spacy.registry.callbacks("xlner.TrimVocabulary.v1")
def make_trim_vocabulary(
    texts: str | Path | list[str], pieces: int = 120_000
) -> Callable[[Language], Language]:
    """For `[initialize.after_init]`: encoders of `xlner.Encoder.v1` keep the word pieces that
    texts of the language need, so that what is shipped is small.

    texts: Files or folders of the language, with or without labels, as of `xlner build` and
        xlner.Corpus.v1; the more text, the better.
    pieces: How many to keep, at the most. 100,000 of e5-small are 22 MB in a saved pipeline. All pieces in the
        language's script, if there is room, change nothing; each that goes cuts some names otherwise.
    RAISES: InputError if a file cannot be read; SetupError if nothing can be trimmed.
    """
    check_setting("xlner.TrimVocabulary.v1", "pieces", pieces, pieces > 0, "greater than 0")

    def trim(nlp: Language) -> Language:
        found = [shim for _, pipe in nlp.pipeline for shim in _encoders(pipe)]
        if not found:
            raise SetupError(
                f"xlner.TrimVocabulary.v1: no component has an xlner.Encoder.v1 "
                f"({', '.join(nlp.pipe_names)}).",
                hint="Take the callback out of the config, or train configs/ner_student.cfg.",
            )
        files = corpus_files([texts] if isinstance(texts, str | Path) else texts)
        for shim in found:
            texts_of_all = (doc.text for file in files for doc in _docs(file, nlp))
            shim.trim(texts_of_all, pieces, nlp.lang or "xx")
        return nlp

    return trim


def _encoders(pipe: Any) -> list[EncoderShim]:
    return encoders_of(pipe.model) if hasattr(pipe, "model") else []


def _docs(file: Path, nlp: Language) -> Iterator[Doc]:
    if suffix_of(file) in SUFFIXES:
        yield from read_docs(str(file), nlp, "en")
    else:
        yield from read_gold(file, nlp, nlp.lang or "xx")
