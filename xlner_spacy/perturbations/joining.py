"""Two texts as one."""

from __future__ import annotations

from ..text.scripts import is_unspaced
from .labelled import NEW, Entity, Labelled
from .letters import letters


def join(first: Labelled, second: Labelled) -> Labelled:
    """The first text with the second behind it: TextFlint's ConcatSent. A space is between them
    unless both are in a script without spaces. The words of the second are new to the first."""
    shift = len(first.words)
    spaces = first.spaces
    if needs_space(first, second):
        spaces = (*spaces[:-1], True)
    return Labelled(
        first.words + second.words,
        spaces + second.spaces,
        first.entities
        + tuple(Entity(start + shift, end + shift, label) for start, end, label in second.entities),
        first.unknown + tuple((start + shift, end + shift) for start, end in second.unknown),
        first.origins + (NEW,) * len(second.words),
        first.boundaries,
        first.replaced,
    )


def needs_space(first: Labelled, second: Labelled) -> bool:
    """Whether there is no white space between two texts, and there must be."""
    if not first.words or not second.words or first.spaces[-1]:
        return False
    before, after = letters(first.words[-1])[-1], letters(second.words[0])[0]
    if before.isspace() or after.isspace():
        return False
    # A full stop of these scripts is of no script itself.
    before = next((c for c in reversed(first.text) if c.isalnum()), before)
    return not (is_unspaced(before) and is_unspaced(after))
