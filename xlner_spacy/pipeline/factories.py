"""The factories: `xl_translator`, `xl_annotator`, `xl_aligner`, `xl_matcher`, `xl_projector`.

Each is made of one stage or of all of them. A block left out of the config (null) means
"choose for me", by language and by what is installed: see `xlner_spacy.pipeline.defaults`.
"""

from __future__ import annotations

from typing import Any

from spacy.language import Language

from ..errors import SetupError
from ..text.languages import check_language, iso639_1
from ..types import (
    Aligner,
    Annotator,
    CandidateGenerator,
    Matcher,
    Measure,
    Translator,
)
from . import defaults
from .component import StageComponent
from .stages.align import Align
from .stages.annotate import Annotate
from .stages.match import Match
from .stages.propose import Propose
from .stages.stage import Stage
from .stages.translate import Translate

_LANGUAGES: dict[str, Any] = {"source_lang": "en", "target_lang": None}
_TRANSLATE: dict[str, Any] = {"translator": None, "max_words": 100}
_ALIGN: dict[str, Any] = {"aligner": None, "same_language_aligner": None}
_MATCH: dict[str, Any] = {"matcher": None, "overwrite": True}


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
    """Translates each text into the source language.

    source_lang (str): The language to translate into.
    target_lang (str): The language of the texts. None: the pipeline's.
    translator (Translator): None: chosen by language.
    max_words (int): Longer sentences are cut before they are translated.
    """
    stage = _translate(nlp, source_lang, target_lang, translator, max_words)
    return StageComponent(nlp, name, [stage], redo=True)


@Language.factory(
    "xl_annotator",
    requires=["doc._.xl_translations"],
    assigns=["doc._.xl_source_ents"],
    default_config={**_LANGUAGES, "annotator": None},
)
def make_annotator(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    annotator: Annotator | None,
) -> StageComponent:
    """Finds the entities of the translations.

    source_lang, target_lang (str): As of `xl_translator`; by them `annotator` is chosen.
    annotator (Annotator): None: chosen by language.
    """
    stage = _annotate(nlp, source_lang, target_lang, annotator)
    return StageComponent(nlp, name, [stage], redo=True)


@Language.factory(
    "xl_aligner",
    requires=["doc._.xl_translations"],
    assigns=["doc._.xl_alignments"],
    default_config={"target_lang": None, **_ALIGN},
)
def make_aligner(
    nlp: Language,
    name: str,
    target_lang: str | None,
    aligner: Aligner | None,
    same_language_aligner: Aligner | None,
) -> StageComponent:
    """Aligns the words of each text and its translations.

    target_lang (str): The language of the texts. None: the pipeline's.
    aligner (Aligner): None: SimAlign on the embedded encoder, or on mBERT.
    same_language_aligner (Aligner): For back-translations, which are in the language of the
        texts. None: the same as for translations.
    """
    return StageComponent(
        nlp, name, [_align(aligner, same_language_aligner, target_lang)], redo=True
    )


@Language.factory(
    "xl_matcher",
    requires=["doc._.xl_source_ents", "doc._.xl_alignments"],
    assigns=["doc._.xl_candidates", "doc._.xl_entities", "doc.ents"],
    default_config={"candidates": None, "measure": None, **_MATCH},
)
def make_matcher(
    nlp: Language,
    name: str,
    candidates: CandidateGenerator | None,
    measure: Measure | None,
    matcher: Matcher | None,
    overwrite: bool,
) -> StageComponent:
    """Finds candidates for each entity, scores them and sets Doc.ents.

    candidates, measure, matcher: None: n-grams, F1 of links, exact ILP.
    overwrite (bool): Replace entities that are already on the Doc. If not, they stay and
        nothing is placed on their words.
    """
    stages = [_propose(candidates, measure), _match(matcher, overwrite)]
    return StageComponent(nlp, name, stages, redo=True)


@Language.factory(
    "xl_projector",
    assigns=[
        "doc._.xl_translations",
        "doc._.xl_source_ents",
        "doc._.xl_alignments",
        "doc._.xl_candidates",
        "doc._.xl_entities",
        "doc.ents",
    ],
    default_config={
        **_LANGUAGES,
        **_TRANSLATE,
        "annotator": None,
        **_ALIGN,
        "candidates": None,
        "measure": None,
        **_MATCH,
    },
)
def make_projector(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    translator: Translator | None,
    annotator: Annotator | None,
    aligner: Aligner | None,
    same_language_aligner: Aligner | None,
    candidates: CandidateGenerator | None,
    measure: Measure | None,
    matcher: Matcher | None,
    max_words: int,
    overwrite: bool,
) -> StageComponent:
    """The whole way from a text to its entities. A stage whose attribute the user or an
    upstream component has set on the Doc is not done again.

    source_lang (str): The language that has an NER model.
    target_lang (str): The language of the texts. None: the pipeline's.
    translator, annotator, aligner, candidates, measure, matcher: None: see `xlner info`.
    same_language_aligner: As of `xl_aligner`.
    max_words, overwrite: As of `xl_translator` and `xl_matcher`.
    """
    stages: list[Stage] = [
        _translate(nlp, source_lang, target_lang, translator, max_words),
        _annotate(nlp, source_lang, target_lang, annotator),
        _align(aligner, same_language_aligner, target_lang),
        _propose(candidates, measure),
        _match(matcher, overwrite),
    ]
    return StageComponent(nlp, name, stages, redo=False)


def _pair(nlp: Language, source_lang: str, target_lang: str | None) -> tuple[str, str]:
    source = check_language(source_lang)
    target = check_language(target_lang or nlp.lang or "xx")
    if iso639_1(source) == iso639_1(target):
        raise SetupError(
            f"The source language is the target language ({source!r}): nothing to project.",
            hint="Set source_lang to another language, one that has an NER model.",
        )
    return source, target


def _translate(
    nlp: Language,
    source_lang: str,
    target_lang: str | None,
    translator: Translator | None,
    max_words: int,
) -> Translate:
    source, target = _pair(nlp, source_lang, target_lang)
    if max_words < 1:
        raise SetupError(f"max_words={max_words} is not a number greater than 0.")
    if translator is None:
        translator = defaults.build("translator", defaults.choose_translator(source, target))
    return Translate(translator, source, target, max_words)


def _annotate(
    nlp: Language, source_lang: str, target_lang: str | None, annotator: Annotator | None
) -> Annotate:
    pair = _pair(nlp, source_lang, target_lang)
    return Annotate(
        annotator or defaults.build("annotator", defaults.choose_annotator(*pair)), pair[0]
    )


def _align(
    aligner: Aligner | None, same_language_aligner: Aligner | None, target_lang: str | None
) -> Align:
    return Align(
        aligner or defaults.build("aligner", defaults.choose_aligner()),
        same_language_aligner=same_language_aligner,
        target_lang=target_lang,
    )


def _propose(candidates: CandidateGenerator | None, measure: Measure | None) -> Propose:
    return Propose(
        candidates or defaults.build("candidates", defaults.choose_candidates()),
        measure or defaults.build("measure", defaults.choose_measure()),
    )


def _match(matcher: Matcher | None, overwrite: bool) -> Match:
    return Match(matcher or defaults.build("matcher", defaults.choose_matcher()), overwrite)
