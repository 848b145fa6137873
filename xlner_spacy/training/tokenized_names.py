"""Names in the tokens of a pipeline."""

from __future__ import annotations

from collections.abc import Iterable

from spacy.language import Language

from ..perturbations.names import Name, Names, name_of


def tokenized(nlp: Language, listed: Iterable[tuple[str, str]]) -> Names:
    """Names of a list.

    listed: Labels and names.
    """
    names = Names()
    for label, text in listed:
        name = tokenized_name(nlp, text)
        if name is not None:
            names.add(label, name)
    return names


def tokenized_name(nlp: Language, text: str) -> Name | None:
    """A name as the pipeline's tokenizer cuts it; None if it is empty."""
    doc = nlp.make_doc(text)
    return name_of([token.text for token in doc], [bool(token.whitespace_) for token in doc])
