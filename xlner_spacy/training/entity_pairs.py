"""Entities and what they are in the source language, as projection found them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.texts import read_pairs
from ..perturbations.names import Name
from ..silver.selection import SILVER
from .tokenized_names import tokenized_name

ANY_LABEL = ""


class EntityPairs:
    """A lexicon of entities that grows with each text of silver data.

    path: A .tsv or .jsonl file of names and their translations, which hold for any label.
    RAISES: InputError if it cannot be used.
    """

    def __init__(self, path: str | None = None) -> None:
        self._listed = list(read_pairs(Path(path))) if path is not None else []
        self._names: dict[tuple[str, str], dict[tuple[str, ...], Name]] = {}

    def of(self, text: str, label: str) -> list[Name]:
        """What an entity is elsewhere, in the order in which it was found."""
        found = self._names.get((text, label), {}) | self._names.get((text, ANY_LABEL), {})
        return list(found.values())

    def learn(self, nlp: Language, doc: Doc, is_wanted: Callable[[str], bool]) -> None:
        """Take the pairs of a text's silver data.

        is_wanted: Whether a source language counts.
        """
        for text, translation in self._listed:
            self._add(nlp, text, ANY_LABEL, translation)
        self._listed = []
        for span, source in _sources(doc):
            if is_wanted(source["lang"]):
                self._add(nlp, span.text, span.label_, source["text"])

    def own(
        self, nlp: Language, doc: Doc, is_wanted: Callable[[str], bool]
    ) -> dict[tuple[int, int], Name]:
        """The names in the source language of the entities of one text, by their words."""
        found = {}
        for span, source in _sources(doc):
            name = tokenized_name(nlp, source["text"]) if is_wanted(source["lang"]) else None
            if name is not None:
                found[span.start, span.end] = name
        return found

    def _add(self, nlp: Language, text: str, label: str, translation: str) -> None:
        name = tokenized_name(nlp, translation)
        if name is not None:
            self._names.setdefault((text.strip(), label), {})[name.words] = name


def _sources(doc: Doc) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Spans of silver data and the entities that they come from. An entity that is the text's own,
    not a translation's, has no language and is none."""
    if SILVER not in doc.spans:
        return
    group = doc.spans[SILVER]
    for span, source in zip(group, group.attrs.get("sources", ()), strict=False):
        if source and source["lang"] and source["text"]:
            yield span, source
