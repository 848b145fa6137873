"""Gold texts of a study, with the labels that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spacy.tokens import Doc, Span

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.evaluation.domains import find_domains
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


def domain_texts(name: str) -> list[Doc]:
    """The texts of a domain that `xlner evaluate shift` knows by name, with the labels that are scored there.

    RAISES: InputError if there is no such domain, or its file is not there.
    """
    [domain] = find_domains([name])
    read = domain.read()
    for doc, entities in zip(read.docs, read.gold, strict=True):
        doc.ents = [Span(doc, *entity) for entity in sorted(entities)]
    return [*read.docs]


def scored_in(test: Mapping[str, Any]) -> list[str]:
    """The labels that are scored in a test set: those it names, those of its domain, or all."""
    if "scored" in test:
        return [*test["scored"]]
    if "domain" in test:
        [domain] = find_domains([test["domain"]])
        return sorted({*domain.labels.values()})
    return LABELS
