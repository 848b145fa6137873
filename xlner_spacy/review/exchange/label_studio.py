"""Label Studio's JSON: tasks with `annotations` (of people) and `predictions` (to be corrected).

Its task format: labelstud.io/guide/task_format. Offsets of its Text tag are code points since label-studio-frontend pull request 308
(2021), and a line end of two characters counts as two; earlier versions counted UTF-16 units (label-studio issue 1347). Regions
carry their text, by which the two are told apart here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from ...errors import InputError
from .labelled_text import Found, LabelledText, Part, Utf16, labels_of, listed, text_of

_FROM, _TO = "label", "text"


def write(texts: Sequence[LabelledText]) -> bytes:
    """Tasks: silver labels as predictions, reviewed ones as annotations."""
    tasks = []
    for text in texts:
        result = [_region(text, n) for n in range(len(text.parts))]
        task: dict[str, Any] = {"data": {"text": text.text}}
        if text.silver:
            scores = [own for own in text.scores if own is not None]
            score = round(min(scores), 4) if scores else None
            prediction = {"model_version": "xlner silver", "result": result}
            task["predictions"] = [
                {**prediction, "score": score} if score is not None else prediction
            ]
        else:
            task["annotations"] = [{"result": result}]
        tasks.append(task)
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode("utf8")


def interface(texts: Sequence[LabelledText]) -> str:
    """The labelling interface that a project needs for these tasks. (By default spaces would be trimmed where a text is shown, which moves
    what follows.)"""
    labels = "".join(f"    <Label value={quoteattr(label)}/>\n" for label in labels_of(texts))
    return (
        "<View>\n"
        "  <Style>.htx-text { white-space: pre-wrap; }</Style>\n"
        f'  <Labels name="{_FROM}" toName="{_TO}">\n{labels}  </Labels>\n'
        f'  <Text name="{_TO}" value="$text" granularity="word"/>\n'
        "</View>"
    )


def _region(text: LabelledText, n: int) -> dict[str, Any]:
    start, end, label = text.parts[n]
    region: dict[str, Any] = {
        "id": str(n),
        "from_name": _FROM,
        "to_name": _TO,
        "type": "labels",
        "value": {"start": start, "end": end, "text": text.text[start:end], "labels": [label]},
    }
    score = text.scores[n] if n < len(text.scores) else None
    return region if score is None else {**region, "score": round(score, 4)}


def read(file: Path) -> Found:
    """The annotated tasks of an export ("JSON"). Of several annotations of a task the newest is taken.

    RAISES: InputError that names the task.
    """
    try:
        tasks = json.loads(file.read_text(encoding="utf8"))
    except ValueError as error:
        raise InputError(
            f"{file}: not JSON ({error}).", hint='Export from Label Studio as "JSON".'
        ) from error
    found = Found([], {})
    for number, task in enumerate(listed(tasks, str(file), "the file"), 1):
        where = f"{file}, task {number}"
        data = task.get("data") if isinstance(task, dict) else None
        text = text_of(data, where)
        annotations = [
            own
            for own in listed(task.get("annotations") or [], where, '"annotations"')
            if isinstance(own, dict) and not own.get("was_cancelled")
        ]
        if not annotations:
            found.skip("not annotated, or skipped")
            continue
        if len(annotations) > 1:
            found.skip("older annotations of a task that has several")
        newest = max(annotations, key=lambda own: str(own.get("updated_at", "")))
        result = listed(newest.get("result"), where, '"result"')
        parts = [part for region in result for part in _parts(region, text, where)]
        found.texts.append((where, text, parts))
    return found


def _parts(region: Any, text: str, where: str) -> list[Part]:
    if not isinstance(region, dict) or region.get("type") != "labels":
        return []  # a choice, a rating: not about entities
    value = region.get("value")
    if not isinstance(value, dict):
        raise InputError(f"{where}: a region has no value.")
    start, end = _offsets(value, text, where)
    labels = listed(value.get("labels"), where, '"labels" of a region')
    return [(start, end, label) for label in labels]


def _offsets(value: dict[str, Any], text: str, where: str) -> tuple[int, int]:
    start, end, said = value.get("start"), value.get("end"), value.get("text")
    if not isinstance(start, int) or not isinstance(end, int):
        raise InputError(
            f"{where}: a region's offsets are no numbers: {start!r}, {end!r}.",
            hint="Regions of the Text tag have numbers; HyperText is not read.",
        )
    if not isinstance(said, str) or _same(said, text[start:end]):
        return start, end
    counted = Utf16(text)
    first, last = counted.point(start), counted.point(end)
    if first is not None and last is not None and _same(said, text[first:last]):
        return first, last
    raise InputError(
        f"{where}: {start} to {end} is {text[start:end]!r}, not {said[:40]!r} as the region says.",
        hint="Was the text changed, or trimmed where it was shown? Use the labelling interface that review-export prints.",
    )


def _same(said: str, text: str) -> bool:
    # Line ends are written as a backslash and n in a region's text.
    return said in (text, text.replace("\n", "\\n"))
