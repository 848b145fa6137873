"""Prodigy's JSONL of the interfaces ner and ner_manual (prodi.gy/docs/api-interfaces).

Offsets are code points, as spaCy counts. `token_end` of a span is its last token, not one past it. An answer is "accept",
"reject" or "ignore"; only accepted texts are taken.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...corpus.texts import read_json_lines
from ...errors import InputError
from .labelled_text import Found, LabelledText, Part, listed, text_of


def write(texts: Sequence[LabelledText]) -> bytes:
    """A line a text. Silver labels have no answer yet."""
    return b"".join(
        (json.dumps(_task(text), ensure_ascii=False) + "\n").encode("utf8") for text in texts
    )


def _task(text: LabelledText) -> dict[str, Any]:
    words = text.words or []
    task: dict[str, Any] = {
        "text": text.text,
        "tokens": [
            {
                "text": text.text[start:end],
                "start": start,
                "end": end,
                "id": n,
                "ws": text.text[end : end + 1] == " ",
            }
            for n, (start, end) in enumerate(words)
        ],
        "spans": [_span(part, words) for part in text.parts],
    }
    return task if text.silver else {**task, "answer": "accept"}


def _span(part: Part, words: Sequence[tuple[int, int]]) -> dict[str, Any]:
    start, end, label = part
    first = bisect_right([s for s, _ in words], start) - 1
    last = bisect_left([e for _, e in words], end)
    return {
        "start": start,
        "end": end,
        "token_start": max(0, first),
        "token_end": min(last, len(words) - 1),
        "label": label,
    }


def read(file: Path) -> Found:
    """The accepted texts of `prodigy db-out`.

    RAISES: InputError that names the line.
    """
    found = Found([], {})
    for where, task in read_json_lines(file):
        text = text_of(task, where)
        if task.get("answer") != "accept":
            found.skip(f"answer {task.get('answer')!r}")
            continue
        parts = [_part(span, where) for span in listed(task.get("spans", []), where, '"spans"')]
        found.texts.append((where, text, parts))
    return found


def _part(span: Any, where: str) -> Part:
    if not isinstance(span, dict):
        raise InputError(f"{where}: {span!r:.80} is no span.")
    return span.get("start"), span.get("end"), span.get("label")  # type: ignore[return-value]
