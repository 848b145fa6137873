"""Gold texts of a study, with the labels that it knows."""

from __future__ import annotations

from collections.abc import Mapping

from spacy.tokens import Doc, Span

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.text.languages import tokenizer

from .places import find

LABELS = ["PER", "LOC", "ORG"]


def gold_texts(name: str, lang: str, labels: Mapping[str, str] | None = None) -> list[Doc]:
    """The texts of a file of the project's, or of the data folder.

    labels: From the file's labels to ours; those that are not in it are left out. None: PER, LOC, ORG.
    RAISES: InputError if the file is not there or cannot be read.
    """
    names = labels or {label: label for label in LABELS}
    docs = list(read_gold(find(name), tokenizer(lang), lang))
    for doc in docs:
        kept = [ent for ent in doc.ents if names.get(ent.label_)]
        doc.ents = [Span(doc, ent.start, ent.end, names[ent.label_]) for ent in kept]
    return docs
