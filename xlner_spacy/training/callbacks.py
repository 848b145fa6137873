"""Callbacks of training configs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import spacy
from spacy.language import Language


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
