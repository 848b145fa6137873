"""Translations -> the entities of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from spacy.tokens import Doc

from ...document.attributes import (
    add_problem,
    clear_problems,
    forget,
    set_dropped,
    translation_doc,
    undo_back_translation,
)
from ...document.give import source_entity
from ...models.answers import check_mentions
from ...text.languages import same_language
from ...types import Annotator, Mention, SourceEntity, Translation
from .stage import Stage


class Annotate(Stage):
    """Doc._.xl_translations -> the same with "entities", with any source-language NER.

    Only translations into the annotator's language are looked at. Those into other languages
    stay as they are; one without entities is a problem on the Doc until an annotator for its
    language comes. The annotator gets a translation line by line: no entity goes on over a
    line break.
    """

    name = "annotate"
    attribute = "xl_translations"
    settings = ("annotator",)
    repeatable = True
    needs = ("xl_translations",)

    def __init__(self, annotator: Annotator, source_lang: str) -> None:
        self.annotator = annotator
        self.source_lang = source_lang

    @property
    def lang(self) -> str:
        return self.source_lang

    def is_done(self, doc: Doc) -> bool:
        return all(t["entities"] is not None for t in doc._.xl_translations or [])

    def begin(self, doc: Doc, redo: bool) -> None:
        if redo:
            undo_back_translation(doc)
            doc._.xl_translations = [
                {**t, "entities": None} if self._is_own(t) else t for t in doc._.xl_translations
            ]
        forget(doc, "xl_candidates")

    def give_up(self, doc: Doc) -> None:
        doc._.xl_translations = [
            {**t, "entities": []} if self._is_wanted(t) else t for t in doc._.xl_translations
        ]

    def run(self, docs: Sequence[Doc]) -> None:
        texts = [t["text"] for doc in docs for t in doc._.xl_translations if self._is_wanted(t)]
        known = find_mentions(self.annotator, texts)
        made = [self._annotated(doc, known) for doc in docs]
        for doc, (translations, dropped) in zip(docs, made, strict=True):
            doc._.xl_translations = translations
            set_dropped(doc, self.source_lang, dropped)
            for lang in dict.fromkeys(t["lang"] for t in translations if t["entities"] is None):
                clear_problems(doc, self.name, lang)
                add_problem(doc, self.name, "no annotator for its language", lang, lang=lang)

    def _annotated(
        self, doc: Doc, known: dict[str, list[Mention]]
    ) -> tuple[list[Translation], Counter[str]]:
        """The Doc's translations with their entities, and the labels that were dropped."""
        dropped: Counter[str] = Counter()
        translations: list[Translation] = []
        for translation in doc._.xl_translations:
            if self._is_wanted(translation):
                entities = entities_of(doc, translation, known, self.name, dropped)
                translation = {**translation, "entities": entities}
            translations.append(translation)
        return translations, dropped

    def _is_own(self, translation: Translation) -> bool:
        return same_language(translation["lang"], self.source_lang)

    def _is_wanted(self, translation: Translation) -> bool:
        return translation["entities"] is None and self._is_own(translation)


def find_mentions(annotator: Annotator, texts: Iterable[str]) -> dict[str, list[Mention]]:
    """The mentions of each distinct line of the texts.

    RAISES: BackendError if the annotator does not give a list of mentions for each.
    """
    found = list(dict.fromkeys(line for text in texts for _, line in _lines(text)))
    answers = check_mentions(annotator(found), found) if found else []
    return dict(zip(found, answers, strict=True))


def entities_of(
    doc: Doc,
    record: Translation,
    known: dict[str, list[Mention]],
    stage: str,
    dropped: Counter[str],
) -> list[SourceEntity]:
    """A translation's entities, by its tokens. What is left out is kept on the Doc, or counted
    in `dropped` if it is a label map that drops it."""
    tokens = translation_doc(record, doc.vocab)
    lang = record["lang"]
    found: list[SourceEntity] = []
    for offset, line in _lines(record["text"]):
        for mention in sorted(known[line], key=lambda m: m[:3]):
            source_label = mention.source_label or mention.label
            if not mention.label:
                dropped[source_label] += 1
                continue
            start, end = offset + mention.start_char, offset + mention.end_char
            span = tokens.char_span(start, end, alignment_mode="expand")
            if span is None or not span.text.strip():
                add_problem(doc, stage, "entity outside the text", source_label, lang=lang)
            elif found and span.start < found[-1]["end"]:
                add_problem(doc, stage, "overlapping source entities", span.text, lang=lang)
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
