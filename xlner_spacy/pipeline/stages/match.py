"""Doc.spans["xl_candidates"] -> Doc.ents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spacy.tokens import Doc, Span

from ...document.attributes import claim, get_data
from ...document.bounds import is_too_long
from ...document.placing import CROSSES, TAKEN, projected, sentence_numbers, unplaced
from ...document.span_groups import CANDIDATES, candidates
from ...types import (
    Candidate,
    Matcher,
    Placement,
    Proposal,
    SourceEntity,
    Unplaced,
)
from . import checks
from .stage import ENTITIES, Stage


class Match(Stage):
    """Doc.spans["xl_candidates"] -> Doc._.xl_entities and Doc.ents.

    A Doc's translations are matched one by one. Where they want different entities on the
    same words, the one that more translations agree on is placed, then the one with the
    higher score, then the one of the earlier translation. Nothing is placed across a sentence
    boundary that is on the Doc.
    """

    name = "match"
    attribute = "xl_entities"
    needs = ("xl_translations", ENTITIES, "xl_alignments", CANDIDATES)
    always = True  # cheap, and Doc.ents may have been changed since

    def __init__(self, matcher: Matcher, overwrite: bool) -> None:
        self.matcher = matcher
        self.overwrite = overwrite

    def run(self, docs: Sequence[Doc]) -> None:
        for doc in docs:
            self._match(doc)

    def give_up(self, doc: Doc) -> None:
        super().give_up(doc)
        doc._.xl_unplaced = [
            unplaced(entity, n, "error in matching")
            for n, translation in enumerate(doc._.xl_translations)
            for entity in translation["entities"] or []
        ]
        if self.overwrite:
            doc.set_ents([], default="outside")

    def _match(self, doc: Doc) -> None:
        kept = [] if self.overwrite else list(doc.ents)
        taken = {word for span in kept for word in range(span.start, span.end)}
        offered = candidates(doc)
        sentence = sentence_numbers(doc)
        possible: list[list[Candidate]] = [[] for _ in doc._.xl_translations]
        for c in offered:
            words = range(c["start"], c["end"])
            if sentence[words[0]] == sentence[words[-1]] and taken.isdisjoint(words):
                possible[c["translation"]].append(c)
        wanted = [chosen for own in possible for chosen in self._choose(own)]
        placed = _without_overlap(doc, wanted)
        spans = [Span(doc, c["start"], c["end"], _entity(doc, c)["label"]) for c in placed]
        # Every token was looked at, so what is no entity is known to be none.
        doc.set_ents([*kept, *spans], default="outside")
        on_doc = {(ent.start_char, ent.end_char, ent.label_) for ent in kept}
        transferred = [e for e in get_data("xl_transferred", doc) or [] if claim(e) in on_doc]
        own = [_projected(doc, candidate) for candidate in placed]
        doc._.xl_entities = sorted([*transferred, *own], key=lambda e: e["start"])
        doc._.xl_unplaced = _unplaced(doc, offered, wanted, placed, taken)

    def _choose(self, offered: list[Candidate]) -> list[Candidate]:
        """The places that the entities of one translation get among themselves."""
        free = {Proposal(c["entity"], c["start"], c["end"], c["score"]): c for c in offered}
        return [free[proposal] for proposal in checks.chosen(self.matcher(list(free)), free)]


def _without_overlap(doc: Doc, wanted: list[Candidate]) -> list[Candidate]:
    """What is placed, in text order."""
    votes = Counter(_claim(doc, candidate) for candidate in wanted)

    def rank(candidate: Candidate) -> tuple[int, float, int, int]:
        agreed = votes[_claim(doc, candidate)]
        return -agreed, -candidate["score"], candidate["translation"], candidate["start"]

    placed = []
    taken: set[int] = set()
    for candidate in sorted(wanted, key=rank):
        words = range(candidate["start"], candidate["end"])
        if taken.isdisjoint(words):
            placed.append(candidate)
            taken.update(words)
    return sorted(placed, key=lambda candidate: candidate["start"])


def _claim(doc: Doc, candidate: Candidate) -> tuple[int, int, str]:
    return candidate["start"], candidate["end"], _entity(doc, candidate)["label"]


def _entity(doc: Doc, candidate: Candidate) -> SourceEntity:
    translation = doc._.xl_translations[candidate["translation"]]
    entity: SourceEntity = translation["entities"][candidate["entity"]]
    return entity


def _projected(doc: Doc, candidate: Candidate) -> Placement:
    entity = _entity(doc, candidate)
    index = candidate["translation"]
    span = doc[candidate["start"] : candidate["end"]]
    lang = doc._.xl_translations[index]["lang"]
    return projected(span, entity, index, lang, candidate["confidence"])


def _unplaced(
    doc: Doc,
    offered: list[Candidate],
    wanted: list[Candidate],
    placed: list[Candidate],
    taken: set[int],
) -> list[Unplaced]:
    """The entities that got no place. One that wanted a place where an entity of another
    translation is with the same label got what it wanted."""
    claims = {_claim(doc, candidate) for candidate in placed}
    settled = {(c["translation"], c["entity"]) for c in wanted if _claim(doc, c) in claims}
    taken = taken | {word for c in placed for word in range(c["start"], c["end"])}
    sentence = sentence_numbers(doc)
    of_entity: dict[tuple[int, int], list[Candidate]] = {}
    for candidate in offered:
        key = candidate["translation"], candidate["entity"]
        of_entity.setdefault(key, []).append(candidate)
    lost = []
    for n, translation in enumerate(doc._.xl_translations):
        linked = {int(link[0]) for link in doc._.xl_alignments[n]}
        for k, entity in enumerate(translation["entities"] or []):
            if (n, k) not in settled:
                if own := of_entity.get((n, k)):
                    reason = _why_not_there(own, taken, sentence)
                else:
                    reason = _why_nowhere(entity, linked)
                lost.append(unplaced(entity, n, reason))
    return lost


def _why_not_there(own: list[Candidate], taken: set[int], sentence: list[int]) -> str:
    """Why an entity got none of the places where it might be."""
    spans = [range(c["start"], c["end"]) for c in own]
    within = [words for words in spans if sentence[words[0]] == sentence[words[-1]]]
    if not within:
        return CROSSES
    free = any(taken.isdisjoint(words) for words in within)
    return "score too low" if free else TAKEN


def _why_nowhere(entity: SourceEntity, linked: set[int]) -> str:
    """Why there is no place where an entity might be."""
    if is_too_long(entity):
        return "too long for a name"
    if linked.isdisjoint(range(entity["start"], entity["end"])):
        return "no aligned word"
    return "no candidate span"
