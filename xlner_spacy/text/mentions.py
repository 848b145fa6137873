"""Label maps and trimming between an NER model's entities and the projected ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..types import Mention

# Entities of OntoNotes models take articles and possessives in; most gold data does not.
_LEADING = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_TRAILING = re.compile(r"\s*['’]s?$")


def mapped(
    text: str, found: Iterable[Mention], labels: Mapping[str, str] | None, trim: bool
) -> list[Mention]:
    """Apply the label map and the trimming to the raw entities of a text.

    labels: Source label -> label to project. What it does not have gets the label "",
        which means that it is dropped and counted. None keeps every label as it is.
    trim (bool): Cut leading English articles and trailing possessives off.
    """
    mentions = []
    for mention in found:
        start, end = mention.start_char, mention.end_char
        if trim:
            start, end = trimmed(text, start, end)
        label = mention.label if labels is None else labels.get(mention.label, "")
        mentions.append(Mention(start, end, label, mention.score, mention.label))
    return mentions


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Offsets without a leading the/a/an and a trailing 's; never an empty span."""
    inner = text[start:end]
    leading = _LEADING.match(inner)
    if leading and leading.end() < len(inner):
        start += leading.end()
    trailing = _TRAILING.search(text[start:end])
    if trailing and trailing.start() > 0:
        end = start + trailing.start()
    return start, end
