"""The stages that a Doc walks through, once, forwards.

A stage is a callable on a batch of Docs that sets one attribute of each. Components put
them together: `xl_translator`, `xl_source`, `xl_aligner` and `xl_matcher` run one stage,
`xl_projector` runs them all, leaving out those whose attribute is already there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Span, Token

from ..errors import BackendError, InputError, SetupError
from ..extensions import add_problem, claim, is_done, translation_doc
from ..given import make_translation, source_entity
from ..languages import iso639_1, tokenizer
from ..segments import clean, has_words, sentences
from ..translators.answers import check_translations
from ..types import (
    Aligner,
    Bitext,
    Candidate,
    CandidateGenerator,
    CandidateScorer,
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
from . import checks
from .bounds import is_too_long, reach
from .dense import strongest
from .place import CROSSES, TAKEN, projected, sentence_numbers, unplaced

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
    always = False  # whether it runs even if its attribute is set

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
        n_tokens = doc.user_data.get("xl_n_tokens", len(doc))
        if "xl_alignments" in self.needs and n_tokens != len(doc):
            raise SetupError(
                f"The Doc had {n_tokens} tokens when it was aligned and has {len(doc)} now: "
                f"{doc.text[:60]!r}.",
                hint="Put components that merge or split tokens before the aligner or after the "
                "matcher.",
            )

    def give_up(self, doc: Doc) -> None:
        """Leave the Doc as one for which this stage found nothing."""
        doc._.set(self.attribute, [])


class TranslationStage(Stage):
    """A stage that adds a list to each translation of the Doc."""

    needs: tuple[str, ...] = ("xl_translations",)

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
        text = doc.text  # made anew by each call: asked once, not once per sentence
        return [
            _Part(start, end, clean(text[start:end]), _kind(doc, text, start, end))
            for start, end in sentences(doc, self.max_words, self.target_lang)
        ]

    def _translate(self, texts: list[str]) -> dict[str, str]:
        answers = translate_texts(self.translator, texts, self.target_lang, self.source_lang)
        return dict(zip(texts, answers, strict=True))

    def _assemble(self, doc: Doc, parts: list[_Part], known: dict[str, str]) -> Translation:
        """Join the translated parts, and keep which part came from where."""
        text = doc.text
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
                given_up = getattr(self.translator, "failures", {}).get(part.text)
                reason = "translator gave up" if given_up else "empty translation"
                detail = f"{given_up}: {part.text[:80]}" if given_up else part.text[:80]
                add_problem(doc, self.name, reason, detail, part.start, part.end)
            if joined and translated:
                joined += "\n" if "\n" in text[end_before : part.start] else " "
            segments.append([part.start, part.end, len(joined), len(joined) + len(translated)])
            joined += translated
            end_before = part.end if translated else end_before
        return make_translation(tokenizer(self.source_lang)(joined), self.source_lang, segments)


def translate_texts(
    translator: Translator, texts: list[str], from_lang: str, to_lang: str
) -> list[str]:
    """RAISES: BackendError if the translator's answer is not a list of as many strings."""
    if not texts:
        return []
    answers = translator(texts, from_lang=from_lang, to_lang=to_lang)
    return check_translations(answers, texts)


class _Part(NamedTuple):
    """A part of a text that is translated on its own."""

    start: int
    end: int
    text: str  # as the translator gets it
    kind: str  # "sentence", or "symbols" or "data", which are not translated


def _kind(doc: Doc, text: str, start: int, end: int) -> str:
    """What a part of a Doc is, for _Part; `text` is `doc.text`."""
    if not has_words(text[start:end]):
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

    def __init__(self, source: SourceAnnotator, source_lang: str) -> None:
        self.source = source
        self.source_lang = source_lang

    def run(self, docs: Sequence[Doc]) -> None:
        for doc in docs:
            self._check_language(doc)
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

    def _check_language(self, doc: Doc) -> None:
        for record in doc._.xl_translations:
            if iso639_1(record["lang"]) != iso639_1(self.source_lang):
                raise InputError(
                    f"{doc.text[:40]!r} has a translation into {record['lang']!r}, but the source "
                    f"annotator is one for {self.source_lang!r}.",
                    hint="Set source_lang in the config, give the translation with its lang, or "
                    "give its entities too.",
                )

    def _entities(
        self, doc: Doc, record: Translation, known: dict[str, list[Mention]]
    ) -> list[SourceEntity]:
        """A translation's entities, by its tokens. What is left out is kept on the Doc."""
        tokens = translation_doc(record, doc.vocab)
        found: list[SourceEntity] = []
        for offset, line in _lines(record["text"]):
            for mention in sorted((Mention(*m) for m in known[line]), key=lambda m: m[:3]):
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
    """Doc._.xl_translations -> Doc._.xl_alignments, segment by segment.

    same_language_aligner (Aligner): For translations into the text's own language, as a
        back-translation is one. None: the same as for all.
    target_lang (str): The language of the texts. None: the Doc's.
    """

    name = "align"
    attribute = "xl_alignments"

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


class Propose(Stage):
    """Entities and links -> Doc._.xl_candidates: spans where each might be, with scores."""

    name = "propose"
    attribute = "xl_candidates"
    needs = ("xl_source_ents", "xl_alignments")

    def __init__(self, candidates: CandidateGenerator, scorer: CandidateScorer) -> None:
        self.candidates = candidates
        self.scorer = scorer

    def run(self, docs: Sequence[Doc]) -> None:
        places = [
            (doc, index, names)
            for doc in docs
            for index, entities in enumerate(doc._.xl_source_ents)
            if (names := [k for k, entity in enumerate(entities) if not is_too_long(entity)])
        ]
        bitexts = [_bitext(*place) for place in places]
        spans = checks.spans(bitexts, self.candidates(bitexts))
        scores = checks.scores(bitexts, spans, self.scorer(bitexts, spans))
        for doc in docs:
            doc._.xl_candidates = []
        for n, (doc, index, names) in enumerate(places):
            doc._.xl_candidates += _candidates(index, names, bitexts[n], spans[n], scores[n])


def _bitext(doc: Doc, index: int, names: list[int]) -> Bitext:
    """One translation of a Doc and the Doc, as candidates and scorers see them: with some of
    the translation's entities."""
    translation = doc._.xl_translations[index]
    entities = [doc._.xl_source_ents[index][k] for k in names]
    links = doc._.xl_alignments[index]
    return Bitext(
        source_words=translation["words"],
        target_words=[token.text for token in doc],
        entities=[(e["start"], e["end"]) for e in entities],
        links=strongest(links, len(translation["words"]), len(doc)),
        labels=[e["label"] for e in entities],
        source_lang=translation["lang"],
        target_lang=doc.lang_,
        source_spaces=translation["spaces"],
        target_spaces=[bool(token.whitespace_) for token in doc],
        reach=reach(doc, translation["segments"], entities),
    )


def _candidates(
    index: int,
    names: list[int],
    bitext: Bitext,
    spans: list[list[tuple[int, int]]],
    scores: list[list[float]],
) -> list[Candidate]:
    return [
        {
            "translation": index,
            "entity": name,
            "start": start,
            "end": end,
            "score": score,
            # A score that rests on no links (of characters, of an NER) stands alone.
            "confidence": max(0.0, min(1.0, score)) * (trust or 1.0),
        }
        for k, name in enumerate(names)
        for (start, end), score, trust in zip(
            spans[k], scores[k], bitext.trust(k, spans[k]), strict=True
        )
    ]


class Match(Stage):
    """Doc._.xl_candidates -> Doc._.xl_entities and Doc.ents.

    A Doc's translations are matched one by one. Where they want different entities on the
    same words, the one that more translations agree on is placed, then the one with the
    higher score, then the one of the earlier translation. Nothing is placed across a sentence
    boundary that is on the Doc.
    """

    name = "match"
    attribute = "xl_entities"
    needs = ("xl_source_ents", "xl_alignments", "xl_candidates")
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
            unplaced(entity, translation, "error in matching")
            for translation, entities in enumerate(doc._.xl_source_ents)
            for entity in entities
        ]
        if self.overwrite:
            doc.set_ents([], default="outside")

    def _match(self, doc: Doc) -> None:
        kept = [] if self.overwrite else list(doc.ents)
        taken = {word for span in kept for word in range(span.start, span.end)}
        sentence = sentence_numbers(doc)
        possible: list[list[Candidate]] = [[] for _ in doc._.xl_translations]
        for c in doc._.xl_candidates:
            words = range(c["start"], c["end"])
            if sentence[words[0]] == sentence[words[-1]] and taken.isdisjoint(words):
                possible[c["translation"]].append(c)
        wanted = [chosen for candidates in possible for chosen in self._choose(candidates)]
        placed = _without_overlap(doc, wanted)
        spans = [Span(doc, c["start"], c["end"], _entity(doc, c)["label"]) for c in placed]
        # Every token was looked at, so what is no entity is known to be none.
        doc.set_ents([*kept, *spans], default="outside")
        on_doc = {(ent.start_char, ent.end_char, ent.label_) for ent in kept}
        transferred = [e for e in doc._.xl_transferred or [] if claim(e) in on_doc]
        own = [_projected(doc, candidate) for candidate in placed]
        doc._.xl_entities = sorted([*transferred, *own], key=lambda e: e["start"])
        doc._.xl_unplaced = _unplaced(doc, wanted, placed, taken)

    def _choose(self, candidates: list[Candidate]) -> list[Candidate]:
        """The places that the entities of one translation get among themselves."""
        free = {Proposal(c["entity"], c["start"], c["end"], c["score"]): c for c in candidates}
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
    entity: SourceEntity = doc._.xl_source_ents[candidate["translation"]][candidate["entity"]]
    return entity


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


def _projected(doc: Doc, candidate: Candidate) -> ProjectedEntity:
    entity = _entity(doc, candidate)
    index = candidate["translation"]
    span = doc[candidate["start"] : candidate["end"]]
    lang = doc._.xl_translations[index]["lang"]
    return projected(span, entity, index, lang, candidate["confidence"])


def _unplaced(
    doc: Doc, wanted: list[Candidate], placed: list[Candidate], taken: set[int]
) -> list[Unplaced]:
    """The entities that got no place. One that wanted a place where an entity of another
    translation is with the same label got what it wanted."""
    claims = {_claim(doc, candidate) for candidate in placed}
    settled = {(c["translation"], c["entity"]) for c in wanted if _claim(doc, c) in claims}
    taken = taken | {word for c in placed for word in range(c["start"], c["end"])}
    own: dict[tuple[int, int], list[Candidate]] = {}
    for c in doc._.xl_candidates:
        own.setdefault((c["translation"], c["entity"]), []).append(c)
    sentence = sentence_numbers(doc)
    lost = []
    for t, entities in enumerate(doc._.xl_source_ents):
        linked = {int(link[0]) for link in doc._.xl_alignments[t]}
        for k, entity in enumerate(entities):
            if (t, k) in settled:
                continue
            if candidates := own.get((t, k)):
                reason = _why_not_there(candidates, taken, sentence)
            else:
                reason = _why_nowhere(entity, linked)
            lost.append(unplaced(entity, t, reason))
    return lost


def _why_not_there(candidates: list[Candidate], taken: set[int], sentence: list[int]) -> str:
    """Why an entity got none of the places where it might be."""
    spans = [range(c["start"], c["end"]) for c in candidates]
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
