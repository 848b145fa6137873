"""Reading texts: .txt (a text a line), .jsonl, .parquet, .spacy; "-" is standard input.

JSON is read and written by Python's own module. srsly keeps the last of two equal keys, reads
1e400 as infinity, rounds decimals and writes letters other than ASCII as escapes.
"""

from __future__ import annotations

import codecs
import json
import math
import sys
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from ..document.attributes import dropped, get_data, set_data
from ..document.give import give_translation
from ..errors import InputError
from ..files import check_place, existing, suffix_of
from ..text.languages import is_language, same_language
from .parquet import read_rows

# zlib, msgpack and DocBin each have their own ways of failing on bytes that are no DocBin.
_NOT_A_DOCBIN = (zlib.error, ValueError, KeyError, IndexError, TypeError, AttributeError, OSError)

STANDARD = "-"
SUFFIXES = (".txt", ".jsonl", ".parquet", ".spacy")


def read_docs(path: str, nlp: Language, source_lang: str) -> Iterator[Doc]:
    """The texts of a file as unprocessed Docs, in order, one at a time.

    A .jsonl line is `{"text": ...}`; a "translation" beside it is used as the text's
    translation, or "translations", `{"en": ..., "es": ...}`; other keys are kept on the Doc and written again. A .txt file has a
    text a line, blank lines included. A .spacy file is read with its user data.

    path (str): The file; "-" for lines on standard input: JSON objects if the first one
        begins with "{", else texts.
    RAISES: InputError naming the file and the line.
    """
    if path == STANDARD:
        name = "standard input"
        yield from _from_lines(decoded(sys.stdin.buffer, name), name, nlp, source_lang, None)
        return
    file = existing(path)
    if suffix_of(file) == ".spacy":
        yield from read_docbin(file, nlp)
        return
    if suffix_of(file) == ".parquet":
        for where, row in read_rows(file):
            yield _from_record(_with_text(row, where), where, nlp, source_lang)
        return
    as_json = {".jsonl": True, ".txt": False}.get(suffix_of(file))
    if as_json is None:
        raise InputError(
            f"{file}: cannot read files that end in {file.suffix!r}.",
            hint=f"Give a file that ends in {', '.join(SUFFIXES)}, or - for standard input.",
        )
    with file.open("rb") as lines:
        yield from _from_lines(decoded(lines, str(file)), str(file), nlp, source_lang, as_json)


def read_docbin(file: Path, nlp: Language) -> Iterator[Doc]:
    """The Docs of a .spacy file, with their user data.

    RAISES: InputError if it is not one.
    """
    try:
        docs = _docbin(file)
        for string in docs.strings:
            # Docs that come later need it too, even if this one is made in a memory zone.
            nlp.vocab.strings.add(string, allow_transient=False)  # type: ignore[call-arg]
        yield from docs.get_docs(nlp.vocab)
    except _NOT_A_DOCBIN as error:
        raise _incomplete(file, error) from error


def count_docbin(file: Path) -> int:
    """How many Docs a .spacy file has.

    RAISES: InputError if it is not one.
    """
    try:
        return len(_docbin(file))
    except _NOT_A_DOCBIN as error:
        raise _incomplete(file, error) from error


def _docbin(file: Path) -> DocBin:
    return DocBin(store_user_data=True).from_bytes(file.read_bytes())


def _incomplete(file: Path, error: Exception) -> InputError:
    return InputError(
        f"{file} is not a complete .spacy file ({type(error).__name__}: {error}).",
        hint="Write it again with DocBin.to_disk or spacy convert.",
    )


def read_pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Texts and their translations: .tsv, or .jsonl with "text" and "translation".

    RAISES: InputError naming the file and the line.
    """
    file = existing(path)
    with file.open("rb") as lines:
        for number, line in enumerate(decoded(lines, str(file)), 1):
            if not line.strip():
                continue
            if suffix_of(file) == ".jsonl":
                record = _record(line, str(file), number)
                text, translation = record["text"], record.get("translation")
            else:
                text, _, translation = line.partition("\t")
            if not isinstance(translation, str) or not translation.strip():
                raise InputError(
                    f"{file}, line {number}: no translation.",
                    hint='Expected text, tab, translation; or {"text": ..., "translation": ...}.',
                )
            yield text, translation


def decoded(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """Lines without their line ends. (Cut at line feeds only: U+2028 and U+0085 may stand
    in a text or be a token.)

    RAISES: InputError naming the line, if it is not UTF-8.
    """
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode("utf8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name}, line {number}: not UTF-8 ({error.reason} at byte {error.start}).",
                hint=f"Convert it first, for example: iconv -f {_encoding(line)} -t utf-8 OLD > NEW",
            ) from error
        if number == 1:
            text = text.lstrip("\ufeff")
        yield text.rstrip("\n").removesuffix("\r")


# UTF-32 before UTF-16, whose mark its own begins with.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def _encoding(line: bytes) -> str:
    """Which encoding a line that is not UTF-8 may have: by its byte order mark, else a guess."""
    found = (name for mark, name in _BYTE_ORDER_MARKS.items() if line.startswith(mark))
    return next(found, "latin1")


def _from_lines(
    lines: Iterator[str], name: str, nlp: Language, source_lang: str, as_json: bool | None
) -> Iterator[Doc]:
    """as_json: None: decided by the first line that is not blank."""
    blank: list[str] = []
    for number, line in enumerate(lines, 1):
        if as_json is None:
            if not line.strip():
                blank.append(line)
                continue
            as_json = line.lstrip().startswith("{")
        if as_json:
            blank = []
            if line.strip():
                yield _from_record(
                    _record(line, name, number), f"{name}, line {number}", nlp, source_lang
                )
            continue
        yield from map(nlp.make_doc, blank)
        blank = []
        yield _make_doc(line, f"{name}, line {number}", nlp)
    yield from map(nlp.make_doc, blank)


def _from_record(record: dict[str, Any], where: str, nlp: Language, source_lang: str) -> Doc:
    doc = _make_doc(record.pop("text"), where, nlp)
    for lang, text in take_translations(record, where, source_lang):
        give_translation(doc, text, lang=lang)
    set_data("xl_record", doc, record)
    return doc


def take_translations(
    record: dict[str, Any], where: str, source_lang: str
) -> list[tuple[str, str]]:
    """The languages and translations of a record, which are taken out of it.

    source_lang (str): The language of a "translation" without one.
    RAISES: InputError if they are not strings, or there are two into one language.
    """
    translation = record.pop("translation", None)
    if translation is not None and not isinstance(translation, str):
        raise InputError(f'{where}: "translation" is not a string.')
    found: list[tuple[str, str]] = []
    given = [] if translation is None else [(source_lang, translation)]
    for lang, text in [*given, *_translations(record, where)]:
        if any(same_language(lang, other) for other, _ in found):
            raise InputError(f"{where}: there are two translations into {lang!r}.")
        found.append((lang, text))
    return found


def given_translations(file: Path, source_lang: str) -> list[list[tuple[str, str]]]:
    """The languages and translations that each record of a .jsonl file brings along; [] for another
    file. Errors as of `take_translations`."""
    if suffix_of(file) != ".jsonl":
        return []
    return [
        take_translations(record, where, source_lang) for where, record in read_json_lines(file)
    ]


def _translations(record: dict[str, Any], where: str) -> list[tuple[str, str]]:
    """The languages and translations of a record, which are taken out of it. The list that
    `xlner project` writes under the same name is not used again."""
    found = record.pop("translations", None)
    if found is None or (isinstance(found, list) and all(isinstance(t, dict) for t in found)):
        return []
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise InputError(
            f'{where}: "translations" is not an object of strings.',
            hint='Expected {"text": "...", "translations": {"en": "...", "es": "..."}}.',
        )
    for lang in found:
        if not is_language(lang):
            raise InputError(
                f'{where}: "translations" has {lang!r}, which is not the code of a language.',
                hint='Use ISO 639 codes: {"en": "...", "es": "..."}.',
            )
    return list(found.items())


def _make_doc(text: str, where: str, nlp: Language) -> Doc:
    if len(text) > nlp.max_length:
        raise InputError(
            f"{where}: {len(text)} characters; spaCy takes {nlp.max_length}.",
            hint="Cut the text, or raise nlp.max_length in Python.",
        )
    return nlp.make_doc(text)


def _record(line: str, name: str, number: int) -> dict[str, Any]:
    where = f"{name}, line {number}"
    return _with_text(parse_record(line, where), where)


def _with_text(record: dict[str, Any], where: str) -> dict[str, Any]:
    if not isinstance(record.get("text"), str):
        raise InputError(f'{where}: no "text".', hint='Expected an object like {"text": "..."}.')
    return record


def read_json_lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of the lines that are not blank, each with where it is, for errors.

    RAISES: InputError as of `decoded` and `parse_record`.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(decoded(lines, str(file)), 1):
            if line.strip():
                where = f"{file}, line {number}"
                yield where, parse_record(line, where)


def parse_record(line: str, where: str) -> dict[str, Any]:
    """The JSON object of a line.

    where (str): The file and line, for the error.
    RAISES: InputError if it is none, if an object in it has a key twice, or if a number in it
        is too large for JSON readers.
    """
    try:
        record = json.loads(
            line,
            parse_constant=_no_constant,
            parse_int=partial(_int64, where),
            parse_float=partial(_finite, where),
            object_pairs_hook=partial(_without_repeats, where),
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({error}).") from error
    try:
        json.dumps(record, ensure_ascii=False).encode("utf8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}: half a surrogate pair, which is no character ({error.reason}).",
            hint="The file was cut inside an emoji or was not written as UTF-8: write it again.",
        ) from error
    if not isinstance(record, dict):
        raise InputError(f"{where}: {line[:40]!r} is not a JSON object.")
    return record


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _int64(where: str, digits: str) -> int | float:
    """Integers that msgpack, and so .spacy, cannot hold become floats, as in JavaScript."""
    if len(digits) <= 20 and -(2**63) <= int(digits) < 2**63:
        return int(digits)
    return _finite(where, digits)


def _finite(where: str, digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise InputError(
            f"{where}: the number {digits:.40} is too large: it would become Infinity, which is no "
            "JSON.",
            hint="Write it as a string.",
        )
    return value


def _without_repeats(where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise InputError(
            f"{where}: an object has the key {repeated!r} twice.",
            hint="Only one of the two values could be kept: rename or remove one.",
        )
    return found


def to_record(doc: Doc) -> dict[str, Any]:
    """The record of a projected Doc, as a .jsonl line has it.

    The other keys of the input line come out again; one that has a name of ours is in
    "input".
    """
    ours: dict[str, Any] = {
        "ents": doc._.xl_entities or [],
        "translations": [
            {"lang": t["lang"], "text": t["text"]} for t in doc._.xl_translations or []
        ],
        "unplaced": doc._.xl_unplaced or [],
        "dropped": dropped(doc),
        "problems": doc._.xl_problems or [],
    }
    given: dict[str, Any] = get_data("xl_record", doc) or {}
    clashing = {key: value for key, value in given.items() if key in ours}
    if clashing:
        ours["input"] = clashing
    others = {key: value for key, value in given.items() if key not in ours}
    return {"text": doc.text, **others, **ours}


def to_line(doc: Doc) -> bytes:
    """A .jsonl line, in UTF-8: names stay readable."""
    return (json.dumps(to_record(doc), ensure_ascii=False) + "\n").encode("utf8")


def check_output(path: str) -> None:
    """RAISES: InputError if the results could not be written there."""
    if path == STANDARD:
        return
    file = Path(path)
    if suffix_of(file) not in (".jsonl", ".spacy"):
        raise InputError(
            f"{file}: cannot write files that end in {file.suffix!r}.",
            hint="Name the output .jsonl or .spacy, or - for JSON lines on standard output.",
        )
    check_place(file)
