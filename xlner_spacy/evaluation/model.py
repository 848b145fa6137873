"""`xlner evaluate model`: pipelines, alone or together, against gold texts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from ..about import __version__
from ..corpus.gold import read_gold
from ..corpus.texts import given_translations
from ..document.placing import Ground, settle
from ..document.records import PLACED
from ..errors import InputError
from ..text.languages import check_language, tokenizer
from ..types import Ballot, Poll
from ..voters.priority import Priority
from .metrics import TokenEntity, add_losses, interval, only, score, token_entities
from .predicting import load_to_measure, predict
from .projection import stage_seconds

WRONG = 50  # texts with errors that are kept to be looked at


def evaluate_model(
    pipelines: Sequence[str],
    gold_file: Path,
    lang: str,
    *,
    source_langs: Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> dict[str, Any]:
    """Score the entities that pipelines find in the texts of a gold corpus, on its tokens.

    Translations that a .jsonl file brings along ("translation", "translations") are used by
    pipelines that project.

    pipelines: Packages, folders or configs (.cfg). The entities of the first are taken, then
        those of the others that do not overlap them: an ensemble for recall. None at all: the
        default pipeline of the language.
    gold_file (Path): A labelled file of any format that `read_gold` reads.
    lang (str): The language of the texts.
    source_langs (Sequence): The languages of the translations, where a pipeline leaves them open.
    overrides (Mapping): Settings of the one pipeline to replace, by their names with dots.
    labels (list): Score these only, on both sides.
    limit (int): Only the first texts, so many.
    RETURNS (dict): `precision`, `recall`, `f1`, `per_type`, `unlabelled`, `counts`, `interval`
        (95%, of F1, by bootstrap over texts), `confusion`, `wrong` (texts with errors), `losses`,
        `seconds` and `settings`.
    RAISES: InputError if a pipeline or the gold file cannot be read.
    """
    if overrides and len(pipelines) > 1:
        raise InputError(
            f"{', '.join(overrides)}: settings can be changed for one pipeline at a time.",
            hint="Write the change into the config that it is meant for.",
        )
    lang = check_language(lang)
    gold_docs = list(islice(read_gold(gold_file, tokenizer(lang), lang), limit))
    gold = [only(token_entities(doc), labels) for doc in gold_docs]
    given = given_translations(gold_file, (source_langs or ["en"])[0])[:limit]
    started = time.perf_counter()
    entities: list[list[set[TokenEntity]]] = []
    losses: dict[str, Counter] = {k: Counter() for k in ("unplaced", "problems", "dropped")}
    seconds: dict[str, float] = {}
    names: Sequence[str | None] = pipelines or [None]
    for name in names:
        nlp = load_to_measure(name, lang, source_langs, overrides)
        docs = predict(nlp, gold_docs, given, quiet=quiet)
        entities.append([only(token_entities(doc), labels) for doc in docs])
        for doc in docs:
            add_losses(losses, doc)
        for stage, took in stage_seconds(nlp).items():
            seconds[stage] = round(seconds.get(stage, 0.0) + took, 3)
    found = together(entities)
    seconds["total"] = round(time.perf_counter() - started, 3)
    result = score(gold_docs, found, gold)
    result["counts"]["sentences"] = len(gold_docs)
    result["interval"] = interval(found, gold)
    result["confusion"] = confusion(found, gold)
    result["wrong"] = _wrong(gold_docs, found, gold)
    result["losses"] = {kind: dict(counter) for kind, counter in losses.items()}
    result["seconds"] = seconds
    result["settings"] = {
        "task": "model",
        "models": list(pipelines) or ["default"],
        "gold": str(gold_file),
        "lang": lang,
        "labels": labels,
        "overrides": dict(overrides or {}),
        "version": __version__,
    }
    return result


def together(entities: Sequence[Sequence[set[TokenEntity]]]) -> list[set[TokenEntity]]:
    """Of each text, the entities of the first pipeline, and those of the others as far as there
    is room.

    entities: Of each pipeline, the entities of each text.
    """
    weights = {str(n): 1.0 for n in range(len(entities))}
    polls = []
    for row in zip(*entities, strict=True):
        ballots = [
            Ballot(str(n), start, end, label, 1.0)
            for n, own in enumerate(row)
            for start, end, label in own
        ]
        polls.append(Poll(ballots, weights))
    return [
        {(v.start, v.end, v.label) for v in settle(votes, Ground()) if v.outcome == PLACED}
        for votes in Priority()(polls)
    ]


def confusion(
    found: Iterable[set[TokenEntity]], gold: Iterable[set[TokenEntity]]
) -> dict[str, dict[str, int]]:
    """The fate of each gold entity, by label: the label found on exactly its words, "other
    words" if what was found overlaps it, or "not found". The row "no entity" has what was
    found where nothing is."""
    table: dict[str, Counter] = {}
    for predicted, wanted in zip(found, gold, strict=True):
        by_span = {e[:2]: e[2] for e in predicted}
        for start, end, label in wanted:
            overlaps = any(s < end and start < e for s, e in by_span)
            fate = by_span.get((start, end)) or ("other words" if overlaps else "not found")
            table.setdefault(label, Counter())[fate] += 1
        for start, end, label in predicted:
            if not any(s < end and start < e for s, e, _ in wanted):
                table.setdefault("no entity", Counter())[label] += 1
    return {label: dict(sorted(table[label].items())) for label in sorted(table)}


def _wrong(
    docs: Sequence[Doc], found: Sequence[set[TokenEntity]], gold: Sequence[set[TokenEntity]]
) -> list[dict[str, Any]]:
    texts: list[dict[str, Any]] = []
    for doc, predicted, wanted in zip(docs, found, gold, strict=True):
        if predicted != wanted and len(texts) < WRONG:
            texts.append(
                {
                    "text": doc.text,
                    "gold": _offsets(doc, wanted),
                    "found": _offsets(doc, predicted),
                }
            )
    return texts


def _offsets(doc: Doc, entities: Iterable[TokenEntity]) -> list[dict[str, Any]]:
    spans = [(doc[start:end], label) for start, end, label in sorted(entities)]
    return [{"start": s.start_char, "end": s.end_char, "label": label} for s, label in spans]
