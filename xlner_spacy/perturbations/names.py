"""Names by label, and putting them in the place of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Literal, NamedTuple

from .labelled import NEW, Edit, Labelled, edited, inner_text, lots, separated

# Distinct names of a label that are kept; those that come after them are not.
MOST = 100_000


class Name(NamedTuple):
    """A name: its words, and for each whether a space follows it (the last one's is not used)."""

    words: tuple[str, ...]
    spaces: tuple[bool, ...]

    @property
    def text(self) -> str:
        """The name itself."""
        return inner_text(self.words, self.spaces)


class Names:
    """Distinct names by label, in the order in which they were added."""

    def __init__(self) -> None:
        self._known: dict[str, dict[tuple[str, ...], int]] = {}
        self._names: dict[str, list[Name]] = {}
        self._folded: dict[str, set[str]] = {}

    def add(self, label: str, name: Name) -> None:
        """Add a name, unless it is there."""
        known = self._known.setdefault(label, {})
        if name.words and name.words not in known and len(known) < MOST:
            known[name.words] = len(known)
            self._names.setdefault(label, []).append(name)
            self._folded.setdefault(label, set()).add(name.text.casefold())

    def add_all(self, text: Labelled) -> None:
        """Add the names of a text's entities."""
        for start, end, label in text.entities:
            self.add(label, Name(text.words[start:end], text.spaces[start:end]))

    def of(self, label: str) -> list[Name]:
        """The names of a label."""
        return list(self._names.get(label, ()))

    def labels(self) -> list[str]:
        """The labels that have names."""
        return list(self._names)

    def has(self, label: str, text: str) -> bool:
        """Whether a name of this label has this text, in whatever case and tokens."""
        return text.casefold() in self._folded.get(label, ())

    def without(self, others: Names) -> Names:
        """The names that are not among others of the same label, in whatever case: those unseen in
        training."""
        left = Names()
        for label, names in self._names.items():
            for name in names:
                if not others.has(label, name.text):
                    left.add(label, name)
        return left

    def draw(self, label: str, rng: Random, words: tuple[str, ...] = ()) -> Name | None:
        """A name of the label, each with the same probability; None if there is none.

        words: Of the name that is not to be drawn.
        """
        names = self._names.get(label, [])
        own = self._known.get(label, {}).get(words)
        if own is None:
            return rng.choice(names) if names else None
        if len(names) < 2:
            return None
        drawn = rng.randrange(len(names) - 1)
        return names[drawn + (drawn >= own)]

    def draw_of_another(self, label: str, rng: Random) -> Name | None:
        """A name of any other label, each label with the same probability; None if there is none."""
        others = sorted(other for other in self._names if other != label)
        return self.draw(rng.choice(others), rng) if others else None


def swap_names(
    text: Labelled,
    rng: Random,
    strength: float,
    *,
    names: Names,
    of: Literal["same", "other"] = "same",
) -> Labelled:
    """Entities with other names of the same label, or with names of another one. The label stays,
    as in TextFlint's SwapEnt: the text around the name says what it is.

    Which names these are is the caller's choice: of the training corpus (Dai & Adel 2020), unseen
    ones (`Names.without`), of another language.

    strength (float): The share of the entities, 0 to 1.
    """
    chosen: dict[int, Name] = {}
    for number in lots(rng, range(len(text.entities)), strength):
        start, end, label = text.entities[number]
        drawn = (
            names.draw(label, rng, text.words[start:end])
            if of == "same"
            else names.draw_of_another(label, rng)
        )
        if drawn is not None:
            chosen[number] = drawn
    return put_names(text, chosen)


def put_names(text: Labelled, chosen: Mapping[int, Name]) -> Labelled:
    """The text with other names.

    chosen: For each number of an entity, its new name.
    """
    edits = []
    for number, name in chosen.items():
        start, end, _ = text.entities[number]
        edits.append(Edit(start, end, name.words, name.spaces, (NEW,) * len(name.words)))
    return separated(edited(text, edits, chosen))


def name_of(words: Iterable[str], spaces: Iterable[bool]) -> Name | None:
    """A name without white space at its ends; None if nothing else is there."""
    pairs = list(zip(words, spaces, strict=True))
    while pairs and pairs[0][0].isspace():
        pairs.pop(0)
    while pairs and pairs[-1][0].isspace():
        pairs.pop()
    if not pairs:
        return None
    return Name(tuple(word for word, _ in pairs), tuple(space for _, space in pairs))
