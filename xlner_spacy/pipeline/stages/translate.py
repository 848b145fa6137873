"""Doc.text -> Doc._.xl_translations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc

from ...document.attributes import add_problem
from ...document.give import make_translation
from ...models.answers import check_translations
from ...text.languages import tokenizer
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
    """Doc.text -> Doc._.xl_translations, sentence by sentence."""

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

    def run(self, docs: Sequence[Doc]) -> None:
        parts = [self._parts(doc) for doc in docs]
        wanted = dict.fromkeys(p.text for row in parts for p in row if p.kind == "sentence")
        known = self._translate(list(wanted))
        for doc, row in zip(docs, parts, strict=True):
            doc._.xl_translations = [self._assemble(doc, row, known)] if row else []
            if not row:
                add_problem(doc, self.name, "empty text")

    def _parts(self, doc: Doc) -> list[_Part]:
        if getattr(self.translator, "whole_texts", False):
            text = doc.text
            return [_Part(0, len(text), text, "sentence")] if text.strip() else []
        spans = sentences(doc, self.max_words, self.target_lang)
        return [
            _Part(start, end, clean(doc.text[start:end]), _kind(doc, start, end))
            for start, end in spans
        ]

    def _translate(self, texts: list[str]) -> dict[str, str]:
        answers = translate_texts(self.translator, texts, self.target_lang, self.source_lang)
        return dict(zip(texts, answers, strict=True))

    def _assemble(self, doc: Doc, parts: list[_Part], known: dict[str, str]) -> Translation:
        """Join the translated parts, and keep which part came from where."""
        joined = ""
        segments = []
        end_before = 0
        for part in parts:
            # Emoji and punctuation are the same in every language; data is not language.
            untranslated = part.text if part.kind == "symbols" else ""
            translated = known.get(part.text, untranslated).strip()
            if part.kind == "data":
                detail = part.text[:80]
                add_problem(
                    doc, self.name, "word too long to translate", detail, part.start, part.end
                )
            elif not translated:
                given_up = getattr(self.translator, "failures", {}).get(part.text)
                reason = "translator gave up" if given_up else "empty translation"
                detail = f"{given_up}: {part.text[:80]}" if given_up else part.text[:80]
                add_problem(doc, self.name, reason, detail, part.start, part.end)
            if joined and translated:
                joined += "\n" if "\n" in doc.text[end_before : part.start] else " "
            segments.append([part.start, part.end, len(joined), len(joined) + len(translated)])
            joined += translated
            end_before = part.end if translated else end_before
        return make_translation(tokenizer(self.source_lang)(joined), self.source_lang, segments)


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


def _kind(doc: Doc, start: int, end: int) -> str:
    if not has_words(doc.text[start:end]):
        return "symbols"
    span = doc.char_span(start, end, alignment_mode="expand")
    longest = max(len(token.text) for token in span) if span else 0
    return "data" if longest > MAX_TOKEN_CHARS else "sentence"
