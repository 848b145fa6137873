"""The members of an ensemble: what each finds in a text, without touching the Doc."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ...document.attributes import get_data, set_data
from ...errors import BackendError, InputError, SetupError
from ...models.lazy import LazyBackend
from ...text.languages import iso639_1
from ...text.memory import memory_zone
from ...types import Ballot, Origin, Problem
from ..loading import load
from .stage import Stage

# Work that a member finds on its copy of the Doc and does not repeat.
_UPSTREAM = ("xl_translations", "xl_alignments", "xl_n_tokens")


class Findings(NamedTuple):
    """The entities and problems that a member found in a Doc."""

    ballots: Sequence[Ballot]
    problems: Sequence[Problem] = ()  # what it did not deal with


class Member(Protocol):
    """Finds the entities of each Doc, and leaves the Docs as they are."""

    def __call__(self, docs: Sequence[Doc]) -> list[Findings]: ...


class Method:
    """Stages after the alignment, on the Doc's own translations."""

    def __init__(self, name: str, stages: Sequence[Stage]) -> None:
        self.name = name
        self.stages = list(stages)

    def __call__(self, docs: Sequence[Doc]) -> list[Findings]:
        copies = [copy_of(doc, doc.vocab, _UPSTREAM) for doc in docs]
        for stage in self.stages:
            stage.run(copies)
        return [
            Findings(list(_ballots(self.name, doc, copy)))
            for doc, copy in zip(docs, copies, strict=True)
        ]


class OtherPipeline(LazyBackend):
    """Another pipeline: a package, a folder or a .cfg file.

    lang (str): The language of the texts, for a .cfg file that leaves it open ("xx").
    role (str): What it is to the component that asks it, for errors.
    """

    def __init__(self, name: str, path: str, lang: str = "xx", role: str = "member") -> None:
        self.name = name
        self.path = path
        self.lang = lang
        self.role = role

    def __call__(self, docs: Sequence[Doc]) -> list[Findings]:
        """RAISES: SetupError if the pipeline cannot be loaded."""
        with memory_zone(self.nlp):
            copies = self.copies(docs)
            done = list(self.nlp.pipe(copies))
            if len(done) != len(docs):
                raise BackendError(
                    f"The {self.role} {self.name!r} gave {len(done)} Docs for {len(docs)}."
                )
            return [
                Findings(list(_ballots(self.name, doc, copy)), _problems(copy))
                for doc, copy in zip(docs, done, strict=True)
            ]

    def copies(self, docs: Sequence[Doc]) -> list[Doc]:
        """The texts as the pipeline is to have them, with the translations that it can use."""
        return [copy_of(doc, self.nlp.vocab, self._usable(doc)) for doc in docs]

    def _usable(self, doc: Doc) -> tuple[str, ...]:
        """Nothing if the Doc has translations into a language that the member has not."""
        languages = {iso639_1(t["lang"]) for t in doc._.xl_translations or []}
        return _UPSTREAM if languages <= self._languages or not self._languages else ()

    @cached_property
    def _languages(self) -> set[str]:
        """The languages that the pipeline projects from."""
        stages = [s for _, c in self.nlp.pipeline for s in getattr(c, "stages", ())]
        return {iso639_1(s.source_lang) for s in stages if hasattr(s, "source_lang")}

    @cached_property
    def nlp(self) -> Language:
        """The loaded pipeline."""
        # A folder or a package says itself which language it is for.
        lang = self.lang if self.path.endswith(".cfg") and self.lang != "xx" else None
        try:
            return load(self.path, lang=lang)
        except InputError as error:
            raise SetupError(
                f"The pipeline of the {self.role} {self.name!r} cannot be loaded: {error.message}",
                hint="Give the name of an installed package, a folder, or a .cfg file.",
            ) from error


def copy_of(doc: Doc, vocab: Vocab, attributes: Sequence[str] = ()) -> Doc:
    """The Doc's tokens and sentences, with what is on it of the attributes."""
    starts: Any = None
    if doc.has_annotation("SENT_START"):
        starts = [token.is_sent_start for token in doc]
    copy = Doc(
        vocab,
        words=[token.text for token in doc],
        spaces=[bool(token.whitespace_) for token in doc],
        sent_starts=starts,
    )
    for attribute in (*attributes, "xl_lang"):
        set_data(attribute, copy, get_data(attribute, doc))
    return copy


def _ballots(who: str, doc: Doc, copy: Doc) -> Iterator[Ballot]:
    """The entities of the copy by the tokens of the Doc."""
    same = copy._.xl_translations == doc._.xl_translations
    for ent in copy.ents:
        span = doc.char_span(ent.start_char, ent.end_char, alignment_mode="expand")
        if span is None:
            continue
        confidence = ent._.xl_confidence
        source: Origin | None = ent._.xl_source
        if source and not same:
            source = {**source, "translation": -1}
        confidence = 1.0 if confidence is None else confidence
        yield Ballot(who, span.start, span.end, ent.label_, confidence, source)


def _problems(copy: Doc) -> list[Problem]:
    """The problems of the copy, and its entities that found no place."""
    unplaced: list[Problem] = [
        {
            "stage": "match",
            "reason": "entity not placed",
            "detail": f"{entity['text']} ({entity['label']}): {entity['reason']}",
            "start_char": 0,
            "end_char": len(copy.text),
            "lang": "",
        }
        for entity in copy._.xl_unplaced or []
    ]
    return [*(copy._.xl_problems or []), *unplaced]
