"""`xlner evaluate consistency`: what a pipeline finds in parallel texts, compared across languages.

There is no published figure of this for NER. The definitions are ours; weakness follows that of
arXiv 2505.18673, on cross-lingual weaknesses of language models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tqdm import tqdm

from ..corpus.conll import GoldSentence
from ..corpus.detokenize import to_doc
from ..errors import InputError
from ..pipeline.component import go_on_after_failures
from ..text.languages import check_language
from .metrics import TokenEntity, only, score, token_entities
from .projection import BATCH, Parallel, given, read_parallel


class Side(NamedTuple):
    """One language of parallel sentences: its gold entities and those that were found, sentence by sentence."""

    lang: str
    sentences: Sequence[GoldSentence]
    gold: list[set[TokenEntity]]
    found: list[set[TokenEntity]]


def evaluate_consistency(
    target_pipeline: Language,
    source_pipeline: Language,
    target_file: Path,
    source_files: Mapping[str, Path],
    lang: str,
    *,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Compare what is found in texts with what is found in their translations.

    For each source language:

    - `labels`: F1 between the labels that the two sides have in a sentence, counted, wherever the
      entities are.
    - `mentions`: F1 of exact spans and labels between the source's entities, projected, and the
      target's.
    - `weakness`: of the entities that both annotations have, and that are found in the source,
      the share that is not found in the target; `mirror`: the other way round.

    `gold` is what gold entities have in the place of those that are found: annotations of two languages
    differ, too.

    target_pipeline, source_pipeline (Language): They find entities in the texts, and in the
        translations.
    target_file (Path), source_files (Mapping): As in `evaluate_projection`.
    RETURNS (dict): These figures by source language, with the F1 of each side against gold.
    RAISES: InputError if a file cannot be read or two files are not parallel.
    """
    lang = check_language(lang)
    result: dict[str, Any] = {}
    for code, file in source_files.items():
        rows, left_out = read_parallel(target_file, {code: file})
        rows = rows[:limit]
        if not rows:
            raise InputError(f"{file} has no sentence of {target_file}.")
        code = check_language(code)
        target = _side(target_pipeline, [row.target for row in rows], lang, labels, quiet)
        source = _side(source_pipeline, [row.sources[code] for row in rows], code, labels, quiet)
        result[code] = {**compare_sides(source, target, rows), "left_out": left_out}
    return result


def _side(
    nlp: Language,
    sentences: Sequence[GoldSentence],
    lang: str,
    labels: list[str] | None,
    quiet: bool,
) -> Side:
    go_on_after_failures(nlp)
    texts = (to_doc(nlp.vocab, s.words, s.text, lang) for s in sentences)
    docs = tqdm(nlp.pipe(texts), total=len(sentences), unit="sent", desc=lang, disable=quiet)
    found = [only(token_entities(doc), labels) for doc in docs]
    return Side(lang, sentences, [only(s.entities, labels) for s in sentences], found)


def compare_sides(source: Side, target: Side, rows: Sequence[Parallel]) -> dict[str, Any]:
    """The figures of `evaluate_consistency` for one source language.

    rows: The sentences of both sides.
    """
    docs = [to_doc(Vocab(), row.target.words, row.target.text, target.lang) for row in rows]
    gold, found = (_project(source, target, own) for own in (source.gold, source.found))
    return {
        "sentences": len(rows),
        "labels": {
            "f1": _f1_of_labels(source.found, target.found),
            "gold": _f1_of_labels(source.gold, target.gold),
        },
        "mentions": {
            "f1": score(docs, [set(pairs.values()) for pairs in found], target.found)["f1"],
            "gold": score(docs, [set(pairs.values()) for pairs in gold], target.gold)["f1"],
        },
        **_weakness(source, target, gold),
        "source_f1": score(
            [to_doc(Vocab(), s.words, s.text, source.lang) for s in source.sentences],
            source.found,
            source.gold,
        )["f1"],
        "target_f1": score(docs, target.found, target.gold)["f1"],
    }


def _project(
    source: Side, target: Side, entities: Sequence[set[TokenEntity]]
) -> list[dict[TokenEntity, TokenEntity]]:
    """Give the translations these entities, and see where the default projector places them: for
    each sentence the entities of the target by those of the source."""
    nlp = spacy.blank("xx")
    languages = {"source_langs": [source.lang], "target_lang": target.lang}
    nlp.add_pipe("xl_projector", config={**languages, "own_voice": False})
    docs = [
        given(nlp, own, {source.lang: replace(other, entities=sorted(known))}, target.lang)
        for own, other, known in zip(target.sentences, source.sentences, entities, strict=True)
    ]
    return [_pairs(doc) for doc in nlp.pipe(docs, batch_size=BATCH)]


def _pairs(doc: Doc) -> dict[TokenEntity, TokenEntity]:
    entities = doc._.xl_translations[0]["entities"]
    known = {ent["start_char"]: (ent["start"], ent["end"], ent["label"]) for ent in entities}
    return {
        known[placed["source"]["start_char"]]: (placed["start"], placed["end"], placed["label"])
        for placed in doc._.xl_entities
    }


def _f1_of_labels(one: Iterable[set[TokenEntity]], other: Iterable[set[TokenEntity]]) -> float:
    shared = total = 0
    for first, second in zip(one, other, strict=True):
        labels = [Counter(label for *_, label in side) for side in (first, second)]
        shared += (labels[0] & labels[1]).total()
        total += labels[0].total() + labels[1].total()
    return round(2 * shared / total, 4) if total else 0.0


def _weakness(
    source: Side, target: Side, gold: Sequence[dict[TokenEntity, TokenEntity]]
) -> dict[str, Any]:
    """Of the gold entities of both sides that are each other's, what one side misses."""
    in_source = in_target = in_both = shared = 0
    for pairs, wanted, heard, found in zip(
        gold, target.gold, source.found, target.found, strict=True
    ):
        for entity, place in pairs.items():
            if place in wanted:
                shared += 1
                in_source += entity in heard
                in_target += place in found
                in_both += entity in heard and place in found
    return {
        "weakness": round(1 - in_both / in_source, 4) if in_source else None,
        "mirror": round(1 - in_both / in_target, 4) if in_target else None,
        "shared": shared,
    }
