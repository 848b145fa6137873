"""doccano's JSONL for sequence labelling: `{"text": ..., "label": [[start, end, label]]}`.

Offsets are UTF-16 units, as JavaScript counts (doccano issue 2290), unless the project has "Count grapheme clusters as one
character", which is not read here. An export of a project with relations has `entities` with `start_offset` and `end_offset`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...corpus.texts import read_json_lines
from ...errors import InputError
from .labelled_text import Found, LabelledText, Utf16, from_units, listed, text_of


def write(texts: Sequence[LabelledText]) -> bytes:
    """A line a text."""
    lines = []
    for text in texts:
        counted = Utf16(text.text)
        label = [[counted.units(s), counted.units(e), name] for s, e, name in text.parts]
        lines.append(json.dumps({"text": text.text, "label": label}, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode("utf8")


def read(file: Path) -> Found:
    """The texts of an export (JSONL); all of them count as reviewed.

    RAISES: InputError that names the line.
    """
    found = Found([], {})
    for where, record in read_json_lines(file):
        text = text_of(record, where)
        given = next((record[k] for k in ("label", "labels", "entities") if k in record), None)
        rows = [_row(item, where) for item in listed(given, where, '"label"')]
        parts = [(*from_units(text, start, end, where), name) for start, end, name in rows]
        found.texts.append((where, text, parts))
    return found


def _row(item: Any, where: str) -> tuple[Any, Any, Any]:
    if isinstance(item, dict):
        item = [item.get("start_offset"), item.get("end_offset"), item.get("label")]
    if not isinstance(item, list) or len(item) != 3:
        raise InputError(f"{where}: {item!r:.80} is no label.", hint='Expected [0, 4, "PER"].')
    return item[0], item[1], item[2]
