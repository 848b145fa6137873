"""What a service answers for a text, made of its Doc."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc, Span

from ...document.attributes import get_data, language_of
from ...document.failed_sources import has_failed
from ...text.languages import direction
from ...types import Translation
from .candidate_fates import candidate_fates

Answer = dict[str, Any]


def answer(doc: Doc, detail: bool) -> Answer:
    """Plain data, offsets in characters (code points).

    detail (bool): Whether to say how entities were found, too.
    """
    short: Answer = {
        "entities": [_entity(span) for span in doc.ents],
        "problems": [dict(problem) for problem in doc._.xl_problems or []],
        "failed": has_failed(doc),
    }
    return {**short, **_detail(doc)} if detail else short


def failed_answer(reason: str, detail: str, length: int, in_detail: bool) -> Answer:
    """For a text that has no Doc.

    length (int): Of the text, in characters.
    """
    problem = {"stage": "service", "reason": reason, "detail": detail}
    short: Answer = {
        "entities": [],
        "problems": [{**problem, "start_char": 0, "end_char": length, "lang": ""}],
        "failed": True,
    }
    empty: Answer = {key: [] for key in ("words", "translations", "candidates", "unplaced")}
    return {**short, **empty} if in_detail else short


def _entity(span: Span) -> Answer:
    source = span._.xl_source
    return {
        "start": span.start_char,
        "end": span.end_char,
        "label": span.label_,
        "text": span.text,
        "confidence": span._.xl_confidence,
        "source": dict(source) if source else None,
    }


def _detail(doc: Doc) -> Answer:
    alignments = doc._.xl_alignments or []
    found = doc._.xl_translations or []
    # A back-translation has links of another text.
    known = len(alignments) == len(found) and get_data("xl_forward", doc) is None
    return {
        "lang": language_of(doc),
        "dir": direction(language_of(doc)),
        "words": [[token.idx, token.idx + len(token)] for token in doc],
        "translations": [
            _translation(translation, alignments[n] if known else [])
            for n, translation in enumerate(found)
        ],
        "candidates": candidate_fates(doc),
        "unplaced": [dict(lost) for lost in doc._.xl_unplaced or []],
    }


def _translation(translation: Translation, links: list[Any]) -> Answer:
    words, here = [], 0
    for word, space in zip(translation["words"], translation["spaces"], strict=True):
        words.append([here, here + len(word)])
        here += len(word) + space
    return {
        "lang": translation["lang"],
        "dir": direction(translation["lang"]),
        "text": translation["text"],
        "words": words,
        "entities": [
            {
                "start": entity["start_char"],
                "end": entity["end_char"],
                "label": entity["label"],
                "text": entity["text"],
                "score": entity["score"],
            }
            for entity in translation["entities"] or []
        ],
        "links": [
            [int(source), int(target), round(float(confidence), 4), bool(weak)]
            for source, target, confidence, weak in links
        ],
    }
