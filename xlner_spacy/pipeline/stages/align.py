"""Doc._.xl_translations -> Doc._.xl_alignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Token

from ...document.attributes import add_problem, language_of, set_data, translation_doc
from ...errors import BackendError
from ...text.segments import clean
from ...types import Aligner
from . import checks
from .stage import Stage


class Align(Stage):
    """Doc._.xl_translations -> Doc._.xl_alignments, segment by segment.

    The aligner is called once per pair of languages in a batch, and told both.
    """

    name = "align"
    attribute = "xl_alignments"
    settings = ("aligner",)
    repeatable = True
    needs = ("xl_translations",)

    def __init__(self, aligner: Aligner, max_words: int = 4000) -> None:
        self.aligner = aligner
        self.max_words = max_words

    def run(self, docs: Sequence[Doc]) -> None:
        jobs: dict[tuple[str, str], list[_AlignJob]] = {}
        links: list[list[list[list[float]]]] = [[[] for _ in doc._.xl_translations] for doc in docs]
        for d, doc in enumerate(docs):
            for t, record in enumerate(doc._.xl_translations):
                own = jobs.setdefault((record["lang"], language_of(doc)), [])
                source = translation_doc(record, doc.vocab)
                for segment in record["segments"]:
                    pair = self._pair(doc, source, segment)
                    if pair:
                        own.append(_AlignJob(links[d][t], *pair))
        for languages, own in jobs.items():
            self._align(own, *languages)
        for doc, found_links in zip(docs, links, strict=True):
            doc._.xl_alignments = found_links
            set_data("xl_n_tokens", doc, len(doc))

    def give_up(self, doc: Doc) -> None:
        doc._.xl_alignments = [[] for _ in doc._.xl_translations]

    def _align(self, jobs: Sequence[_AlignJob], source_lang: str, target_lang: str) -> None:
        pairs = [([w.text for w in job.source], [w.text for w in job.target]) for job in jobs]
        answers = self.aligner(pairs, source_lang=source_lang, target_lang=target_lang)
        if len(answers) != len(jobs):
            raise BackendError(f"The aligner gave {len(answers)} answers for {len(jobs)} pairs.")
        for job, answer in zip(jobs, answers, strict=True):
            source, target = [word.i for word in job.source], [word.i for word in job.target]
            links = checks.links(answer, len(source), len(target))
            job.found.extend([source[s], target[t], c, weak] for s, t, c, weak in links)

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


def _words(doc: Doc, start_char: int, end_char: int) -> list[Token]:
    """The tokens with anything visible: an encoder gives nothing for the others."""
    span = doc.char_span(start_char, end_char, alignment_mode="expand")
    if start_char >= end_char or span is None:
        return []
    return [token for token in span if clean(token.text)]
