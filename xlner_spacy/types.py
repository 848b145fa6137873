"""The shapes of what stages exchange, and the protocols of the parts that plug in.

What is kept on a Doc is plain data (dicts, lists, strings, numbers) so that it survives
`Doc.to_bytes`, `DocBin(store_user_data=True)` and other processes. What the registered
functions exchange is small immutable tuples.

Throughout, *target* is the language of the user's text, *source* the language that has
an NER model: the translation is source-language text. Token spans are `[start, end)`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import (
    Any,
    NamedTuple,
    Protocol,
    TypedDict,
    runtime_checkable,
)

import numpy as np

Span = tuple[int, int]  # token indices [start, end)


class Translation(TypedDict):
    """One translation of a Doc's text: an item of `Doc._.xl_translations`."""

    lang: str
    text: str
    words: list[str]
    spaces: list[bool]
    # Parts that translate each other, as character offsets:
    # [start in Doc.text, end in Doc.text, start in text, end in text]
    segments: list[list[int]]
    entities: list[SourceEntity] | None  # None: nothing has annotated it yet


class SourceEntity(TypedDict):
    """An entity of a translation: an item of the "entities" of one."""

    start: int  # first token in the translation's words
    end: int  # one past the last token
    start_char: int
    end_char: int
    label: str  # after the label map
    source_label: str  # as the source annotator gave it
    text: str
    score: float | None  # the annotator's probability, where it gives one


class Origin(TypedDict):
    """Where a projected entity comes from."""

    # Index in Doc._.xl_translations; -1 if it is none of them: `xl_transfer` finds entities in
    # the text itself, members of `xl_ensemble` may have translations of their own.
    translation: int
    lang: str
    langs: list[str]  # of all that speak for it; the text's own is among them if it does
    text: str
    label: str
    start_char: int
    end_char: int
    score: float | None


class Placement(TypedDict):
    """An entity placed on the target text: an item of `Doc._.xl_entities`."""

    start: int
    end: int
    start_char: int
    end_char: int
    text: str
    label: str
    # 0 to 1. How sure the place is, times the annotator's probability of the entity where it
    # gives one: score x mean confidence of the links that it rests on x source["score"]
    confidence: float
    source: Origin


class Candidate(TypedDict):
    """A scored pair of source entity and target span: see `document.span_groups`."""

    translation: int  # index in Doc._.xl_translations
    entity: int  # index in the "entities" of that translation
    start: int
    end: int
    score: float  # what the matcher maximises
    # Score x mean confidence of the links it rests on; the score alone where it has none
    confidence: float


class Problem(TypedDict):
    """Something that was not done for a text, and why: an item of `Doc._.xl_problems`."""

    stage: str
    reason: str  # a short fixed phrase, to count by
    detail: str
    start_char: int  # the part of Doc.text that is concerned
    end_char: int
    lang: str  # the source language that is concerned; "" if all


class Unplaced(TypedDict):
    """A source entity that found no place: an item of `Doc._.xl_unplaced`."""

    text: str
    label: str
    reason: str
    translation: int
    start_char: int  # in the translation
    end_char: int


class Link(NamedTuple):
    """An alignment link between two words, by their index."""

    source: int
    target: int
    confidence: float  # 0 to 1
    # Good enough to share a word's probability, too doubtful to show as an answer.
    weak: bool = False


class Mention(NamedTuple):
    """An entity that a source annotator found in a text, by character offsets.

    A plain tuple (start_char, end_char, label) will do.
    """

    start_char: int
    end_char: int
    label: str  # the label to project; "" if the label map drops it
    score: float | None = None
    source_label: str = ""  # the label as predicted, where the label map changed it


class Proposal(NamedTuple):
    """A possible placement of an entity, as matchers see it."""

    entity: int
    start: int
    end: int
    score: float


class Ballot(NamedTuple):
    """An entity that a voter wants on a text."""

    who: str  # a member of `xl_ensemble`, a translation, a pipeline
    start: int  # first token
    end: int  # one past the last
    label: str
    confidence: float  # 0 to 1
    origin: Origin | None = None


class Poll(NamedTuple):
    """The ballots of one text, and the weight of everyone who was asked, found something or not.
    Where the order of voters decides, it is that of `weights`."""

    ballots: Sequence[Ballot]
    weights: Mapping[str, float]  # greater than 0


class Vote(NamedTuple):
    """A voter's verdict on a span with a label."""

    start: int
    end: int
    label: str
    support: float  # 0 to 1
    # Those that speak for it. Where it comes from is the origin of the first.
    ballots: tuple[Ballot, ...] = ()
    # Why it gets no place; "" if it gets one where there is room
    outcome: str = ""
    # The probability that it is right, where the voter knows one.
    confidence: float | None = None


@dataclass(frozen=True)
class Bitext:
    """A source text with entities, its target text, and the links between them.

    Words, entities and links are what most methods need. The others are for those that
    look at the texts themselves; where they are not given, every word is followed by a space.
    """

    source_words: Sequence[str]
    target_words: Sequence[str]
    entities: Sequence[Span]  # in source_words
    links: Sequence[Link]
    labels: Sequence[str] = ()  # of the entities
    source_lang: str = ""
    target_lang: str = ""
    source_spaces: Sequence[bool] = ()  # whether a space follows the word
    target_spaces: Sequence[bool] = ()
    reach: Sequence[Span] = ()  # for each entity, the target words of its own sentence; () is all

    @cached_property
    def notes(self) -> dict[Any, Any]:
        """Scratch space shared by parts, keyed by the part that wrote it."""
        return {}

    def entity_text(self, entity: int) -> str:
        """The text of an entity, as it stands in the source text."""
        start, end = self.entities[entity]
        return _joined(self.source_words, self.source_spaces, start, end)

    def target_text(self, start: int = 0, end: int | None = None) -> str:
        """The target text, or that of the words [start, end)."""
        end = len(self.target_words) if end is None else end
        return _joined(self.target_words, self.target_spaces, start, end)

    @cached_property
    def target_offsets(self) -> list[Span]:
        """Where each target word lies in `target_text()`, as characters [start, end)."""
        offsets = []
        at = 0
        for n, word in enumerate(self.target_words):
            offsets.append((at, at + len(word)))
            at += len(word) + (not self.target_spaces or self.target_spaces[n])
        return offsets

    @cached_property
    def links_of(self) -> list[list[Link]]:
        """For each entity, the links of its words."""
        by_source: dict[int, list[Link]] = {}
        for link in self.links:
            by_source.setdefault(link.source, []).append(link)
        return [
            [link for word in range(start, end) for link in by_source.get(word, ())]
            for start, end in self.entities
        ]

    @cached_property
    def entity_mass(self) -> list[dict[int, float]]:
        """For each entity, the summed confidence of its links to each target word."""
        masses: list[dict[int, float]] = []
        for links in self.links_of:
            mass: dict[int, float] = {}
            for link in links:
                mass[link.target] = mass.get(link.target, 0.0) + link.confidence
            masses.append(mass)
        return masses

    def trust(self, entity: int, spans: Sequence[Span]) -> list[float]:
        """How sure the links between an entity and each of some target spans are: the mean, over
        the words of both, of the confidence of the word's best link to the other; 0 without
        links."""
        links = sorted(self.links_of[entity], key=_target)
        targets = [link.target for link in links]
        first, last = self.entities[entity]
        found: dict[Span, float] = {}
        best: dict[tuple[str, int], float] = {}
        at = begin = -1
        # Of spans that begin at one word each goes on where the one before it ended.
        for start, end in sorted(set(spans)):
            if start != begin:
                best, begin, at = {}, start, bisect_left(targets, start)
            upto = bisect_left(targets, end)
            for source, target, confidence, _ in links[at:upto]:
                for word in (("source", source), ("target", target)):
                    best[word] = max(best.get(word, 0.0), confidence)
            at = upto
            found[start, end] = sum(best.values()) / (last - first + end - start)
        return [found[span] for span in spans]

    @cached_property
    def target_mass(self) -> np.ndarray:
        """Cumulated link confidence over target words, shape (len(target_words) + 1,):
        the mass of span [a, b) is `target_mass[b] - target_mass[a]`."""
        mass = np.zeros(len(self.target_words) + 1)
        for link in self.links:
            mass[link.target + 1] += link.confidence
        return np.cumsum(mass)


def _target(link: Link) -> int:
    return link.target


def _joined(words: Sequence[str], spaces: Sequence[bool], start: int, end: int) -> str:
    """The words [start, end) as text, without the space after the last."""
    text = "".join(words[n] + (" " if not spaces or spaces[n] else "") for n in range(start, end))
    return text.removesuffix(" ") if end > start and (not spaces or spaces[end - 1]) else text


@runtime_checkable
class Translator(Protocol):
    """Translates texts of one or a few sentences, each on its own.

    A plain function with this signature will do. The answer has one string per text, in
    order; an empty string says that a text could not be translated. A translator that
    wants a Doc's whole text instead of its sentences sets `whole_texts = True`.
    """

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]: ...


@runtime_checkable
class ScoringTranslator(Protocol):
    """A translator that can say how probable it finds given translations, too.

    The score is the mean log-probability (natural) of a target's pieces and of the end of the
    sentence; -inf where it cannot be had.
    """

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]: ...

    def score(
        self, sources: Sequence[str], targets: Sequence[str], *, from_lang: str, to_lang: str
    ) -> list[float]: ...


@runtime_checkable
class Annotator(Protocol):
    """Finds the entities of source-language texts: a list of mentions for each, in order.

    A plain function will do.
    """

    def __call__(self, texts: Sequence[str]) -> list[list[Mention]]: ...


@runtime_checkable
class Aligner(Protocol):
    """Links the words of sentence pairs: (source words, target words) in, links out.

    All pairs of a call are in the same two languages. A plain function will do:
    `def align(pairs, *, source_lang, target_lang)`, or `**languages` if it needs none.
    """

    def __call__(
        self,
        pairs: Sequence[tuple[Sequence[str], Sequence[str]]],
        *,
        source_lang: str,
        target_lang: str,
    ) -> list[list[Link]]: ...


@runtime_checkable
class CandidateGenerator(Protocol):
    """Target spans where each entity might be: for each bitext, one list of spans an entity."""

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]: ...


@runtime_checkable
class Measure(Protocol):
    """Scores of each entity's candidate spans, in the shape of `candidates`: for each
    bitext and each of its entities, one number per span. Greater is better, 0 is nothing."""

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]: ...


@runtime_checkable
class Matcher(Protocol):
    """Chooses among the proposals of one translation: no two spans may overlap.

    How many places an entity may have is the matcher's own rule; ours give it one at the
    most unless a setting says otherwise.
    """

    def __call__(self, proposals: Sequence[Proposal]) -> list[Proposal]: ...


@runtime_checkable
class Learnt(Protocol):
    """A part that knows something learnt, which is saved with the pipeline that it is in."""

    def learnt_to_bytes(self) -> bytes:
        """b"" if there is nothing to save."""
        ...

    def learnt_from_bytes(self, data: bytes) -> None:
        """RAISES: ValueError if these are not the bytes of such a part."""
        ...


@runtime_checkable
class Voter(Protocol):
    """Decides between the ballots of each text: a list of votes per poll, in order.

    Votes are placed in the order given, as far as there is room, except those that have an
    outcome already. They may include spans without a ballot.
    """

    def __call__(self, polls: Sequence[Poll]) -> list[list[Vote]]: ...
