"""A labelled text as words, and the one function that changes it and moves its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Literal, NamedTuple

from ..text.scripts import is_unspaced
from ..types import Span

Where = Literal["entities", "outside", "both"]
NEW = -1  # the origin of a word that was not in the text before


class Entity(NamedTuple):
    """An entity: words [start, end) and its label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Labelled:
    """Words, the spaces after them, and entities; where all of it came from.

    words: None is empty.
    spaces: For each word, whether a space follows it.
    entities: In order, side by side.
    unknown: Words [start, end) whose label is not known ("missing" in spaCy); outside of entities.
    origins: For each word its number in the text that this one was made from; NEW for a word that
        was not there.
    boundaries: For each boundary between words of that text, its two ends included, where it is
        now; None if it is nowhere.
    replaced: The numbers of the entities that have another name than before.

    RAISES: ValueError if this is no labelled text.
    """

    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    entities: tuple[Entity, ...]
    unknown: tuple[Span, ...]
    origins: tuple[int, ...]
    boundaries: tuple[int | None, ...]
    replaced: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not len(self.words) == len(self.spaces) == len(self.origins):
            raise ValueError("not as many spaces or origins as words")
        if not all(self.words):
            raise ValueError("an empty word")
        marked = sorted([*((start, end) for start, end, _ in self.entities), *self.unknown])
        at = 0
        for start, end in marked:
            if not at <= start < end <= len(self.words):
                raise ValueError(f"words {start} to {end} overlap others, or are not in the text")
            at = end

    @property
    def text(self) -> str:
        """The text itself."""
        pairs = zip(self.words, self.spaces, strict=True)
        return "".join(word + " " * space for word, space in pairs)

    def name(self, entity: int) -> str:
        """The text of an entity."""
        start, end, _ = self.entities[entity]
        return inner_text(self.words[start:end], self.spaces[start:end])

    def segments(self) -> Iterator[tuple[int, int, int | None]]:
        """The text in parts that are labelled alike: [start, end), and the number of the entity
        if it is one. An unknown part is one, too."""
        marked: list[tuple[int, int, int | None]] = [
            (start, end, n) for n, (start, end, _) in enumerate(self.entities)
        ]
        marked += [(start, end, None) for start, end in self.unknown]
        at = 0
        for start, end, entity in sorted(marked, key=_start):
            if at < start:
                yield at, start, None
            yield start, end, entity
            at = end
        if at < len(self.words):
            yield at, len(self.words), None

    def chosen(self, where: Where) -> list[int]:
        """The words in entities, outside of them, or both, in order."""
        inside = {word for start, end, _ in self.entities for word in range(start, end)}
        wanted = {"entities": (True,), "outside": (False,), "both": (True, False)}[where]
        return [word for word in range(len(self.words)) if (word in inside) in wanted]

    def is_same_text(self, other: Labelled) -> bool:
        """Whether both have the same words with the same spaces."""
        return self.words == other.words and self.spaces == other.spaces


def _start(part: tuple[int, int, int | None]) -> int:
    return part[0]


# A change without further settings: what an augmenter or a test of robustness applies.
Perturbation = Callable[[Labelled, Random], Labelled]


def labelled(
    words: Sequence[str],
    spaces: Sequence[bool],
    entities: Iterable[tuple[int, int, str]] = (),
    unknown: Iterable[Span] = (),
) -> Labelled:
    """A text that was not changed yet.

    RAISES: ValueError if entities overlap, or reach out of the text.
    """
    return Labelled(
        tuple(words),
        tuple(spaces),
        tuple(Entity(*entity) for entity in sorted(entities)),
        tuple(sorted(unknown)),
        tuple(range(len(words))),
        tuple(range(len(words) + 1)),
    )


class Edit(NamedTuple):
    """Other words in the place of the words [start, end), which lie in one segment.

    spaces: After each of the new words; after the last one, where there is any, what follows
        `end` decides.
    origins: For each of the new words, which of the text's words it is; NEW for another word.
    """

    start: int
    end: int
    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    origins: tuple[int, ...]


def respelt(number: int, word: str) -> Edit:
    """Another spelling of a word."""
    return Edit(number, number + 1, (word,), (False,), (number,))


def edited(text: Labelled, edits: Iterable[Edit], replaced: Iterable[int] = ()) -> Labelled:
    """The text with other words in some places; each entity has the words that stand for its own.

    edits: They may not overlap.
    replaced: The numbers of the entities that get another name.
    RAISES: ValueError if an edit reaches over the end of an entity, or takes all of its words.
    """
    words: list[str] = []
    spaces: list[bool] = []
    origins: list[int] = []
    places: list[int | None] = []  # of each boundary of the text
    at = 0

    def keep(upto: int) -> None:
        for number in range(at, upto):
            places.append(len(words))
            words.append(text.words[number])
            spaces.append(text.spaces[number])
            origins.append(number)

    for edit in sorted(edits):
        if edit.start < at or edit.end <= edit.start:
            raise ValueError("edits overlap, or are empty")
        keep(edit.start)
        aligned = edit.origins == tuple(range(edit.start, edit.end))
        begin = len(words)
        places.extend(begin + n if aligned or not n else None for n in range(edit.end - edit.start))
        words.extend(edit.words)
        spaces.extend(edit.spaces)
        if edit.words:
            spaces[-1] = text.spaces[edit.end - 1]
        origins.extend(edit.origins)
        at = edit.end
    keep(len(text.words))
    places.append(len(words))

    def moved(boundary: int) -> int:
        place = places[boundary]
        if place is None:
            raise ValueError("an edit reaches over the end of an entity")
        return place

    gone = [(moved(start), moved(end)) for start, end in text.unknown]
    return Labelled(
        tuple(words),
        tuple(spaces),
        tuple(Entity(moved(start), moved(end), label) for start, end, label in text.entities),
        tuple(span for span in gone if span[0] < span[1]),
        tuple(text.origins[n] if n != NEW else NEW for n in origins),
        tuple(None if place is None else places[place] for place in text.boundaries),
        text.replaced.union(replaced),
    )


def respell(text: Labelled, numbers: Iterable[int], change: Callable[[str], str]) -> Labelled:
    """The text with some of its words spelt in another way. A word of white space stays as it is,
    and so does one of which nothing would be left.

    numbers: Of the words.
    change: Gives a word's new spelling.
    """
    edits = []
    for number in numbers:
        word = text.words[number]
        other = word if word.isspace() else change(word)
        if other != word and other and not any(map(str.isspace, other)):
            edits.append(respelt(number, other))
    return edited(text, edits)


def with_spaces(text: Labelled, after: Iterable[int]) -> Labelled:
    """The text with a space after these words, too."""
    spaced = set(after)
    spaces = tuple(space or n in spaced for n, space in enumerate(text.spaces))
    return replace(text, spaces=spaces)


def separated(text: Labelled) -> Labelled:
    """The text with a space between two words that have come to stand side by side, where they would
    be read as one without it."""
    glued = [
        n
        for n, (before, after) in enumerate(pairwise(text.words))
        if not text.spaces[n]
        and text.origins[n + 1] != text.origins[n] + 1
        and before[-1].isalnum()
        and after[0].isalnum()
        and not is_unspaced(before[-1])
        and not is_unspaced(after[0])
    ]
    return with_spaces(text, glued)


def inner_text(words: Sequence[str], spaces: Sequence[bool]) -> str:
    """Words as text, without the space after the last."""
    pairs = zip(words, [*spaces[:-1], False], strict=True)
    return "".join(word + " " * space for word, space in pairs)


def lots(rng: Random, numbers: Iterable[int], share: float) -> list[int]:
    """Those of some numbers that are drawn, each with this probability."""
    return [number for number in numbers if rng.random() < share]
