"""Entities that an NER of the target language finds in the text itself, by words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import BackendError
from ..types import Annotator, Bitext, Mention
from .lazy import LazyBackend


class TargetMention(NamedTuple):
    """An entity of the target text."""

    start: int  # in target_words, [start, end)
    end: int
    label: str
    score: float | None


def target_mentions(ner: Annotator, bitexts: Sequence[Bitext]) -> list[list[TargetMention]]:
    """The entities that an NER finds in the target text of each bitext.

    Each distinct text is given to the NER once. What it said is noted on the bitext, so that
    candidates and a score made with the same NER, or with one of equal settings, ask it once.

    RAISES: BackendError if the NER does not give a list for each text.
    """
    key = ("target_mentions", _identity(ner))
    todo = [bitext for bitext in bitexts if key not in bitext.notes]
    texts = list(dict.fromkeys(bitext.target_text() for bitext in todo))
    answers = ner(texts) if texts else []
    if len(answers) != len(texts):
        raise BackendError(f"The target NER gave {len(answers)} answers for {len(texts)} texts.")
    known = dict(zip(texts, answers, strict=True))
    for bitext in todo:
        # The NER is kept beside its answer: an id belongs to another once its owner is gone.
        bitext.notes[key] = ner, _by_words(bitext, known[bitext.target_text()])
    return [bitext.notes[key][1] for bitext in bitexts]


def _identity(ner: Annotator) -> object:
    """Equal for parts that two config blocks made with the same settings."""
    if isinstance(ner, LazyBackend):
        settings = {name: repr(value) for name, value in ner.__getstate__().items()}
        return type(ner), tuple(sorted(settings.items()))
    return id(ner)


def _by_words(bitext: Bitext, mentions: Sequence[Mention]) -> list[TargetMention]:
    """Mentions by the words that they touch; those that the label map drops are left out."""
    starts = [start for start, _ in bitext.target_offsets]
    ends = [end for _, end in bitext.target_offsets]
    found = []
    for start_char, end_char, label, score, _ in (Mention(*mention) for mention in mentions):
        start, end = bisect_right(ends, start_char), bisect_left(starts, end_char)
        if label and start < end:
            found.append(TargetMention(start, end, label, score))
    return sorted(found, key=lambda m: (m.start, m.end, m.label))
