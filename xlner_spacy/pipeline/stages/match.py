"""Doc.spans["xl_candidates"] -> Doc.ents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from spacy.tokens import Doc

from ...document.attributes import get_data, language_of
from ...document.bounds import is_too_long
from ...document.failed_sources import sources
from ...document.placing import Ground, ground, place, settle
from ...document.records import (
    CROSSES,
    PLACED,
    TAKEN,
    origin,
    own_origin,
    placement,
    spoken_for,
    unplaced,
)
from ...document.span_groups import CANDIDATES, candidates
from ...solving.claims import support
from ...types import (
    Ballot,
    Candidate,
    Matcher,
    Placement,
    Poll,
    Proposal,
    SourceEntity,
    Translation,
    Unplaced,
    Vote,
    Voter,
)
from . import checks
from .stage import ENTITIES, Stage

# What became of an entity that the voter does not mention.
NO_VOTE = "too few votes"
# The voter who speaks for what was found in the text itself, and its weight for each translation
# (which has 1), where none is given; chosen with the threshold of `Consensus` where there was one. Translations make the
# same errors: with a fixed weight, two of them overrule it (docs/studies/many-sources.md).
OWN = "the text itself"
OWN_WEIGHT = 2 / 3


class _Text(NamedTuple):
    """A Doc, and what is to be placed on it."""

    doc: Doc
    ground: Ground
    offered: list[Candidate]
    wanted: list[Candidate]  # the choice of each translation


class Match(Stage):
    """Doc.spans["xl_candidates"] -> Doc._.xl_entities and Doc.ents.

    A Doc's translations are matched one by one. Then they vote, with what was found in the text
    itself where something listened. A ballot's confidence is how well word links support the
    place, times the annotator's probability of the entity. The voter decides which entity goes
    first where they want different ones on the same words. Nothing is placed across a sentence
    boundary that is on the Doc.

    weights (Mapping): The weights of translations by their language, and of `OWN`, where they are
        not the default ones.
    """

    name = "match"
    attribute = "xl_entities"
    needs = ("xl_translations", ENTITIES, "xl_alignments", CANDIDATES)
    always = True  # cheap, and Doc.ents may have been changed since

    def __init__(
        self,
        matcher: Matcher,
        voter: Voter,
        overwrite: bool,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self.matcher = matcher
        self.voter = voter
        self.overwrite = overwrite
        self.weights = dict(weights or {})

    def run(self, docs: Sequence[Doc]) -> None:
        texts = [self._read(doc) for doc in docs]
        polls = [Poll(_ballots(text), _weights(text, self.weights)) for text in texts]
        verdicts = checks.votes(docs, self.voter(polls))
        for text, poll, votes in zip(texts, polls, verdicts, strict=True):
            settled = settle(votes, text.ground)
            place(text.doc, list(_placements(text.doc, settled, poll.weights)), self.overwrite)
            text.doc._.xl_unplaced = _unplaced(text, settled)

    def give_up(self, doc: Doc) -> None:
        super().give_up(doc)
        doc._.xl_unplaced = [
            unplaced(entity, n, "error in matching")
            for n, translation in enumerate(doc._.xl_translations)
            for entity in translation["entities"] or []
        ]
        if self.overwrite:
            doc.set_ents([], default="outside")

    def _read(self, doc: Doc) -> _Text:
        free = ground(doc, self.overwrite)
        offered = candidates(doc)
        possible: list[list[Candidate]] = [[] for _ in doc._.xl_translations]
        for candidate in offered:
            if not free.refusal(candidate["start"], candidate["end"]):
                possible[candidate["translation"]].append(candidate)
        wanted = [chosen for own in possible for chosen in self._choose(own)]
        return _Text(doc, free, offered, wanted)

    def _choose(self, offered: list[Candidate]) -> list[Candidate]:
        """The places that the entities of one translation get among themselves."""
        free = {Proposal(c["entity"], c["start"], c["end"], c["score"]): c for c in offered}
        return [free[proposal] for proposal in checks.chosen(self.matcher(list(free)), free)]


def _voters(doc: Doc) -> list[str]:
    """A name for each translation: its language, from the second in a language on with a number."""
    seen: Counter[str] = Counter()
    names = []
    for translation in doc._.xl_translations:
        lang = translation["lang"]
        seen[lang] += 1
        names.append(lang if seen[lang] == 1 else f"{lang} {seen[lang]}")
    return names


def _weights(text: _Text, given: Mapping[str, float]) -> dict[str, float]:
    """The weight of each voter, as given or the default. A translation that has failed, that nobody has annotated, or none of
    whose words is linked, does not vote against the others."""
    doc = text.doc
    failed = {lang for lang, why in sources(doc).items() if why}
    heard = {candidate["translation"] for candidate in text.wanted}
    weights = {
        voter: given.get(translation["lang"], 1.0)
        for n, (voter, translation, links) in enumerate(
            zip(_voters(doc), doc._.xl_translations, doc._.xl_alignments, strict=True)
        )
        if (links or n in heard)
        and translation["entities"] is not None
        and translation["lang"] not in failed
    }
    if get_data("xl_voice", doc) is None:
        return weights
    return {**weights, OWN: given.get(OWN, OWN_WEIGHT * max(1, len(weights)))}


def _ballots(text: _Text) -> list[Ballot]:
    voters = _voters(text.doc)
    ballots = []
    for candidate in text.wanted:
        n = candidate["translation"]
        entity = _entity(text.doc, candidate)
        confidence = candidate["confidence"] * _score(entity)
        source = origin(entity, n, _translation(text.doc, candidate)["lang"])
        ballots.append(Ballot(voters[n], *_claim(text.doc, candidate), confidence, source))
    for entity in get_data("xl_voice", text.doc) or []:
        start, end = entity["start"], entity["end"]
        if not text.ground.refusal(start, end):
            source = origin(entity, -1, language_of(text.doc))
            ballots.append(Ballot(OWN, start, end, entity["label"], _score(entity), source))
    return ballots


def _score(entity: SourceEntity) -> float:
    return 1.0 if entity["score"] is None else entity["score"]


def _placements(
    doc: Doc, votes: Sequence[Vote], weights: Mapping[str, float]
) -> Iterator[Placement]:
    """The records of what is placed. The confidence is the probability that the voter gives it,
    else the share of all voters, by weight and by the confidence of each, that speak for it."""
    for vote in votes:
        if vote.outcome == PLACED:
            span = doc[vote.start : vote.end]
            confidence = vote.confidence
            if confidence is None:
                confidence = support(weights, vote.ballots) if vote.ballots else vote.support
            # What a translation calls it says more than the text's own words.
            ordered = sorted(vote.ballots, key=lambda ballot: ballot.who == OWN)
            source = next((b.origin for b in ordered if b.origin), own_origin(span, vote.label))
            yield placement(span, vote.label, confidence, spoken_for(source, ordered))


def _claim(doc: Doc, candidate: Candidate) -> tuple[int, int, str]:
    return candidate["start"], candidate["end"], _entity(doc, candidate)["label"]


def _translation(doc: Doc, candidate: Candidate) -> Translation:
    translation: Translation = doc._.xl_translations[candidate["translation"]]
    return translation


def _entity(doc: Doc, candidate: Candidate) -> SourceEntity:
    entities = _translation(doc, candidate)["entities"] or []
    return entities[candidate["entity"]]


def _unplaced(text: _Text, votes: Sequence[Vote]) -> list[Unplaced]:
    """The entities that got no place. One that wanted a place where an entity of another
    translation is with the same label got what it wanted."""
    outcomes = {(v.start, v.end, v.label): v.outcome for v in votes}
    outcomes.update({ballot[1:4]: v.outcome for v in votes for ballot in v.ballots})
    fates: dict[tuple[int, int], list[str]] = {}
    for c in text.wanted:
        fate = outcomes.get(_claim(text.doc, c), NO_VOTE)
        fates.setdefault((c["translation"], c["entity"]), []).append(fate)
    placed = [vote for vote in votes if vote.outcome == PLACED]
    left = text.ground.without(n for vote in placed for n in range(vote.start, vote.end))
    of_entity: dict[tuple[int, int], list[Candidate]] = {}
    for c in text.offered:
        of_entity.setdefault((c["translation"], c["entity"]), []).append(c)
    lost = []
    for n, translation in enumerate(text.doc._.xl_translations):
        linked = {int(link[0]) for link in text.doc._.xl_alignments[n]}
        for k, entity in enumerate(translation["entities"] or []):
            own_fates = fates.get((n, k), [])
            if PLACED in own_fates:
                continue
            if own := of_entity.get((n, k)):
                ruled_out = [fate for fate in own_fates if fate not in (TAKEN, CROSSES)]
                reason = ruled_out[0] if ruled_out else _why_not_there(own, left)
            else:
                reason = _why_nowhere(entity, linked)
            lost.append(unplaced(entity, n, reason))
    return [*lost, *_unheard(text, outcomes)]


def _unheard(text: _Text, outcomes: dict[tuple[int, int, str], str]) -> Iterator[Unplaced]:
    """What was found in the text itself and got no place."""
    for entity in get_data("xl_voice", text.doc) or []:
        start, end = entity["start"], entity["end"]
        refusal = text.ground.refusal(start, end)
        fate = refusal or outcomes.get((start, end, entity["label"]), NO_VOTE)
        if fate != PLACED:
            yield unplaced(entity, -1, fate)


def _why_not_there(own: list[Candidate], left: Ground) -> str:
    """Why an entity got none of the places where it might be."""
    refusals = {left.refusal(c["start"], c["end"]) for c in own}
    if "" in refusals:
        return "score too low"
    return TAKEN if TAKEN in refusals else CROSSES


def _why_nowhere(entity: SourceEntity, linked: set[int]) -> str:
    """Why there is no place where an entity might be."""
    if is_too_long(entity):
        return "too long for a name"
    if linked.isdisjoint(range(entity["start"], entity["end"])):
        return "no aligned word"
    return "no candidate span"
