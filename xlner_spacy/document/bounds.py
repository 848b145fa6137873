"""Bounds on the work that one text can make, whatever is in it and whatever models say of it.

What takes more than linear time is the number of candidates of an entity: it grows with the
square of the entity's length and of the text in which it is looked for. Both are bounded here;
`strongest_links.py` bounds links and `text/words.py` the edges of candidates. With these
the candidates of a text, and the time to score them, grow in proportion to its entities.
"""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from ..text.overlaps import Overlaps
from ..types import SourceEntity, Span

# Words of a source entity that is projected, at the most; longer ones are in `Doc._.xl_unplaced`.
# The longest of 2,000 gold entities of Europarl has 39. What is longer is a recogniser that has
# lost its way in a text of repetitions.
MAX_ENTITY_WORDS = 60
# Target words among which an entity is looked for without links, at the most. Texts that are
# translated sentence by sentence have `max_words` a sentence (100); only a longer text that was
# given with its translation as one whole can have more.
MAX_REACH = 1000


def is_too_long(entity: SourceEntity) -> bool:
    """Whether an entity has more words than any name, so that it is not projected."""
    return entity["end"] - entity["start"] > MAX_ENTITY_WORDS


def reach(
    doc: Doc, segments: Sequence[Sequence[int]], entities: Sequence[SourceEntity]
) -> list[Span]:
    """For each entity, the words of the Doc that translate the segments in which it lies: the
    MAX_REACH around its place, if they are more. Empty if that is the whole text for all."""
    if len(segments) < 2 and len(doc) <= MAX_REACH:
        return []
    index = Overlaps((s[2], s[3]) for s in segments)
    found = []
    for entity in entities:
        own = [segments[n] for n in index.of(entity["start_char"], entity["end_char"])]
        span = doc.char_span(
            min((s[0] for s in own), default=0),
            max((s[1] for s in own), default=0),
            alignment_mode="expand",
        )
        words = (span.start, span.end) if span else (0, len(doc))
        found.append(_near(words, _place(own, entity)))
    return found


def _place(segments: Sequence[Sequence[int]], entity: SourceEntity) -> float:
    """Where in its segments an entity lies: 0 at their beginning, 1 at their end."""
    start = min((s[2] for s in segments), default=0)
    end = max((s[3] for s in segments), default=0)
    middle = (entity["start_char"] + entity["end_char"]) / 2
    return min(1.0, max(0.0, (middle - start) / max(1, end - start)))


def _near(words: Span, place: float) -> Span:
    """The MAX_REACH words around a place, as if both languages had one order of words."""
    start, end = words
    if end - start <= MAX_REACH:
        return words
    middle = start + round(place * (end - start))
    first = min(max(start, middle - MAX_REACH // 2), end - MAX_REACH)
    return first, first + MAX_REACH
