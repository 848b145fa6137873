"""The one rule by which entities get places on a text: in the order given, without overlap and
within a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from spacy.tokens import Doc, Span

from ..types import Placement, Vote
from .attributes import claim, get_data
from .records import CROSSES, PLACED, TAKEN


class Ground(NamedTuple):
    """Where on a text entities cannot go."""

    taken: frozenset[int] = frozenset()  # words that are not free
    sentences: Sequence[int] = ()  # for each word, which sentence it is in; () if there is one

    def refusal(self, start: int, end: int) -> str:
        """Why no entity can go on the words [start, end); "" if one can."""
        if self.sentences and self.sentences[start] != self.sentences[end - 1]:
            return CROSSES
        return "" if self.taken.isdisjoint(range(start, end)) else TAKEN

    def outcomes(self, spans: Iterable[tuple[int, int]]) -> list[str]:
        """What becomes of each span [start, end), the earlier ones having got their words."""
        used: set[int] = set()
        found = []
        for start, end in spans:
            words = range(start, end)
            refusal = self.refusal(start, end) or ("" if used.isdisjoint(words) else TAKEN)
            if not refusal:
                used.update(words)
            found.append(refusal or PLACED)
        return found

    def without(self, words: Iterable[int]) -> Ground:
        """The ground when these words are taken too."""
        return self._replace(taken=self.taken.union(words))


def ground(doc: Doc, overwrite: bool) -> Ground:
    """Where on a Doc entities cannot go: on those that are there, and across the sentence
    boundaries that the user or an upstream component set.

    overwrite (bool): Entities on the Doc are replaced, so they are not in the way.
    """
    kept = () if overwrite else doc.ents
    taken = frozenset(word for span in kept for word in range(span.start, span.end))
    if not doc.has_annotation("SENT_START"):
        return Ground(taken)
    return Ground(taken, list(accumulate(int(bool(token.is_sent_start)) for token in doc)))


def settle(votes: Sequence[Vote], on: Ground) -> list[Vote]:
    """The votes with what became of each, where the voter has not ruled it out itself."""
    wanted = [vote for vote in votes if not vote.outcome]
    outcomes = iter(on.outcomes((vote.start, vote.end) for vote in wanted))
    return [vote if vote.outcome else vote._replace(outcome=next(outcomes)) for vote in votes]


def place(doc: Doc, found: Sequence[Placement], overwrite: bool) -> list[str]:
    """Set `Doc.ents` and `Doc._.xl_entities`, in the order given as far as there is room.

    overwrite (bool): Replace entities that are already on the Doc. If not, they stay.
    RETURNS: What became of each entity: "placed", "its place was taken" or "crosses a sentence
        boundary", one that is on the Doc.
    """
    kept = [] if overwrite else list(doc.ents)
    outcomes = ground(doc, overwrite).outcomes((e["start"], e["end"]) for e in found)
    placed = [e for e, outcome in zip(found, outcomes, strict=True) if outcome == PLACED]
    spans = [Span(doc, e["start"], e["end"], e["label"]) for e in placed]
    # Every token was looked at, so what is no entity is known to be none.
    doc.set_ents([*kept, *spans], default="outside")
    before = [*(get_data("xl_transferred", doc) or []), *(doc._.xl_entities or [])]
    known = {claim(entity): entity for entity in before}
    on_doc = [(e.start_char, e.end_char, e.label_) for e in kept]
    earlier = [known[key] for key in on_doc if key in known]
    doc._.xl_entities = sorted([*earlier, *placed], key=lambda e: e["start"])
    return outcomes
