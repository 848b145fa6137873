"""The benchmarks behind `xlner benchmark`: gold projection, and translate-test."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from catalogue import RegistryError
from spacy.language import Language
from spacy.tokens import Doc, Span
from thinc.api import ConfigValidationError
from tqdm import tqdm

from ..about import __version__
from ..corpus.conll import GoldSentence, read_conll
from ..corpus.detokenize import to_doc
from ..document.give import give_translation
from ..errors import InputError
from ..pipeline import defaults
from ..pipeline.component import StageComponent
from ..text.languages import blank, check_language, tokenizer
from .corpora import read_pairs
from .methods import BASELINE_ALIGNER, BASELINES, matching_config
from .metrics import confidence_auc, losses, only, score, token_entities

logger = logging.getLogger(__name__)

BATCH = 256


def benchmark_projection(
    source_file: Path,
    target_file: Path,
    source_lang: str,
    target_lang: str,
    *,
    matcher: str | None = None,
    measure: str | None = None,
    config: dict[str, Any] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Project gold source entities onto gold parallel sentences; score against gold.

    source_file, target_file: Two-column CoNLL or UNER files. Sentences are joined by
        `sent_id` where both files have them, else the k-th is the translation of the k-th.
    matcher, measure: Names of `xlner_spacy.evaluation.methods`. If both are None, the default is
        measured and the baselines beside it: on SimAlign's links, or on the same links if
        the config names an aligner.
    config: Blocks of `xl_projector`; what is left out is the default. matcher and measure,
        where given, replace its candidates, measure and matcher.
    limit: Only the first so many sentence pairs.
    RETURNS: `precision`, `recall`, `f1`, `per_type`, `unlabelled`, `counts`, `losses`,
        `confidence_auc`, `seconds` per stage, `settings`, and `beside`: the baselines'
        figures.
    RAISES: InputError if a file cannot be read or the two are not parallel.
    """
    pairs, left_out = read_pairs(source_file, target_file)
    pairs = pairs[:limit]
    nlp = blank(check_language(target_lang))
    languages = {"source_lang": source_lang, "target_lang": target_lang}
    blocks = {**_blocks(config, matcher, measure), **languages}
    projector = _add_projector(nlp, blocks)
    docs = [given_pair(nlp, source, target, source_lang, target_lang) for source, target in pairs]
    gold = [set(target.entities) for _, target in pairs]
    started = time.perf_counter()
    _run(projector, docs, quiet)
    result = score([token_entities(doc) for doc in docs], gold)
    result["counts"]["sentences"] = len(pairs)
    result["counts"]["left_out"] = left_out
    result["counts"]["source_entities"] = sum(len(source.entities) for source, _ in pairs)
    result["confidence_auc"] = confidence_auc(docs, gold)
    result["losses"] = losses(docs)
    result["seconds"] = _seconds(projector, time.perf_counter() - started)
    result["settings"] = {
        "task": "projection",
        "source": str(source_file),
        "target": str(target_file),
        "version": __version__,
        **blocks,
    }
    if matcher is None and measure is None:
        if not (config or {}).get("aligner"):
            aligner = nlp.create_pipe("xl_aligner", config={"aligner": BASELINE_ALIGNER})
            _run(cast(StageComponent, aligner), docs, quiet)
        result["beside"] = {
            name: _beside(nlp, docs, gold, *method) for name, method in BASELINES.items()
        }
    return result


def benchmark_translate_test(
    gold_file: Path,
    source_lang: str,
    target_lang: str,
    *,
    config: dict[str, Any] | None = None,
    matcher: str | None = None,
    measure: str | None = None,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Translate gold sentences, find entities there, project them back, score.

    labels: Score these labels only, on both sides.
    Others, RETURNS and RAISES: as of `benchmark_projection`.
    """
    sentences = read_conll(gold_file)[:limit]
    nlp = blank(check_language(target_lang))
    source, target = check_language(source_lang), check_language(target_lang)
    blocks = {
        "translator": defaults.choose_translator(source, target).block,
        "annotator": defaults.choose_annotator(source, target).block,
        **_blocks(config, matcher, measure),
        "source_lang": source_lang,
        "target_lang": target_lang,
    }
    projector = _add_projector(nlp, blocks)
    docs = [to_doc(nlp.vocab, s.words, s.text, target_lang) for s in sentences]
    started = time.perf_counter()
    _run(projector, docs, quiet)
    gold = [only(s.entities, labels) for s in sentences]
    result = score([only(token_entities(doc), labels) for doc in docs], gold)
    result["counts"]["sentences"] = len(docs)
    result["counts"]["source_entities"] = sum(len(e) for d in docs for e in d._.xl_source_ents)
    result["losses"] = losses(docs)
    result["seconds"] = _seconds(projector, time.perf_counter() - started)
    result["settings"] = {
        "task": "translate-test",
        "gold": str(gold_file),
        "labels": labels,
        "version": __version__,
        **blocks,
    }
    return result


def _blocks(
    config: dict[str, Any] | None, matcher: str | None, measure: str | None
) -> dict[str, Any]:
    """What is used: named methods before the config's, the config's before the defaults."""
    blocks = {"aligner": defaults.choose_aligner().block, **matching_config(), **(config or {})}
    return {**blocks, **matching_config(matcher, measure)} if matcher or measure else blocks


def _add_projector(nlp: Language, blocks: dict[str, Any]) -> StageComponent:
    try:
        return cast(StageComponent, nlp.add_pipe("xl_projector", config=blocks))
    except (ConfigValidationError, RegistryError, TypeError, ValueError) as error:
        raise InputError(f"The config does not describe an xl_projector: {error}") from error


def given_pair(
    nlp: Language, source: GoldSentence, target: GoldSentence, source_lang: str, target_lang: str
) -> Doc:
    """A gold sentence as a Doc that is given its translation with the gold entities of that."""
    doc = to_doc(nlp.vocab, target.words, target.text, target_lang)
    translation = to_doc(tokenizer(source_lang).vocab, source.words, source.text, source_lang)
    translation.ents = [Span(translation, *entity) for entity in source.entities]
    return give_translation(doc, translation, lang=source_lang)


def _run(component: StageComponent, docs: Sequence[Doc], quiet: bool) -> None:
    bar: Iterable[Doc] = tqdm(
        component.pipe(iter(docs), batch_size=BATCH), total=len(docs), unit="sent", disable=quiet
    )
    for _ in bar:
        pass


def _beside(
    nlp: Language, docs: Sequence[Doc], gold: Sequence[set], matcher: str, measure: str
) -> dict[str, Any]:
    component = nlp.create_pipe("xl_matcher", config=matching_config(matcher, measure))
    _run(cast(StageComponent, component), docs, quiet=True)
    result = score([token_entities(doc) for doc in docs], gold)
    return {key: result[key] for key in ("precision", "recall", "f1", "per_type", "unlabelled")}


def _seconds(projector: StageComponent, total: float) -> dict[str, float]:
    seconds = {name: round(value, 3) for name, value in projector.seconds.items()}
    for stage in projector.stages:
        aligner = getattr(stage, "aligner", None)
        for part, value in getattr(aligner, "seconds", {}).items():
            seconds[f"align.{part}"] = round(value, 3)
    return {**seconds, "total": round(total, 3)}
