"""Translations -> Doc._.xl_alignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Token

from ...document.attributes import add_problem, translation_doc
from ...errors import BackendError
from ...text.languages import iso639_1
from ...text.segments import clean
from ...types import (
    Aligner,
    Translation,
)
from . import checks
from .stage import TranslationStage


class Align(TranslationStage):
    """Doc._.xl_translations -> Doc._.xl_alignments, segment by segment.

    same_language_aligner (Aligner): For translations into the text's own language, as a
        back-translation is one. None: the same as for all.
    target_lang (str): The language of the texts. None: the Doc's.
    """

    name = "align"
    attribute = "xl_alignments"
    settings = ("aligner", "same_language_aligner")
    repeatable = True

    def __init__(
        self,
        aligner: Aligner,
        max_words: int = 4000,
        *,
        same_language_aligner: Aligner | None = None,
        target_lang: str | None = None,
    ) -> None:
        self.aligner = aligner
        self.max_words = max_words
        self.same_language_aligner = same_language_aligner
        self.target_lang = target_lang

    def run(self, docs: Sequence[Doc]) -> None:
        across: list[_AlignJob] = []
        within: list[_AlignJob] = []
        links: list[list[list[list[float]]]] = [[[] for _ in doc._.xl_translations] for doc in docs]
        for d, doc in enumerate(docs):
            for t, record in enumerate(doc._.xl_translations):
                jobs = within if self._is_same_language(doc, record) else across
                source = translation_doc(record, doc.vocab)
                for segment in record["segments"]:
                    pair = self._pair(doc, source, segment)
                    if pair:
                        jobs.append(_AlignJob(links[d][t], *pair))
        if self.same_language_aligner is None:
            across += within
        else:
            _align(self.same_language_aligner, within)
        _align(self.aligner, across)
        for doc, found_links in zip(docs, links, strict=True):
            doc._.xl_alignments = found_links
            doc.user_data["xl_n_tokens"] = len(doc)

    def _is_same_language(self, doc: Doc, record: Translation) -> bool:
        return iso639_1(record["lang"]) == iso639_1(self.target_lang or doc.lang_ or "xx")

    def _pair(
        self, doc: Doc, source: Doc, segment: list[int]
    ) -> tuple[list[Token], list[Token]] | None:
        """The words of both sides of a segment; None, with a reason, if it cannot be aligned."""
        start, end, source_start, source_end = segment
        target_words = _words(doc, start, end)
        source_words = _words(source, source_start, source_end)
        if not target_words or not source_words:
            return None
        longest = max(len(target_words), len(source_words))
        if longest > self.max_words:
            detail = f"{longest} words, at most {self.max_words} are aligned"
            add_problem(doc, self.name, "too long to align", detail, start, end)
            return None
        return source_words, target_words


class _AlignJob(NamedTuple):
    """The words of a segment, and the list that its links go into."""

    found: list[list[float]]
    source: list[Token]
    target: list[Token]


def _align(aligner: Aligner, jobs: Sequence[_AlignJob]) -> None:
    answers = aligner(
        [([w.text for w in job.source], [w.text for w in job.target]) for job in jobs]
    )
    if len(answers) != len(jobs):
        raise BackendError(f"The aligner gave {len(answers)} answers for {len(jobs)} pairs.")
    for job, answer in zip(jobs, answers, strict=True):
        source, target = [word.i for word in job.source], [word.i for word in job.target]
        links = checks.links(answer, len(source), len(target))
        job.found.extend([source[s], target[t], c] for s, t, c in links)


def _words(doc: Doc, start_char: int, end_char: int) -> list[Token]:
    """The tokens with anything visible: an encoder gives nothing for the others."""
    span = doc.char_span(start_char, end_char, alignment_mode="expand")
    if start_char >= end_char or span is None:
        return []
    return [token for token in span if clean(token.text)]
