"""Translations -> the entities of each."""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from ...document.attributes import add_problem, translation_doc
from ...document.give import source_entity
from ...errors import BackendError, InputError
from ...text.languages import iso639_1
from ...types import (
    Annotator,
    Mention,
    SourceEntity,
    Translation,
)
from .stage import TranslationStage


class Annotate(TranslationStage):
    """Doc._.xl_translations -> Doc._.xl_source_ents, with any source-language NER.

    The annotator gets a translation line by line: no entity goes on over a line break.
    """

    name = "annotate"
    attribute = "xl_source_ents"
    settings = ("annotator",)
    repeatable = True

    def __init__(self, annotator: Annotator, source_lang: str) -> None:
        self.annotator = annotator
        self.source_lang = source_lang

    def run(self, docs: Sequence[Doc]) -> None:
        for doc in docs:
            self._check_language(doc)
        texts = [record["text"] for doc in docs for record in doc._.xl_translations]
        lines = list(dict.fromkeys(line for text in texts for _, line in _lines(text)))
        answers = self.annotator(lines) if lines else []
        if len(answers) != len(lines):
            raise BackendError(
                f"The source annotator gave {len(answers)} answers for {len(lines)} texts.",
                hint="It must give a list of mentions for each text, in the same order.",
            )
        known = dict(zip(lines, answers, strict=True))
        for doc in docs:
            doc._.xl_dropped = {}
            doc._.xl_source_ents = [
                self._entities(doc, record, known) for record in doc._.xl_translations
            ]

    def _check_language(self, doc: Doc) -> None:
        for record in doc._.xl_translations:
            if iso639_1(record["lang"]) != iso639_1(self.source_lang):
                raise InputError(
                    f"{doc.text[:40]!r} has a translation into {record['lang']!r}, but the source "
                    f"annotator is one for {self.source_lang!r}.",
                    hint="Set source_lang in the config, give the translation with its lang, or "
                    "give its entities too.",
                )

    def _entities(
        self, doc: Doc, record: Translation, known: dict[str, list[Mention]]
    ) -> list[SourceEntity]:
        """A translation's entities, by its tokens. What is left out is kept on the Doc."""
        tokens = translation_doc(record, doc.vocab)
        found: list[SourceEntity] = []
        for offset, line in _lines(record["text"]):
            for mention in sorted((Mention(*m) for m in known[line]), key=lambda m: m[:3]):
                source_label = mention.source_label or mention.label
                if not mention.label:
                    doc._.xl_dropped[source_label] = doc._.xl_dropped.get(source_label, 0) + 1
                    continue
                start, end = offset + mention.start_char, offset + mention.end_char
                span = tokens.char_span(start, end, alignment_mode="expand")
                if span is None or not span.text.strip():
                    add_problem(doc, self.name, "entity outside the text", source_label)
                elif found and span.start < found[-1]["end"]:
                    add_problem(doc, self.name, "overlapping source entities", span.text)
                else:
                    entity = source_entity(
                        tokens, span.start, span.end, mention.label, source_label, mention.score
                    )
                    found.append(entity)
        return found


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, with their offsets."""
    lines = []
    offset = 0
    for line in text.split("\n"):
        if line.strip():
            lines.append((offset, line))
        offset += len(line) + 1
    return lines
