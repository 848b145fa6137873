"""The factories of components besides the main ones: `xl_back_translator`, which adds translations,
and `xl_transfer`, `xl_ensemble` and `xl_teachers`, which set Doc.ents in ways of their own.
"""

from __future__ import annotations

from typing import Any

from spacy.language import Language

from ..errors import SetupError
from ..settings import check_setting
from ..text.markers import MIN_SIMILARITY, STYLE
from ..types import Annotator, Translator, Voter
from ..voters.agreement import Agreement
from . import defaults
from .component import Scorer, StageComponent
from .factories import NER_SCORER, SCORE_WEIGHTS, language_pair, match_stage, propose_stage
from .stages.back_translate import BackTranslate, Keep
from .stages.ensemble import Ensemble
from .stages.members import Member, Method, OtherPipeline
from .stages.teach import Teach
from .stages.transfer import Transfer
from .written_out import default_part


@Language.factory(
    "xl_back_translator",
    requires=["doc._.xl_translations"],
    assigns=["doc._.xl_translations"],
    default_config={
        "source_lang": "en",
        "target_lang": None,
        "translator": None,
        "keep": "lost",
        "style": STYLE,
        "min_similarity": MIN_SIMILARITY,
        "max_words": 100,
    },
)
def make_back_translator(
    nlp: Language,
    name: str,
    source_lang: str,
    target_lang: str | None,
    translator: Translator | None,
    keep: Keep,
    style: str,
    min_similarity: float,
    max_words: int,
) -> StageComponent:
    """Translates the translations back, with their entities marked. Comes after `xl_annotator` and
    before `xl_projector`; that aligns the result with the text.

    source_lang (str): The language of the translations.
    target_lang (str): The language of the texts. None: the pipeline's.
    translator (Translator): From the source into the target language. None: as in
        `xl_translator`.
    keep (str): "lost": the first translation keeps the entities that were lost: their markers did
        not come back, or not round anything like them.
        "all": it keeps all, and votes with the back-translation. "none": it goes, and what was
        lost is in `Doc._.xl_problems`.
    style (str): The markers: "brackets", "parentheses" or "braces". Where a text has such
        characters of its own, others are taken.
    min_similarity (float): How alike (0 to 1) a marked span and the entity, translated
        alone, must be, or as it was. What is less alike is lost.
    max_words (int): Longer sentences are cut before they are translated.
    """
    source, target = language_pair(nlp, source_lang, target_lang)
    if translator is None:
        # Our source language is what this translator gives for texts in the other.
        choice = defaults.choose_translator(target, source)
        translator = default_part(nlp, name, ("translator",), choice)
    stage = BackTranslate(
        translator,
        target,
        keep=keep,
        style=style,
        min_similarity=min_similarity,
        max_words=max_words,
    )
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang)


@Language.factory(
    "xl_transfer",
    assigns=["doc._.xl_entities", "doc.ents"],
    default_score_weights=SCORE_WEIGHTS,
    default_config={
        "target_lang": None,
        "annotator": None,
        "overwrite": True,
        "scorer": NER_SCORER,
    },
)
def make_transfer(
    nlp: Language,
    name: str,
    target_lang: str | None,
    annotator: Annotator | None,
    overwrite: bool,
    scorer: Scorer | None,
) -> StageComponent:
    """Finds entities in the texts themselves, with an NER that knows their language: the
    baseline that projection is compared with.

    target_lang (str): The language of the texts. None: the pipeline's.
    annotator (Annotator): None: the embedded recogniser, which knows about a hundred languages;
        without the extra `offline` a multilingual model of the Hugging Face Hub.
    overwrite, scorer: As in `xl_matcher`.
    """
    if annotator is None:
        choice = defaults.choose_annotator(target_lang or nlp.lang or "xx")
        annotator = default_part(nlp, name, ("annotator",), choice)
    stage = Transfer(annotator, overwrite)
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang, scorer=scorer)


@Language.factory(
    "xl_ensemble",
    assigns=["doc.spans", "doc._.xl_entities", "doc.ents"],
    default_score_weights=SCORE_WEIGHTS,
    default_config={
        "target_lang": None,
        "pipelines": {},
        "methods": {},
        "weights": {},
        "voter": {"@xl_voters": "xlner.Rover.v1"},
        "overwrite": True,
        "scorer": NER_SCORER,
    },
)
def make_ensemble(
    nlp: Language,
    name: str,
    target_lang: str | None,
    pipelines: dict[str, str],
    methods: dict[str, dict[str, Any]],
    weights: dict[str, float],
    voter: Voter,
    overwrite: bool,
    scorer: Scorer | None,
) -> StageComponent:
    """Lets several methods and pipelines vote on the entities of each text.

    target_lang (str): The language of the texts, also for members whose .cfg leaves it open
        (with lang = "xx", as those in configs/methods/ do). None: the pipeline's.
    pipelines (dict): Name -> any pipeline with entities: a package's name, a folder, or a .cfg
        file. What upstream components have put on the Doc (translations, their entities and
        alignments) they get too, unless they project from another language.
    methods (dict): Name -> blocks `candidates`, `measure`, `matcher` and `voter`, as in
        `xl_matcher`, to be used on the Doc's own translations; needs `xl_translator`, `xl_annotator` and
        `xl_aligner` (or `xl_projector`) upstream.
    weights (dict): Name -> a number greater than 0; 1 for members that are not named.
    voter (Voter): How the members' entities are weighed and ordered (`@xl_voters`).
    overwrite, scorer: As in `xl_matcher`.
    """
    lang = target_lang or nlp.lang or "xx"
    members: dict[str, Member] = {
        key: OtherPipeline(key, path, lang) for key, path in pipelines.items()
    }
    for key in methods:
        if key in pipelines:
            raise SetupError(
                f"xl_ensemble: {key!r} names both a method and a pipeline; rename one."
            )
    for key, blocks in methods.items():
        extra = sorted(set(blocks) - {"candidates", "measure", "matcher", "voter"})
        wanted = "candidates, measure, matcher or voter"
        check_setting("xl_ensemble", key, extra, not extra, wanted)
        inside = ("methods", key)
        candidates, measure = blocks.get("candidates"), blocks.get("measure")
        propose = propose_stage(nlp, name, candidates, measure, inside)
        voter_inside = blocks.get("voter") or Agreement()
        match = match_stage(nlp, name, blocks.get("matcher"), voter_inside, True, inside)
        members[key] = Method(key, [propose, match])
    stage = Ensemble(members, weights, voter, overwrite)
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang, scorer=scorer)


@Language.factory(
    "xl_teachers",
    assigns=["doc.ents"],
    default_config={
        "target_lang": None,
        "teachers": {},
        "weights": {},
        "labels": None,
        "temperature": 0.5,
        "scorer": NER_SCORER,
    },
    default_score_weights=SCORE_WEIGHTS,
)
def make_teachers(
    nlp: Language,
    name: str,
    target_lang: str | None,
    teachers: dict[str, str],
    weights: dict[str, float],
    labels: dict[str, str] | None,
    temperature: float,
    scorer: Scorer | None,
) -> StageComponent:
    """Labels texts with what several pipelines believe of each token, to train a student on.

    target_lang (str): The language of the texts, also for teachers whose .cfg leaves it open. None: the
        pipeline's.
    teachers (dict): Name -> any pipeline with entities: a package's name, a folder, or a .cfg file.
    weights (dict): Name -> a number greater than 0; 1 for teachers that are not named.
    labels (dict): Label map of what they find; "" leaves a label out. None: labels stay as they are.
    temperature (float): Below 1, the student is to be surer than the teachers are on average: their mean to the power
        1 / temperature. `Doc.ents` and their confidence are the mean's.
    scorer: As in `xl_matcher`.
    RAISES: SetupError for a setting that cannot be.
    """
    lang = target_lang or nlp.lang or "xx"
    found = {key: OtherPipeline(key, path, lang, "teacher") for key, path in teachers.items()}
    stage = Teach(found, weights, labels, temperature)
    return StageComponent(nlp, name, [stage], redo=True, target_lang=target_lang, scorer=scorer)
