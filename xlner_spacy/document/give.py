"""Translations and entities that the user already has: parallel text, gold corpora."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spacy.tokens import Doc

from ..errors import InputError
from ..text.languages import check_language, tokenizer
from ..types import SourceEntity, Translation
from .attributes import add_problem, forget


def give_translation(
    doc: Doc,
    translation: str | Doc,
    *,
    lang: str = "en",
    entities: Iterable[tuple[int, int, str]] | None = None,
    segments: Sequence[tuple[int, int, int, int]] | None = None,
) -> Doc:
    """Give a Doc its translation, and the entities of it if they are known.

    `xl_projector` then neither translates nor, where entities are given, predicts them.
    A Doc may be given several translations, into one language or several: call this once for each. Each
    has a vote.

    doc (Doc): The target-language text.
    translation (str | Doc): Its translation; a Doc brings its own tokens and `ents`.
    lang (str): The translation's language; where a Doc has a `lang_`, that goes before it.
    entities: Character offsets in the translation and labels, `(start, end, label)`. None:
        the Doc's `ents`, or left to the source annotator if the translation is a string.
    segments: Which part of the text is translated by which part of the translation, as
        character offsets (start, end, translation start, translation end), where it is
        known. None: the whole is the translation of the whole.
    RETURNS (Doc): The same Doc.
    RAISES: InputError if entities or segments lie outside the texts, entities overlap or one
        has no label; SetupError if `lang` is no language.
    """
    if not isinstance(lang, str):
        raise InputError(f"lang={lang!r} is not a language's code, such as 'en'.")
    lang = check_language(lang)
    if not isinstance(translation, (str, Doc)):
        raise InputError(f"The translation {translation!r:.60} is neither a string nor a Doc.")
    source = translation if isinstance(translation, Doc) else tokenizer(lang)(translation)
    whole = (0, len(doc.text), 0, len(source.text))
    for start, end, source_start, source_end in segments or []:
        if not (0 <= start <= end <= whole[1] and 0 <= source_start <= source_end <= whole[3]):
            raise InputError(
                f"Segment {(start, end, source_start, source_end)} lies outside the text "
                f"{doc.text[:40]!r} or its translation."
            )
    record = make_translation(
        source, lang, [list(s) for s in (segments if segments is not None else [whole])]
    )
    record["entities"] = _entities(source, entities, isinstance(translation, Doc))
    before = list(doc._.xl_translations or [])
    forget(doc, "xl_translations")
    doc._.xl_translations = [*before, record]
    if not source.text.strip():
        add_problem(doc, "translate", "empty translation", lang=record["lang"])
    return doc


def make_translation(source: Doc, lang: str, segments: list[list[int]]) -> Translation:
    """The plain record of a translation that is at hand as tokens, not annotated yet."""
    return {
        "lang": source.lang_ if source.lang_ not in ("", "xx") else lang,
        "text": source.text,
        "words": [token.text for token in source],
        "spaces": [bool(token.whitespace_) for token in source],
        "segments": segments,
        "entities": None,
    }


def _entities(
    source: Doc, given: Iterable[tuple[int, int, str]] | None, use_ents: bool
) -> list[SourceEntity] | None:
    if given is None:
        if not use_ents:
            return None
        given = [(ent.start_char, ent.end_char, ent.label_) for ent in source.ents]
    given = list(given)
    for entity in given:
        if not isinstance(entity, (tuple, list)) or len(entity) != 3:
            raise InputError(
                f"Entity {entity!r:.60} is not a start, an end and a label.",
                hint='Give offsets in characters: (0, 5, "PER")',
            )
    for start, end, label in given:
        if not isinstance(label, str) or not label:
            raise InputError(
                f"Entity {source.text[start:end]!r} ({start}, {end}) in {source.text[:40]!r} has "
                f"the label {label!r}.",
                hint='Give every entity a label that is a string: (0, 5, "PER")',
            )
    found: list[SourceEntity] = []
    for start, end, label in sorted(given):
        span = source.char_span(start, end, alignment_mode="expand") if start < end else None
        if span is None:
            raise InputError(
                f"Entity ({start}, {end}, {label!r}) lies outside the translation "
                f"{source.text[:40]!r} of {len(source.text)} characters."
            )
        if found and span.start < found[-1]["end"]:
            raise InputError(
                f"Entity {span.text!r} overlaps {found[-1]['text']!r} in {source.text[:40]!r}.",
                hint="Give entities that do not overlap.",
            )
        found.append(source_entity(source, span.start, span.end, label, label, None))
    return found


def source_entity(
    source: Doc, start: int, end: int, label: str, source_label: str, score: float | None
) -> SourceEntity:
    """The plain record of an entity of a translation, by token indices."""
    span = source[start:end]
    return {
        "start": start,
        "end": end,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "label": label,
        "source_label": source_label,
        "text": span.text,
        "score": score,
    }
