"""Label-wise token replacement: words of the same label in the place of others."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from .labelled import NEW, Edit, Labelled, edited, lots, separated

# Words of a label that are remembered: a random sample of all of them.
SAMPLE = 20_000


class WordsByTag:
    """Words of a corpus by tag (B-PER, I-PER, O): a sample of each tag's running words, so that
    frequent ones are frequent in it.

    rng (Random): Decides which words of a long corpus are kept (Vitter's algorithm R).
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._words: dict[str, list[str]] = {}
        self._seen: dict[str, int] = {}

    def add_all(self, text: Labelled) -> None:
        """Add the words of a text whose label is known."""
        for number, tag in tags(text):
            word = text.words[number]
            if word.isspace():
                continue
            seen = self._seen[tag] = self._seen.get(tag, 0) + 1
            kept = self._words.setdefault(tag, [])
            if len(kept) < SAMPLE:
                kept.append(word)
            elif (place := self._rng.randrange(seen)) < SAMPLE:
                kept[place] = word

    def draw(self, tag: str, rng: Random) -> str | None:
        """A word of a tag; None if there is none."""
        words = self._words.get(tag)
        return rng.choice(words) if words else None


def tags(text: Labelled) -> Iterator[tuple[int, str]]:
    """The number and the IOB2 tag of every word whose label is known."""
    unknown = {word for start, end in text.unknown for word in range(start, end)}
    for start, end, entity in text.segments():
        for number in range(start, end):
            if entity is not None:
                prefix = "B" if number == start else "I"
                yield number, f"{prefix}-{text.entities[entity].label}"
            elif number not in unknown:
                yield number, "O"


def replace_words(text: Labelled, rng: Random, strength: float, *, words: WordsByTag) -> Labelled:
    """Words replaced by others that have the same tag somewhere (LwTR, Dai & Adel 2020). White
    space and words whose label is not known stay.

    strength (float): The share of the words, 0 to 1.
    """
    of_word = dict(tags(text))
    edits = []
    for number in lots(rng, of_word, strength):
        drawn = words.draw(of_word[number], rng)
        word = text.words[number]
        if drawn is not None and drawn != word and not word.isspace():
            edits.append(Edit(number, number + 1, (drawn,), (False,), (NEW,)))
    changed = {edit.start for edit in edits}
    replaced = [
        number
        for number, (start, end, _) in enumerate(text.entities)
        if not changed.isdisjoint(range(start, end))
    ]
    return separated(edited(text, edits, replaced))
