"""Source languages for a target, ranked without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from spacy.tokens import Doc

from ..errors import InputError
from ..models import embedded
from ..pipeline.routes import Route, best_route
from ..text.languages import same_language
from ..text.segments import clean, has_words, sentences
from .agreeing import VOTERS, Agreement, agreement
from .likeness import likeness
from .sample_texts import sample_of, sample_texts

SENTENCES = 25  # of each language that are compared
MAX_WORDS = 50
GIVEN = "given"
# Sources that can be used at once go first, then those that take an installation or a download.
_STATES = (GIVEN, "now", "install", "download")


class Source(NamedTuple):
    """A source language, and what speaks for it."""

    lang: str
    likeness: (
        float | None
    )  # share of the target's nearest neighbours; None: there are no texts of it
    agreement: (
        float | None
    )  # expected F1; None: it was not projected from, or there are too few voters
    state: str  # "given" with the texts, or that of its route
    route: Route

    def as_record(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {**self._asdict(), "route": self.route._asdict()}


class Ranking(NamedTuple):
    """Sources in order, the best first, and what they were ranked by."""

    sources: list[Source]
    sentences: int  # of the target that were compared; 0: none
    vote: Agreement | None  # None: there were no texts to project to, or no sources at hand
    notes: list[str]  # what could not be told, and why


def rank_sources(
    target: str,
    docs: Sequence[Doc] = (),
    *,
    source_langs: Sequence[str] = (),
    source_texts: Mapping[str, Sequence[str]] | None = None,
    project: int = 4,
    quiet: bool = True,
) -> Ranking:
    """Rank source languages for a target language. Nothing is asked of a network.

    First come the sources that can be used at once: their translations are with the texts, or
    a translator is at hand. Then those that an installation brings, then those of the Hub. Among
    equals the higher agreement goes first, then the higher likeness, then the alphabet.

    target (str): The code of the language of the texts, in its standard form.
    docs (Sequence): Texts of the target language, with translations or without. Without any,
        sentences that come with the package are compared, and nothing is projected.
    source_langs (Sequence): The sources to rank, in their standard form; none: those of which there
        are texts, or translations.
    source_texts (Mapping): Sentences of source languages, instead of those of the package.
    project (int): Project from at most so many sources, those that are most alike; 0: from none.
    RAISES: InputError if there are no sentences of the target language, or no sources.
    """
    texts = {
        **{code: own[:SENTENCES] for code, own in sample_texts().items()},
        **{code: list(own)[:SENTENCES] for code, own in (source_texts or {}).items()},
    }
    given = _given(docs)
    codes: list[str] = []
    for code in source_langs or (*given, *texts):
        if not any(same_language(code, other) for other in (target, *codes)):
            codes.append(code)
    if not codes:
        raise InputError("There are no source languages to rank.")
    notes: list[str] = []
    own = sentences_of(docs, target) or sample_of(target)[:SENTENCES]
    known = {code: _texts_of(code, texts) for code in codes}
    alike = _likeness(target, own, {c: t for c, t in known.items() if t}, notes, quiet)
    found = [
        _source(code, target, alike.get(code), is_given=given.get(code, 0) == len(docs) > 0)
        for code in codes
    ]
    found.sort(key=_order)
    vote = _vote(target, docs, found[:project], notes, quiet) if project else None
    if vote is not None:
        found = [source._replace(agreement=vote.f1.get(source.lang)) for source in found]
        found.sort(key=_order)
    return Ranking(found, len(own) if alike else 0, vote, notes)


def _order(source: Source) -> tuple[Any, ...]:
    at_hand = max(1, _STATES.index(source.state))
    return at_hand, -(source.agreement or 0.0), -(source.likeness or 0.0), source.lang


def sentences_of(docs: Sequence[Doc], lang: str) -> list[str]:
    """The first sentences of texts that have a word, `SENTENCES` at the most."""
    found = (
        clean(doc.text[start:end])
        for doc in docs
        for start, end in sentences(doc, MAX_WORDS, lang)
        if has_words(doc.text[start:end])
    )
    return list(islice(found, SENTENCES))


def _likeness(
    target: str,
    own: Sequence[str],
    texts: Mapping[str, Sequence[str]],
    notes: list[str],
    quiet: bool,
) -> dict[str, float]:
    if not own:
        raise InputError(
            f"No sentences of {target!r} come with the package, and none were given.",
            hint="Give a file of texts in that language; 25 sentences will do.",
        )
    if not embedded.is_installed():
        notes.append("Likeness is not measured: the embedded encoder (extra offline) is missing.")
        return {}
    return likeness(own, texts, quiet=quiet) if texts else {}


def _given(docs: Sequence[Doc]) -> dict[str, int]:
    """How many texts have a translation into each language."""
    found: dict[str, int] = {}
    for doc in docs:
        for translation in doc._.xl_translations or []:
            found[translation["lang"]] = found.get(translation["lang"], 0) + 1
    return found


def _texts_of(code: str, texts: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The sentences of a language, whatever its script or region; none if there are none."""
    of_others = (own for other, own in texts.items() if same_language(code, other))
    return texts.get(code) or next(of_others, ())


def _source(code: str, target: str, alike: float | None, *, is_given: bool) -> Source:
    route = best_route(code, target)
    return Source(code, alike, None, GIVEN if is_given else route.state, route)


def _vote(
    target: str, docs: Sequence[Doc], best: Sequence[Source], notes: list[str], quiet: bool
) -> Agreement | None:
    """Project from the sources that can be used at once, if there are texts."""
    usable = [source.lang for source in best if source.state in (GIVEN, "now")]
    if not docs:
        notes.append("Agreement is not measured: it takes texts of your own.")
        return None
    if not usable:
        notes.append("Agreement is not measured: no translator is at hand.")
        return None
    vote = agreement(docs, target, usable, quiet=quiet)
    if not vote.entities:
        notes.append("Agreement is not measured: no entities were found.")
    elif not vote.f1:
        notes.append(
            f"Agreement cannot be told of {len(vote.voters)} voters ({', '.join(vote.voters)}): "
            f"it takes {VOTERS}."
        )
    return vote
