"""The stages that a Doc walks through, once, forwards.

A stage is a callable on a batch of Docs that sets one attribute of each. Components put
them together: `xl_translator`, `xl_source`, `xl_aligner` and `xl_matcher` run one stage,
`xl_projector` runs them all, leaving out those whose attribute is already there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Span, Token

from ..errors import BackendError, SetupError
from ..extensions import add_problem, is_done, translation_doc
from ..given import make_translation, source_entity
from ..languages import tokenizer
from ..segments import clean, has_words, sentences
from ..types import (
    Aligner,
    Bitext,
    Candidate,
    CandidateGenerator,
    CandidateScorer,
    Link,
    Matcher,
    Mention,
    ProjectedEntity,
    Proposal,
    SourceAnnotator,
    SourceEntity,
    Translation,
    Translator,
    Unplaced,
)

# A token longer than this is not a word but data (base64, a hash, a URL with a session
# in it). Models choke on such a token, so its sentence is not translated.
MAX_TOKEN_CHARS = 200


class Stage(ABC):
    """One step of the way. `attribute` is what it sets on each Doc, `needs` what it reads.

    `run` either deals with all the Docs of the batch or raises what the backend raised.
    """

    name: str
    attribute: str
    needs: tuple[str, ...] = ()

    @abstractmethod
    def run(self, docs: Sequence[Doc]) -> None: ...

    def check(self, doc: Doc) -> None:
        """RAISES: SetupError if an earlier stage has not run on the Doc."""
        for attribute in self.needs:
            if not is_done(doc, attribute):
                raise SetupError(
                    f"The {self.name} stage needs Doc._.{attribute}, which is not set.",
                    hint="Add the component that sets it before this one (see docs/architecture.md), "
                    'or add "xl_projector", which does the whole way.',
                )

    def give_up(self, doc: Doc) -> None:
        """Leave the Doc as one for which this stage found nothing."""
        doc._.set(self.attribute, [])


class TranslationStage(Stage):
    """A stage that adds a list to each translation of the Doc."""

    needs = ("xl_translations",)

    def give_up(self, doc: Doc) -> None:
        doc._.set(self.attribute, [[] for _ in doc._.xl_translations])


class Translate(Stage):
    """Doc.text -> Doc._.xl_translations, sentence by sentence."""

    name = "translate"
    attribute = "xl_translations"

    def __init__(
        self, translator: Translator, source_lang: str, target_lang: str, max_words: int
    ) -> None:
        self.translator = translator
        self.source_lang = source_lang
        self.target_lang = target_lang
        self.max_words = max_words

    def run(self, docs: Sequence[Doc]) -> None:
        parts = [self._parts(doc) for doc in docs]
        wanted = dict.fromkeys(p.text for row in parts for p in row if p.kind == "sentence")
        known = self._translate(list(wanted))
        for doc, row in zip(docs, parts, strict=True):
            doc._.xl_translations = [self._assemble(doc, row, known)] if row else []
            if not row:
                add_problem(doc, self.name, "empty text")

    def _parts(self, doc: Doc) -> list[_Part]:
        if getattr(self.translator, "whole_texts", False):
            text = doc.text
            return [_Part(0, len(text), text, "sentence")] if text.strip() else []
        spans = sentences(doc, self.max_words, self.target_lang)
        return [
            _Part(start, end, clean(doc.text[start:end]), _kind(doc, start, end))
            for start, end in spans
        ]

    def _translate(self, texts: list[str]) -> dict[str, str]:
        if not texts:
            return {}
        answers = self.translator(texts, from_lang=self.target_lang, to_lang=self.source_lang)
        if len(answers) != len(texts):
            raise BackendError(
                f"The translator gave {len(answers)} translations for {len(texts)} texts.",
                hint="A translator must give one string for each text, in the same order.",
            )
        for text, answer in zip(texts, answers, strict=True):
            if not isinstance(answer, str):
                raise BackendError(
                    f"The translator gave {answer!r} for {text[:60]!r}, which is not a string.",
                    hint='A text that cannot be translated has the translation "".',
                )
        return dict(zip(texts, answers, strict=True))

    def _assemble(self, doc: Doc, parts: list[_Part], known: dict[str, str]) -> Translation:
        """Join the translated parts, and keep which part came from where."""
        joined = ""
        segments = []
        end_before = 0
        for part in parts:
            # Emoji and punctuation are the same in every language; data is not language.
            untranslated = part.text if part.kind == "symbols" else ""
            translated = known.get(part.text, untranslated).strip()
            if part.kind == "data":
                detail = part.text[:80]
                add_problem(
                    doc, self.name, "word too long to translate", detail, part.start, part.end
                )
            elif not translated:
                add_problem(
                    doc, self.name, "empty translation", part.text[:80], part.start, part.end
                )
            if joined and translated:
                joined += "\n" if "\n" in doc.text[end_before : part.start] else " "
            segments.append([part.start, part.end, len(joined), len(joined) + len(translated)])
            joined += translated
            end_before = part.end if translated else end_before
        return make_translation(tokenizer(self.source_lang)(joined), self.source_lang, segments)


class _Part(NamedTuple):
    """A part of a text that is translated on its own."""

    start: int
    end: int
    text: str  # as the translator gets it
    kind: str  # "sentence", or "symbols" or "data", which are not translated


def _kind(doc: Doc, start: int, end: int) -> str:
    if not has_words(doc.text[start:end]):
        return "symbols"
    span = doc.char_span(start, end, alignment_mode="expand")
    longest = max(len(token.text) for token in span) if span else 0
    return "data" if longest > MAX_TOKEN_CHARS else "sentence"


class Annotate(TranslationStage):
    """Doc._.xl_translations -> Doc._.xl_source_ents, with any source-language NER.

    The annotator gets a translation line by line: no entity goes on over a line break.
    """

    name = "annotate"
    attribute = "xl_source_ents"

    def __init__(self, source: SourceAnnotator) -> None:
        self.source = source

    def run(self, docs: Sequence[Doc]) -> None:
        texts = [record["text"] for doc in docs for record in doc._.xl_translations]
        lines = list(dict.fromkeys(line for text in texts for _, line in _lines(text)))
        answers = self.source(lines) if lines else []
        if len(answers) != len(lines):
            raise BackendError(
                f"The source annotator gave {len(answers)} answers for {len(lines)} texts.",
                hint="It must give a list of mentions for each text, in the same order.",
            )
        known = dict(zip(lines, answers, strict=True))
        for doc in docs:
            doc._.xl_dropped = {}
            doc._.xl_source_ents = [
                self._entities(doc, record, known) for record in doc._.xl_translations
            ]

    def _entities(
        self, doc: Doc, record: Translation, known: dict[str, list[Mention]]
    ) -> list[SourceEntity]:
        """A translation's entities, by its tokens. What is left out is kept on the Doc."""
        tokens = translation_doc(record, doc.vocab)
        found: list[SourceEntity] = []
        for offset, line in _lines(record["text"]):
            for mention in sorted(Mention(*m) for m in known[line]):
                source_label = mention.source_label or mention.label
                if not mention.label:
                    doc._.xl_dropped[source_label] = doc._.xl_dropped.get(source_label, 0) + 1
                    continue
                start, end = offset + mention.start_char, offset + mention.end_char
                span = tokens.char_span(start, end, alignment_mode="expand")
                if span is None or not span.text.strip():
                    add_problem(doc, self.name, "entity outside the text", source_label)
                elif found and span.start < found[-1]["end"]:
                    add_problem(doc, self.name, "overlapping source entities", span.text)
                else:
                    entity = source_entity(
                        tokens, span.start, span.end, mention.label, source_label, mention.score
                    )
                    found.append(entity)
        return found


class Align(TranslationStage):
    """Doc._.xl_translations -> Doc._.xl_alignments, segment by segment."""

    name = "align"
    attribute = "xl_alignments"

    def __init__(self, aligner: Aligner, max_words: int = 4000) -> None:
        self.aligner = aligner
        self.max_words = max_words

    def run(self, docs: Sequence[Doc]) -> None:
        jobs = []
        links: list[list[list[list[float]]]] = [[[] for _ in doc._.xl_translations] for doc in docs]
        for d, doc in enumerate(docs):
            for t, record in enumerate(doc._.xl_translations):
                source = translation_doc(record, doc.vocab)
                for segment in record["segments"]:
                    pair = self._pair(doc, source, segment)
                    if pair:
                        jobs.append((links[d][t], pair))
        answers = self.aligner(
            [([w.text for w in source], [w.text for w in target]) for _, (source, target) in jobs]
        )
        if len(answers) != len(jobs):
            raise BackendError(f"The aligner gave {len(answers)} answers for {len(jobs)} pairs.")
        for (found, (source_words, words)), answer in zip(jobs, answers, strict=True):
            found.extend([source_words[s].i, words[t].i, float(c)] for s, t, c in answer)
        for doc, found_links in zip(docs, links, strict=True):
            doc._.xl_alignments = found_links

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


class Propose(Stage):
    """Entities and links -> Doc._.xl_candidates: spans where each might be, with scores."""

    name = "propose"
    attribute = "xl_candidates"
    needs = ("xl_source_ents", "xl_alignments")

    def __init__(self, candidates: CandidateGenerator, scorer: CandidateScorer) -> None:
        self.candidates = candidates
        self.scorer = scorer

    def run(self, docs: Sequence[Doc]) -> None:
        for doc in docs:
            doc._.xl_candidates = [
                candidate
                for index in range(len(doc._.xl_translations))
                for candidate in self._propose(doc, index)
            ]

    def _propose(self, doc: Doc, index: int) -> list[Candidate]:
        entities = doc._.xl_source_ents[index]
        if not entities:
            return []
        bitext = Bitext(
            source_words=doc._.xl_translations[index]["words"],
            target_words=[token.text for token in doc],
            entities=[(e["start"], e["end"]) for e in entities],
            links=[Link(int(s), int(t), c) for s, t, c in doc._.xl_alignments[index]],
        )
        spans = self.candidates(bitext)
        scores = self.scorer(bitext, spans)
        return [
            {
                "translation": index,
                "entity": k,
                "start": start,
                "end": end,
                "score": score,
                "confidence": max(0.0, min(1.0, score)) * bitext.trust(k, (start, end)),
            }
            for k in range(len(entities))
            for (start, end), score in zip(spans[k], scores[k], strict=True)
        ]


class Match(Stage):
    """Doc._.xl_candidates -> Doc._.xl_entities and Doc.ents."""

    name = "match"
    attribute = "xl_entities"
    needs = ("xl_candidates",)

    def __init__(self, matcher: Matcher, overwrite: bool) -> None:
        self.matcher = matcher
        self.overwrite = overwrite

    def run(self, docs: Sequence[Doc]) -> None:
        for doc in docs:
            self._match(doc)

    def give_up(self, doc: Doc) -> None:
        super().give_up(doc)
        doc._.xl_unplaced = []
        if self.overwrite:
            doc.set_ents([], default="outside")

    def _match(self, doc: Doc) -> None:
        kept = [] if self.overwrite else list(doc.ents)
        taken = {i for span in kept for i in range(span.start, span.end)}
        entities = [(t, k) for t, ents in enumerate(doc._.xl_source_ents) for k in range(len(ents))]
        number = {key: n for n, key in enumerate(entities)}
        candidates = {}
        free = []
        for candidate in doc._.xl_candidates:
            n = number[candidate["translation"], candidate["entity"]]
            candidates[n, candidate["start"], candidate["end"]] = candidate
            if taken.isdisjoint(range(candidate["start"], candidate["end"])):
                free.append(Proposal(n, candidate["start"], candidate["end"], candidate["score"]))
        chosen = sorted(self.matcher(free), key=lambda p: p.start)
        placed: list[ProjectedEntity] = []
        for p in chosen:
            translation, k = entities[p.entity]
            candidate = candidates[p.entity, p.start, p.end]
            placed.append(_projected(doc, translation, k, candidate))
        doc._.xl_entities = placed
        doc._.xl_unplaced = _unplaced(doc, entities, chosen, free)
        spans = [Span(doc, e["start"], e["end"], e["label"]) for e in placed]
        # Every token was looked at, so what is no entity is known to be none.
        doc.set_ents([*kept, *spans], default="outside")


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, with their offsets."""
    lines = []
    offset = 0
    for line in text.split("\n"):
        if line.strip():
            lines.append((offset, line))
        offset += len(line) + 1
    return lines


def _words(doc: Doc, start_char: int, end_char: int) -> list[Token]:
    """The tokens with anything visible: an encoder gives nothing for the others."""
    span = doc.char_span(start_char, end_char, alignment_mode="expand")
    if start_char >= end_char or span is None:
        return []
    return [token for token in span if clean(token.text)]


def _projected(doc: Doc, translation: int, k: int, candidate: Candidate) -> ProjectedEntity:
    entity: SourceEntity = doc._.xl_source_ents[translation][k]
    span = doc[candidate["start"] : candidate["end"]]
    return {
        "start": span.start,
        "end": span.end,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "text": span.text,
        "label": entity["label"],
        "confidence": round(candidate["confidence"], 4),
        "source": {
            "translation": translation,
            "lang": doc._.xl_translations[translation]["lang"],
            "text": entity["text"],
            "label": entity["source_label"],
            "start_char": entity["start_char"],
            "end_char": entity["end_char"],
            "score": entity["score"],
        },
    }


def _unplaced(
    doc: Doc,
    entities: list[tuple[int, int]],
    chosen: Sequence[Proposal],
    proposals: Sequence[Proposal],
) -> list[Unplaced]:
    placed = {p.entity for p in chosen}
    taken = {word for p in chosen for word in range(p.start, p.end)}
    lost = []
    for n, (translation, k) in enumerate(entities):
        if n in placed:
            continue
        entity: SourceEntity = doc._.xl_source_ents[translation][k]
        own = [p for p in proposals if p.entity == n]
        if any(taken.isdisjoint(range(p.start, p.end)) for p in own):
            reason = "score too low"
        elif own:
            reason = "its place was taken"
        else:
            reason = _why_no_candidate(doc, translation, entity)
        lost.append(
            Unplaced(
                text=entity["text"],
                label=entity["label"],
                reason=reason,
                translation=translation,
                start_char=entity["start_char"],
                end_char=entity["end_char"],
            )
        )
    return lost


def _why_no_candidate(doc: Doc, translation: int, entity: SourceEntity) -> str:
    linked = {int(link[0]) for link in doc._.xl_alignments[translation]}
    if linked.isdisjoint(range(entity["start"], entity["end"])):
        return "no aligned word"
    return "no candidate span"
