"""`xlner evaluate projection`: gold entities projected onto gold parallel sentences."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span
from tqdm import tqdm

from ..about import __version__
from ..corpus.conll import GoldSentence
from ..corpus.detokenize import to_doc
from ..document.give import give_translation
from ..pipeline.component import StageComponent
from ..text.languages import check_language, tokenizer
from .corpora import read_pairs
from .metrics import confidence_auc, interval, losses, only, score, token_entities

BATCH = 256
# Components that have no work where gold translations and entities are given.
_NOT_FOR_PROJECTION = ("xl_translator", "xl_annotator")


class Parallel(NamedTuple):
    """A target sentence and its translations, by language."""

    target: GoldSentence
    sources: dict[str, GoldSentence]


def evaluate_projection(
    nlp: Language,
    target_file: Path,
    source_files: Mapping[str, Path],
    lang: str,
    *,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Project gold source entities onto gold parallel sentences; score against gold.

    nlp (Language): A pipeline that projects; it neither translates nor annotates here.
    target_file (Path): A two-column CoNLL or UNER file.
    source_files (Mapping): The same sentences in other languages, by language code. Sentences are
        joined by `sent_id` where both files have them, otherwise by their place.
    lang (str): The language of the target file.
    labels (list): Score these labels only, on both sides.
    limit (int): Only the first sentences, so many.
    RETURNS (dict): `precision`, `recall`, `f1`, `per_type`, `unlabelled`, `interval`, `counts`,
        `losses`, `confidence_auc`, `seconds` of each stage and `settings`.
    RAISES: InputError if a file cannot be read or two files are not parallel.
    """
    lang = check_language(lang)
    rows, left_out = read_parallel(target_file, source_files)
    rows = rows[:limit]
    without_translation(nlp)
    docs = [given(nlp, row.target, row.sources, lang) for row in rows]
    gold = [only(row.target.entities, labels) for row in rows]
    started = time.perf_counter()
    bar = tqdm(nlp.pipe(docs, batch_size=BATCH), total=len(docs), unit="sent", disable=quiet)
    docs = list(bar)
    total = time.perf_counter() - started
    found = [only(token_entities(doc), labels) for doc in docs]
    result = score(docs, found, gold)
    result["interval"] = interval(found, gold)
    result["counts"]["sentences"] = len(docs)
    result["counts"]["left_out"] = left_out
    result["counts"]["source_entities"] = sum(
        len(source.entities) for row in rows for source in row.sources.values()
    )
    result["confidence_auc"] = confidence_auc(docs, gold)
    result["losses"] = losses(docs)
    result["seconds"] = {**stage_seconds(nlp), "total": round(total, 3)}
    result["settings"] = {
        "task": "projection",
        "target": str(target_file),
        "sources": {code: str(path) for code, path in source_files.items()},
        "lang": lang,
        "labels": labels,
        "version": __version__,
        "components": dict(nlp.config["components"]),
    }
    return result


def without_translation(nlp: Language) -> None:
    """Disable the components that would translate and annotate again."""
    for name in list(nlp.pipe_names):
        if nlp.get_pipe_meta(name).factory in _NOT_FOR_PROJECTION:
            nlp.disable_pipe(name)


def given(
    nlp: Language, target: GoldSentence, sources: Mapping[str, GoldSentence], lang: str
) -> Doc:
    """A gold sentence as a Doc that is given its translations with their gold entities."""
    doc = to_doc(nlp.vocab, target.words, target.text, lang)
    for code, source in sources.items():
        translation = to_doc(tokenizer(code).vocab, source.words, source.text, code)
        translation.ents = [Span(translation, *entity) for entity in source.entities]
        give_translation(doc, translation, lang=code)
    return doc


def stage_seconds(nlp: Language) -> dict[str, float]:
    """The seconds that each stage of a pipeline took so far, and the parts of an aligner's."""
    seconds: dict[str, float] = {}
    for _, component in nlp.pipeline:
        if not isinstance(component, StageComponent):
            continue
        for stage in component.stages:
            took = component.seconds[stage.name]
            seconds[stage.name] = round(seconds.get(stage.name, 0.0) + took, 3)
            parts = getattr(getattr(stage, "aligner", None), "seconds", {})
            seconds.update({f"align.{part}": round(value, 3) for part, value in parts.items()})
    return seconds


def read_parallel(
    target_file: Path, source_files: Mapping[str, Path]
) -> tuple[Sequence[Parallel], int]:
    """The target sentences that have a translation, in order, and how many sentences have no
    partner."""
    rows: dict[object, Parallel] = {}
    left_out = 0
    for code, file in source_files.items():
        pairs, alone = read_pairs(file, target_file)
        left_out += alone
        for number, (source, target) in enumerate(pairs):
            row = rows.setdefault(target.sent_id or number, Parallel(target, {}))
            row.sources[check_language(code)] = source
    return list(rows.values()), left_out
