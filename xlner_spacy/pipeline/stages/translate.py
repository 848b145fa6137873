"""Doc.text -> Doc._.xl_translations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc

from ...document.attributes import add_problem, forget, undo_back_translation
from ...document.give import make_translation
from ...errors import SetupError
from ...models.answers import check_translations
from ...text.languages import same_language, tokenizer
from ...text.segments import clean, has_words, sentences
from ...types import (
    Translation,
    Translator,
)
from .stage import Stage

# A token longer than this is not a word but data (base64, a hash, a URL with a session
# in it). Models choke on such a token, so its sentence is not translated.
MAX_TOKEN_CHARS = 200


class Translate(Stage):
    """Doc.text -> one of Doc._.xl_translations, sentence by sentence.

    Translations into other languages stay as they are; an earlier one into the same language
    is replaced. A Doc that has one already, or one whose entities are known, is left alone
    unless the component is told to do everything again.
    """

    name = "translate"
    attribute = "xl_translations"
    settings = ("translator", "max_words")
    repeatable = True

    def __init__(
        self, translator: Translator, source_lang: str, target_lang: str, max_words: int
    ) -> None:
        self.translator = translator
        self.source_lang = source_lang
        self.target_lang = target_lang
        self.max_words = max_words

    @property
    def lang(self) -> str:
        return self.source_lang

    def is_done(self, doc: Doc) -> bool:
        there = doc._.xl_translations
        return there is not None and (
            not there or any(self._is_own(t) or t["entities"] is not None for t in there)
        )

    def begin(self, doc: Doc, redo: bool) -> None:
        undo_back_translation(doc)
        forget(doc, "xl_alignments")

    def give_up(self, doc: Doc) -> None:
        self._set(doc, None)

    def run(self, docs: Sequence[Doc]) -> None:
        parts = [self._parts(doc) for doc in docs]
        wanted = dict.fromkeys(p.text for row in parts for p in row if p.kind == "sentence")
        known = self._translate(list(wanted))
        for doc, row in zip(docs, parts, strict=True):
            self._set(doc, self._assemble(doc, row, known) if row else None)
            if not row:
                add_problem(doc, self.name, "empty text", lang=self.source_lang)

    def _is_own(self, translation: Translation) -> bool:
        return same_language(translation["lang"], self.source_lang)

    def _set(self, doc: Doc, made: Translation | None) -> None:
        """Put a translation where those into its language were, or behind the others."""
        there = doc._.xl_translations or []
        at = next((n for n, t in enumerate(there) if self._is_own(t)), len(there))
        others = [t for t in there if not self._is_own(t)]
        doc._.xl_translations = [*others[:at], *([made] if made else []), *others[at:]]

    def _parts(self, doc: Doc) -> list[_Part]:
        if getattr(self.translator, "whole_texts", False):
            text = doc.text
            return [_Part(0, len(text), text, "sentence")] if text.strip() else []
        text = doc.text  # built by each call: asked once, not once per sentence
        return [
            _Part(start, end, clean(text[start:end]), _kind(doc, text, start, end))
            for start, end in sentences(doc, self.max_words, self.target_lang)
        ]

    def _translate(self, texts: list[str]) -> dict[str, str]:
        try:
            answers = translate_texts(self.translator, texts, self.target_lang, self.source_lang)
        except SetupError as error:
            # Of several source languages it may be the only one without a translator.
            raise SetupError(
                f"There is no translation into the source language {self.source_lang!r}. "
                f"{error.message}",
                hint=error.hint,
            ) from error
        return dict(zip(texts, answers, strict=True))

    def _assemble(self, doc: Doc, parts: list[_Part], known: dict[str, str]) -> Translation:
        """Join the translated parts, and keep which part came from where."""
        text = doc.text
        joined = ""
        segments = []
        end_before = 0
        for part in parts:
            # Emoji and punctuation are the same in every language; data is not language.
            untranslated = part.text if part.kind == "symbols" else ""
            translated = known.get(part.text, untranslated).strip()
            if part.kind == "data":
                detail = part.text[:80]
                self._add_problem(doc, "word too long to translate", detail, part)
            elif not translated:
                given_up = getattr(self.translator, "failures", {}).get(part.text)
                reason = "translator gave up" if given_up else "empty translation"
                detail = f"{given_up}: {part.text[:80]}" if given_up else part.text[:80]
                self._add_problem(doc, reason, detail, part)
            if joined and translated:
                joined += "\n" if "\n" in text[end_before : part.start] else " "
            segments.append([part.start, part.end, len(joined), len(joined) + len(translated)])
            joined += translated
            end_before = part.end if translated else end_before
        return make_translation(tokenizer(self.source_lang)(joined), self.source_lang, segments)

    def _add_problem(self, doc: Doc, reason: str, detail: str, part: _Part) -> None:
        add_problem(doc, self.name, reason, detail, part.start, part.end, lang=self.source_lang)


def translate_texts(
    translator: Translator, texts: list[str], from_lang: str, to_lang: str
) -> list[str]:
    """RAISES: BackendError if the translator's answer is not a list of as many strings."""
    if not texts:
        return []
    answers = translator(texts, from_lang=from_lang, to_lang=to_lang)
    return check_translations(answers, texts)


class _Part(NamedTuple):
    """A part of a text that is translated on its own."""

    start: int
    end: int
    text: str  # as the translator gets it
    kind: str  # "sentence", or "symbols" or "data", which are not translated


def _kind(doc: Doc, text: str, start: int, end: int) -> str:
    """The kind of a part of a Doc; `text` is `doc.text`."""
    if not has_words(text[start:end]):
        return "symbols"
    span = doc.char_span(start, end, alignment_mode="expand")
    longest = max(len(token.text) for token in span) if span else 0
    return "data" if longest > MAX_TOKEN_CHARS else "sentence"
