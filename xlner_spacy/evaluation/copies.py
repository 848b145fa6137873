"""Changed copies of gold texts, drawn with seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import NamedTuple

from ..perturbations.joining import join
from ..perturbations.labelled import Labelled
from ..perturbations.names import Names
from ..perturbations.typos import Keyboard
from .metrics import TokenEntity
from .suite import CLEAN, JOIN, PERTURBATIONS, Change

MOST_JOINED = 200  # words: two texts that would be longer together stay apart
_KEYBOARDS: dict[str, Keyboard] = {
    "fr": "azerty",
    **dict.fromkeys(("bs", "cs", "de", "hr", "hu", "sk", "sl", "sr"), "qwertz"),
}


@dataclass(frozen=True)
class Copy:
    """The gold texts, changed.

    change (Change): What was done; `CLEAN` is the name where that is nothing.
    seed (int): What it was drawn with.
    texts: With their labels.
    names: For each entity of each text its name: the one before letters were changed, by which it is told
        whether it was seen in training.
    """

    change: Change
    seed: int
    texts: list[Labelled]
    names: list[list[str]]

    @property
    def gold(self) -> list[set[TokenEntity]]:
        """The entities of each text."""
        return [set(map(tuple, text.entities)) for text in self.texts]  # type: ignore[arg-type]

    @cached_property
    def digest(self) -> str:
        """Of the texts and labels; the same for the same ones."""
        content = [(text.words, text.spaces, [*map(tuple, text.entities)]) for text in self.texts]
        return hashlib.sha256(repr(content).encode("utf8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Material:
    """What changes need beside a text.

    lang (str): The language of the texts.
    names (Mapping): Names by what a change calls them; "own" and whatever else there is.
    """

    lang: str
    names: Mapping[str, Names] = field(default_factory=dict)


class Copies(NamedTuple):
    """The clean texts first, then the copies, in the order of the suite.

    left_out: Changes that were not made, and why.
    partly: Changes that leave the names of some labels as they are, and why.
    """

    made: list[Copy]
    left_out: dict[str, str]
    partly: dict[str, str]


_FILES = {
    "unseen": "it needs names (--names FILE) and what was trained on (--train FILE)",
    "foreign": "it needs foreign names (--foreign FILE)",
}


def make_copies(
    texts: Sequence[Labelled], changes: Sequence[Change], material: Material, seeds: int = 3
) -> Copies:
    """Make the copies of gold texts.

    seeds (int): How many copies are drawn of a change. One that comes out the same with every seed is made
        once.
    """
    clean = _clean(texts)
    names = {"own": own_names(texts), **material.names}
    material = Material(material.lang, names)
    made, left_out, partly = [clean], {}, {}
    labels = sorted({entity.label for text in texts for entity in text.entities})
    for change in changes:
        whose = change.settings.get("names")
        if whose is not None and whose not in names:
            left_out[change.name] = _FILES.get(whose, f"there are no names called {whose!r}")
            continue
        lacking = [label for label in labels if whose and not _can_draw(change, names, label)]
        if labels and lacking == labels:
            left_out[change.name] = f"there are no other names for {', '.join(labels)}"
            continue
        copies = [_copy(texts, change, material, seed) for seed in range(seeds)]
        if len({copy.digest for copy in copies}) == 1:
            del copies[1:]
        if all(copy.digest == clean.digest for copy in copies):
            left_out[change.name] = "it changes none of the texts"
            continue
        made += copies
        if lacking:
            partly[change.name] = f"no other names for {', '.join(lacking)}, which keep their own"
    return Copies(made, left_out, partly)


def own_names(texts: Sequence[Labelled]) -> Names:
    """The names in texts."""
    names = Names()
    for text in texts:
        names.add_all(text)
    return names


def _can_draw(change: Change, names: Mapping[str, Names], label: str) -> bool:
    source = names[change.settings["names"]]
    if change.settings.get("of") == "other":
        return any(other != label for other in source.labels())
    own = names["own"].of(label)
    found = source.of(label)
    return len(found) > 1 or (len(found) == 1 and own != found)


def _clean(texts: Sequence[Labelled]) -> Copy:
    return Copy(Change(CLEAN, "none", 0.0), 0, list(texts), [_names(text) for text in texts])


def _copy(texts: Sequence[Labelled], change: Change, material: Material, seed: int) -> Copy:
    if change.perturbation == JOIN:
        joined = list(_joined(texts))
        return Copy(change, seed, joined, [_names(text) for text in joined])
    settings = dict(change.settings)
    if change.perturbation == "case":
        settings["lang"] = material.lang
    elif change.perturbation == "typos":
        settings["keyboard"] = _KEYBOARDS.get(material.lang, "qwerty")
    elif change.perturbation == "names":
        settings["names"] = material.names[settings["names"]]
    perturb = PERTURBATIONS[change.perturbation]
    changed = []
    for number, text in enumerate(texts):
        # A text is changed alike however many others there are.
        rng = Random(f"{change.name} {seed} {number}")
        changed.append(perturb(text, rng, change.strength, **settings))
    names = [_names(new, old) for new, old in zip(changed, texts, strict=True)]
    return Copy(change, seed, changed, names)


def _joined(texts: Sequence[Labelled]) -> Iterator[Labelled]:
    """Each text with the next one, in pairs."""
    at = 0
    while at < len(texts):
        pair = texts[at : at + 2]
        if len(pair) == 2 and sum(len(text.words) for text in pair) <= MOST_JOINED:
            yield join(*pair)
            at += 2
        else:
            yield pair[0]
            at += 1


def _names(text: Labelled, before: Labelled | None = None) -> list[str]:
    return [
        text.name(n) if before is None or n in text.replaced else before.name(n)
        for n in range(len(text.entities))
    ]
