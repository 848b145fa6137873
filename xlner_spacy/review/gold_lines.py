"""The file of reviewed texts: what `xlner.Corpus.v1` and `xlner evaluate` read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..corpus.detokenize import to_doc
from ..corpus.texts import decoded, parse_record
from ..errors import InputError
from ..evaluation.metrics import TokenEntity
from ..text.languages import tokenizer
from .review_texts import ReviewText, SilverTexts, text_id

WAY_OUT = (
    "Correct the line, or delete the file: it is written again from the decisions in the journal."
)


def gold_record(text: ReviewText, entities: Sequence[TokenEntity], lang: str) -> dict[str, Any]:
    """A reviewed text as a line of the file.

    The words are written, as `tokens` and `ner_tags`, where the tokenizer of the language would make others of the text.
    """
    words = [text.text[start:end] for start, end in text.words]
    parts = [text.part(entity) for entity in sorted(entities)]
    record: dict[str, Any] = {
        "text": text.text,
        "ents": [
            {"start": start, "end": end, "label": label, "text": text.text[start:end]}
            for start, end, label in parts
        ],
    }
    if [token.text for token in tokenizer(lang).make_doc(text.text)] != words and (
        # A reader sets the words of a line one after another: that must give the text.
        to_doc(tokenizer(lang).vocab, words, text.text, lang).text == text.text
    ):
        tags = ["O"] * len(words)
        for start, end, label in entities:
            tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        record |= {"tokens": words, "ner_tags": tags}
    return record


def gold_line(record: dict[str, Any]) -> bytes:
    """A line, in UTF-8."""
    return (json.dumps(record, ensure_ascii=False) + "\n").encode("utf8")


def read_gold_lines(
    file: Path, silver: SilverTexts
) -> Iterator[tuple[ReviewText, list[TokenEntity], bytes]]:
    """The texts of the file, with their entities and the line itself.

    RAISES: InputError that names the line, if it is not JSON, has a text that is not in the silver data or is there twice, or
        entities that do not fit the text's words.
    """
    seen: dict[str, int] = {}
    with file.open("rb") as lines:
        for number, line in enumerate(decoded(lines, str(file)), 1):
            if not line.strip():
                continue
            where = f"{file}, line {number}"
            try:
                record = parse_record(line, where)
            except InputError as error:
                raise InputError(error.message, hint=error.hint or WAY_OUT) from error
            text = known_text(record.get("text"), silver, where)
            if text.key in seen:
                raise InputError(
                    f"{where}: the text of line {seen[text.key]} again.",
                    hint=f"Keep one of the two. {WAY_OUT}",
                )
            seen[text.key] = number
            entities = by_characters(text, _offsets(record.get("ents"), where), where)
            _check_tags(record, gold_record(text, entities, silver.lang), where)
            yield text, entities, f"{line}\n".encode()


def _check_tags(record: dict[str, Any], wanted: dict[str, Any], where: str) -> None:
    """Readers go by the tags where there are any: an edit must not be lost in the other place."""
    given = record.get("ner_tags")
    if given is not None and given != wanted.get("ner_tags", given):
        raise InputError(
            f'{where}: "ner_tags" say otherwise than "ents".',
            hint='Change "ents", and delete "ner_tags" of the line: they are written anew.',
        )


def known_text(text: Any, silver: SilverTexts, where: str) -> ReviewText:
    """RAISES: InputError if it is no text of the silver data."""
    found = silver.by_key.get(text_id(text)) if isinstance(text, str) else None
    if found is None:
        raise InputError(
            f"{where}: {'no text' if not isinstance(text, str) else repr(text[:40])} is not in {silver.place}.",
            hint="The file is the review of other silver data, or the text was changed by hand: name the silver data that "
            "it is of, or another --output.",
        )
    return found


def _offsets(given: Any, where: str) -> list[tuple[Any, Any, Any]]:
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise InputError(
            f'{where}: "ents" is no list of entities.',
            hint='Expected "ents": [{"start": 0, "end": 4, "label": "PER"}], by characters.',
        )
    return [(item.get("start"), item.get("end"), item.get("label")) for item in given]


def by_characters(
    text: ReviewText,
    given: Iterable[tuple[Any, Any, Any]],
    where: str,
    moved: list[str] | None = None,
) -> list[TokenEntity]:
    """Entities by word, of offsets in characters (code points).

    moved: Is given the entities that do not begin and end with words, which grow to whole ones. None: they are errors.
    RAISES: InputError if one is not within the text, ends within a word, or overlaps another.
    """
    starts = {start: n for n, (start, _) in enumerate(text.words)}
    ends = {end: n + 1 for n, (_, end) in enumerate(text.words)}
    found: list[TokenEntity] = []
    for start, end, label in given:
        valid = all(isinstance(n, int) and not isinstance(n, bool) for n in (start, end))
        if not valid or not 0 <= start < end <= len(text.text) or not isinstance(label, str):
            raise InputError(
                f"{where}: ({start!r}, {end!r}, {label!r}) is no entity in a text of {len(text.text)} characters.",
                hint='Expected numbers of characters, and a label: {"start": 0, "end": 4, "label": "PER"}.',
            )
        check_label(label, where)
        words = [n for n, (s, e) in enumerate(text.words) if s < end and start < e]
        fits = start in starts and end in ends
        if not words or not (fits or moved is not None):
            raise InputError(
                f"{where}: {text.text[start:end]!r} ({start} to {end}) does not begin and end with words of the text.",
                hint="Entities are made of whole words: move its offsets to where words begin and end.",
            )
        if not fits and moved is not None:
            moved.append(text.text[start:end])
        found.append((words[0], words[-1] + 1, label))
    return without_overlaps(text, found, where)


def check_label(label: str, where: str) -> str:
    """RAISES: InputError for a label that columns and configs cannot hold."""
    if not label or not label.isprintable() or label != label.strip() or len(label) > 100:
        raise InputError(
            f"{where}: {label[:40]!r} is no label.",
            hint="A label is printable, not empty, without space at its ends, and has 100 characters at most.",
        )
    return label


def without_overlaps(
    text: ReviewText, entities: Iterable[TokenEntity], where: str
) -> list[TokenEntity]:
    """The entities in order.

    RAISES: InputError if two of them overlap or one is not within the text.
    """
    found = sorted(entities)
    for n, (start, end, label) in enumerate(found):
        if not 0 <= start < end <= len(text.words):
            raise InputError(
                f"{where}: ({start}, {end}, {label!r}) is not within {len(text.words)} words."
            )
        if n and start < found[n - 1][1]:
            one, other = (text.part(own) for own in (found[n - 1], found[n]))
            raise InputError(
                f"{where}: {text.text[one[0] : one[1]]!r} and {text.text[other[0] : other[1]]!r} overlap.",
                hint="A text's entities must lie side by side: keep the outer or the inner ones.",
            )
    return found
