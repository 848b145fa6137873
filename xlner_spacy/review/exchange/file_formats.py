"""Export to other tools, and import of what was labelled there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from ...corpus.texts import read_json_lines
from ...errors import InputError, SetupError
from ...evaluation.metrics import TokenEntity
from ...files import existing, suffix_of
from ...text.languages import check_language, tokenizer
from ..decisions import Review
from ..gold_lines import by_characters, check_label, known_text
from ..review_texts import ReviewText, read_silver
from . import doccano, label_studio, prodigy
from .labelled_text import LabelledText, Part, labels_of, of_silver

FORMATS: dict[str, ModuleType] = {
    "label-studio": label_studio,
    "doccano": doccano,
    "prodigy": prodigy,
}


def format_of(name: str) -> ModuleType:
    """RAISES: SetupError if there is no such format."""
    if name not in FORMATS:
        raise SetupError(f"There is no format {name!r}.", hint=f"One of {', '.join(FORMATS)}.")
    return FORMATS[name]


def texts_to_export(place: Path, lang: str | None) -> list[LabelledText]:
    """The texts of a .jsonl file of reviewed texts, or of silver data.

    lang (str): By whose rules a .jsonl file's texts are cut into words, where the file has none.
    RAISES: InputError if they cannot be read.
    """
    if suffix_of(place) != ".jsonl" or place.is_dir():
        return [of_silver(text) for text in read_silver(place).texts]
    nlp = tokenizer(check_language(lang)) if lang else None
    found = []
    for where, record in read_json_lines(existing(place)):
        text, parts = _record(record, where)
        words = _own_words(text, record.get("tokens"))
        if words is None and nlp is not None:
            words = [(t.idx, t.idx + len(t)) for t in nlp.make_doc(text)]
        found.append(LabelledText(text, parts, words=words))
    if not found:
        raise InputError(f"{place} has no texts.")
    return found


def _record(record: dict[str, Any], where: str) -> tuple[str, list[Part]]:
    text, given = record.get("text"), record.get("ents")
    if not isinstance(text, str) or not isinstance(given, list):
        raise InputError(
            f'{where}: no "text" with "ents".', hint="Give a file that `xlner review` wrote."
        )
    return text, [_part(item, text, where) for item in given]


def _part(item: Any, text: str, where: str) -> Part:
    own = item if isinstance(item, dict) else {}
    start, end, label = own.get("start"), own.get("end"), own.get("label")
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(label, str)):
        raise InputError(f"{where}: {item!r:.80} is no entity.")
    if not 0 <= start < end <= len(text):
        raise InputError(f"{where}: {item!r:.80} lies outside the text of {len(text)} characters.")
    return start, end, check_label(label, where)


def _own_words(text: str, tokens: Any) -> list[tuple[int, int]] | None:
    if not isinstance(tokens, list):
        return None
    words, at = [], 0
    for token in tokens:
        start = text.find(token, at) if isinstance(token, str) else -1
        if start < 0:
            return None
        at = start + len(token)
        words.append((start, at))
    return words


def written(texts: list[LabelledText], name: str) -> bytes:
    """The file.

    RAISES: SetupError if the format needs words that are not known.
    """
    if name == "prodigy" and any(text.words is None for text in texts):
        raise SetupError(
            "Prodigy's format has the words of each text, which this file does not.",
            hint="Give its language: --lang pt",
        )
    content: bytes = format_of(name).write(texts)
    return content


def advice(texts: list[LabelledText], name: str) -> str:
    """What the tool must be told besides."""
    if name == "label-studio":
        return f"Labelling interface:\n{label_studio.interface(texts)}"
    labels = ",".join(labels_of(texts))
    if name == "prodigy":
        return f"Labels for prodigy ner.manual: {labels}"
    return f"Labels of the project: {labels}. Leave off 'Count grapheme clusters as one character'."


class Imported:
    """What came of an import.

    changed, taken (int): Texts that differ from before, of all that the file has reviewed.
    skipped (dict): Texts that are not reviewed there, by reason.
    moved (list): Entities that grew to whole words.
    """

    def __init__(self, review: Review, file: Path, name: str) -> None:
        found = format_of(name).read(existing(file))
        self.skipped: dict[str, int] = found.skipped
        self.moved: list[str] = []
        rows = list(self._rows(found.texts, review))
        self.taken = len(rows)
        self.changed = review.take(rows)

    def _rows(
        self, texts: list[tuple[str, str, list[Part]]], review: Review
    ) -> Iterator[tuple[ReviewText, list[TokenEntity], dict[str, Any]]]:
        seen: dict[str, str] = {}
        for where, given, parts in texts:
            text = known_text(given, review.silver, where)
            if text.key in seen:
                raise InputError(f"{where}: the text of {seen[text.key]} again.")
            seen[text.key] = where
            entities = by_characters(text, parts, where, self.moved)
            verdict = review.verdicts.get(text.key)
            yield text, entities, verdict.others if verdict else {}
