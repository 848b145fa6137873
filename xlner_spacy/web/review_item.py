"""A text as the page draws it. Words and pieces are strings, so that the page need not count characters, which JavaScript
does in other units."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..review.decisions import Review
from ..review.review_texts import ReviewText
from ..text.languages import direction, language_name
from ..text.terminal import drawable


def text_item(review: Review, text: ReviewText) -> dict[str, Any]:
    """A text, its silver labels, and what is decided so far."""
    verdict = review.verdicts.get(text.key)
    lang = review.silver.lang
    return {
        "revision": review.revision(text.key),
        "is_done": verdict is not None and verdict.done,
        "by": verdict.reviewer if verdict else "",
        "lang": lang if lang != "xx" else "",
        "dir": _direction(lang),
        "words": _words(text),
        "entities": [list(own) for own in review.entities(text.key)],
        "silver": [
            {"entity": list(entity), "confidence": confidence, "source": source}
            for entity, confidence, source in zip(
                text.silver, text.confidences, text.sources, strict=True
            )
        ],
        "unsure": [start for start, _ in text.unsure],
        "translations": [_translation(own) for own in text.translations],
        "unplaced": [_unplaced(text, own) for own in text.unplaced],
    }


def _words(text: ReviewText) -> list[list[str]]:
    """Each word with what is between it and the next."""
    shown = drawable(text.text)
    ends = [*text.words, (len(shown), len(shown))]
    return [[shown[a[0] : a[1]], shown[a[1] : b[0]]] for a, b in pairwise(ends)]


def _translation(translation: dict[str, Any]) -> dict[str, Any]:
    shown, lang = drawable(translation["text"]), translation["lang"]
    pieces: list[dict[str, Any]] = []
    here = 0
    for start, end, label in sorted(translation["entities"]):
        if start < here:
            continue  # within the one before: there is no room to draw it
        pieces += [
            {"text": shown[here:start]},
            {"text": shown[start:end], "label": label, "start": start},
        ]
        here = end
    pieces.append({"text": shown[here:]})
    return {
        "lang": lang,
        "name": language_name(lang),
        "dir": _direction(lang),
        "pieces": [own for own in pieces if own["text"]],
    }


def _unplaced(text: ReviewText, unplaced: dict[str, Any]) -> dict[str, Any]:
    n = unplaced["translation"]
    lang = text.translations[n]["lang"] if 0 <= n < len(text.translations) else ""
    return {
        "text": drawable(unplaced["text"]),
        "label": unplaced["label"],
        "reason": unplaced["reason"],
        "lang": lang,
    }


def _direction(lang: str) -> str:
    return direction(lang) if lang and lang != "xx" else "auto"
