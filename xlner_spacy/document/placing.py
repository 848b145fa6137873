"""The one rule by which entities get places on a text: in the order given, without overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spacy.tokens import Doc, Span

from ..types import Placement, Vote
from .attributes import claim, get_data
from .records import TAKEN
from .span_groups import PLACED


def have_room(spans: Iterable[tuple[int, int]], taken: Iterable[int] = ()) -> list[bool]:
    """Whether each span [start, end) gets its words, the earlier ones having got theirs.

    taken: Words that are not free to begin with.
    """
    used = set(taken)
    answers = []
    for start, end in spans:
        words = range(start, end)
        answers.append(used.isdisjoint(words))
        if answers[-1]:
            used.update(words)
    return answers


def settle(votes: Sequence[Vote], taken: Iterable[int] = ()) -> list[Vote]:
    """The votes with their outcomes: "placed" or "its place was taken" where the voter has not
    given one."""
    wanted = [vote for vote in votes if not vote.outcome]
    room = iter(have_room([(vote.start, vote.end) for vote in wanted], taken))
    return [
        vote if vote.outcome else vote._replace(outcome=PLACED if next(room) else TAKEN)
        for vote in votes
    ]


def taken_words(doc: Doc, overwrite: bool) -> set[int]:
    """The words of entities that stay on the Doc.

    overwrite (bool): Entities on the Doc are replaced, so none stays.
    """
    kept = () if overwrite else doc.ents
    return {word for span in kept for word in range(span.start, span.end)}


def place(
    doc: Doc, found: Sequence[Placement], overwrite: bool
) -> tuple[list[Placement], list[Placement]]:
    """Set `Doc.ents` and `Doc._.xl_entities`, in the order given as far as there is room.

    overwrite (bool): Replace entities that are already on the Doc. If not, they stay.
    RETURNS: What was placed, and what was not.
    """
    kept = [] if overwrite else list(doc.ents)
    room = have_room([(e["start"], e["end"]) for e in found], taken_words(doc, overwrite))
    placed = [entity for entity, fits in zip(found, room, strict=True) if fits]
    left_out = [entity for entity, fits in zip(found, room, strict=True) if not fits]
    spans = [Span(doc, e["start"], e["end"], e["label"]) for e in placed]
    # Every token was looked at, so what is no entity is known to be none.
    doc.set_ents([*kept, *spans], default="outside")
    before = [*(get_data("xl_transferred", doc) or []), *(doc._.xl_entities or [])]
    known = {claim(entity): entity for entity in before}
    on_doc = [(e.start_char, e.end_char, e.label_) for e in kept]
    earlier = [known[key] for key in on_doc if key in known]
    doc._.xl_entities = sorted([*earlier, *placed], key=lambda e: e["start"])
    return placed, left_out
