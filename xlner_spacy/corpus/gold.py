"""Reading labelled corpora of any format as Docs, on the corpus's own tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..document.attributes import set_data
from ..errors import InputError
from ..files import existing, suffix_of
from .conll import entities_of_tags, stream_conll
from .detokenize import to_doc
from .labels import LabelMap, map_label
from .parquet import read_rows
from .preparations import Preparation
from .texts import read_docbin, read_json_lines

# Kept on the Doc: how many entities the label map left out.
LABELS_LEFT_OUT = "xl_labels_left_out"

_TOKEN_KEYS = ("tokens", "words")
_TAG_KEYS = ("ner_tags", "tags", "ner")
_SPAN_KEYS = ("ents", "spans", "entities", "label", "labels")
_EXPECTED = (
    'Expected {"text": ..., "ents": [{"start": 0, "end": 4, "label": "PER"}]} with character '
    'offsets, or {"tokens": [...], "ner_tags": ["B-PER", "O", ...]}.'
)


def read_gold(
    path: str | Path,
    nlp: Language,
    lang: str,
    labels: LabelMap | None = None,
    prepare: Preparation | None = None,
) -> Iterator[Doc]:
    """The labelled texts of a file, in order, one at a time, with their entities as `ents`.

    path: A .spacy, .jsonl or .parquet file, or its URL; any other is read as columns (see `stream_conll`).
    nlp (Language): Its tokenizer is used where the corpus has no tokens.
    lang (str): The corpus's language, by whose rules tokens are made into a text.
    labels (dict): Label map; "" leaves a label out. None: labels stay as they are.
    prepare: Makes columns of the lines of a file of another format (`preparations`).
    RAISES: InputError that names the file, the line, and what was expected there.
    """
    file = existing(path)
    if suffix_of(file) == ".spacy":
        for number, doc in enumerate(read_docbin(file, nlp), 1):
            where = f"{file}, text {number}"
            if labels is not None:
                _relabel(doc, labels, where)
            yield doc
    elif suffix_of(file) == ".jsonl":
        yield from _from_records(read_json_lines(file), nlp, lang, labels)
    elif suffix_of(file) == ".parquet":
        yield from _from_records(read_rows(file), nlp, lang, labels)
    else:
        for sentence in stream_conll(file, prepare):
            where = f"{file}, sentence of line {sentence.line}"
            doc = to_doc(nlp.vocab, sentence.words, sentence.text, lang)
            entities = [
                (s, e, map_label(label, labels, where)) for s, e, label in sentence.entities
            ]
            _set_entities(doc, entities, where)
            yield doc


def _from_records(
    records: Iterable[tuple[str, dict[str, Any]]],
    nlp: Language,
    lang: str,
    labels: LabelMap | None,
) -> Iterator[Doc]:
    for where, record in records:
        words, tags = _first(record, _TOKEN_KEYS), _first(record, _TAG_KEYS)
        if words is not None and tags is not None:
            text = record.get("text")
            doc, found = _from_tags(
                words, tags, text if isinstance(text, str) else None, nlp, lang, where
            )
        else:
            doc, found = _from_offsets(record, nlp, where)
        entities = [(s, e, map_label(label, labels, where)) for s, e, label in found]
        _set_entities(doc, entities, where)
        yield doc


Entities = list[tuple[int, int, str]]


def _from_tags(
    words: Any, tags: Any, text: str | None, nlp: Language, lang: str, where: str
) -> tuple[Doc, Entities]:
    if (
        not _are_strings(words)
        or not _are_strings(tags)
        or len(words) != len(tags)
        or not all(words)
    ):
        raise InputError(
            f"{where}: tokens and tags are not two lists of as many strings that are not empty.",
            hint="Tags must be names (B-PER, I-PER, O), not numbers: write them with the "
            f"dataset's label names. {_EXPECTED}",
        )
    return to_doc(nlp.vocab, words, text, lang), entities_of_tags(tags, where)


def _from_offsets(record: dict[str, Any], nlp: Language, where: str) -> tuple[Doc, Entities]:
    text, given = record.get("text"), _first(record, _SPAN_KEYS)
    if not isinstance(text, str) or not isinstance(given, list):
        raise InputError(f"{where}: no labelled text.", hint=_EXPECTED)
    doc = nlp.make_doc(text)
    entities = []
    for item in given:
        start, end, label = _offsets(item, where)
        span = doc.char_span(start, end, alignment_mode="expand") if start < end else None
        if span is None:
            raise InputError(
                f"{where}: entity {item!r:.80} lies outside the text of {len(text)} characters."
            )
        entities.append((span.start, span.end, label))
    return doc, entities


def _offsets(item: Any, where: str) -> tuple[int, int, str]:
    """Ours and spaCy's dicts, Prodigy's spans, doccano's triples."""
    if isinstance(item, dict):
        # What xlner project writes has token indices under "start" and "end".
        prefix = ("start_char", "end_char") if "start_char" in item else ("start", "end")
        item = [item.get(prefix[0]), item.get(prefix[1]), item.get("label")]
    if not (
        isinstance(item, list)
        and len(item) == 3
        and all(isinstance(value, int) and value >= 0 for value in item[:2])
        and isinstance(item[2], str)
        and item[2]
    ):
        raise InputError(f"{where}: {item!r:.80} is not an entity.", hint=_EXPECTED)
    return item[0], item[1], item[2]


def _set_entities(doc: Doc, entities: Entities, where: str) -> None:
    kept = [Span(doc, start, end, label) for start, end, label in entities if label]
    set_data(LABELS_LEFT_OUT, doc, len(entities) - len(kept))
    try:
        doc.ents = kept
    except ValueError as error:
        raise InputError(
            f"{where}: entities that overlap: {', '.join(repr(span.text) for span in kept)}.",
            hint="A text's entities must lie side by side: keep the outer or the inner ones.",
        ) from error


def _relabel(doc: Doc, labels: LabelMap, where: str) -> None:
    """Words whose annotation is missing stay so."""
    mapped = [(ent.start, ent.end, map_label(ent.label_, labels, where)) for ent in doc.ents]
    kept = [Span(doc, start, end, label) for start, end, label in mapped if label]
    set_data(LABELS_LEFT_OUT, doc, len(mapped) - len(kept))
    missing = [doc[token.i : token.i + 1] for token in doc if not token.ent_iob]
    doc.set_ents(kept, missing=missing, default="outside")


def _first(record: dict[str, Any], keys: Iterable[str]) -> Any:
    return next((record[key] for key in keys if record.get(key) is not None), None)


def _are_strings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
