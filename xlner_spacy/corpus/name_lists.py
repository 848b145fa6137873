"""Lists of names, from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from ..files import existing, suffix_of
from .texts import decoded, parse_record

EXPECTED = (
    'Expected a .jsonl file of {"label": "PER", "text": "Ana Sousa"} lines, or a .txt file with a '
    'name per line for each label: {"PER": "people.txt"}.'
)


def read_name_lists(given: str | Mapping[str, str]) -> list[tuple[str, str]]:
    """Labels and names, in the order of the files; blank lines do not count.

    given: A .jsonl file of objects with `label` and `text`, or for each label a .txt file with a
        name per line.
    RAISES: InputError naming the file and the line; also if there is no name at all.
    """
    if isinstance(given, str):
        found = _from_json_lines(existing(given))
    else:
        found = [
            (label, line.strip())
            for label, path in given.items()
            for line in _lines(existing(path))
            if line.strip()
        ]
    if not found:
        files = given if isinstance(given, str) else ", ".join(given.values())
        raise InputError(f"{files or 'names'}: there are no names.", hint=EXPECTED)
    return found


def _from_json_lines(file: Path) -> list[tuple[str, str]]:
    if suffix_of(file) != ".jsonl":
        raise InputError(f"{file}: it is not said which label its names have.", hint=EXPECTED)
    found = []
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        record = parse_record(line, f"{file}, line {number}")
        label, name = record.get("label"), record.get("text")
        if not (isinstance(label, str) and isinstance(name, str) and label and name.strip()):
            raise InputError(f"{file}, line {number}: no label or no text.", hint=EXPECTED)
        found.append((label, name.strip()))
    return found


def _lines(file: Path) -> list[str]:
    with file.open("rb") as lines:
        return list(decoded(lines, str(file)))
