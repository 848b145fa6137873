"""`xlner benchmark model`: trained pipelines, alone or together, against gold."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..about import __version__
from ..corpus.detokenize import same_tokens
from ..corpus.gold import read_gold
from ..errors import InputError
from ..text.languages import check_language, tokenizer
from .metrics import TokenEntity, only, score, token_entities

RESAMPLES = 1000
WRONG = 50  # texts with errors that are kept to be looked at

Loader = Callable[[str], Language]


def benchmark_model(
    models: Sequence[str],
    gold_file: Path,
    lang: str,
    *,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
    load: Loader = spacy.load,
) -> dict[str, Any]:
    """Score the entities that pipelines find in the texts of a gold corpus, on its tokens.

    models: Names or folders of pipelines. The entities of the first are taken, then those
        of the others that do not overlap what is there: an ensemble for recall.
    gold_file: A labelled file of any format that `read_gold` reads.
    labels: Score these only, on both sides.
    limit: Only the first so many texts.
    load: How a name becomes a pipeline.
    RETURNS: As of `benchmark_projection`, and `interval` (95%, of F1, by bootstrap over texts),
        `confusion` and `wrong` (texts with errors).
    RAISES: InputError if a pipeline or the gold file cannot be read.
    """
    reader = tokenizer(check_language(lang))
    gold_docs = []
    for doc in read_gold(gold_file, reader, lang):
        gold_docs.append(doc)
        if len(gold_docs) == limit:
            break
    gold = [only(token_entities(doc), labels) for doc in gold_docs]
    started = time.perf_counter()
    found: list[set[TokenEntity]] = [set() for _ in gold_docs]
    for name in models:
        entities = _predict(_loaded(name, load), gold_docs, quiet)
        found = [together(old, only(new, labels)) for old, new in zip(found, entities, strict=True)]
    seconds = time.perf_counter() - started
    result = score(found, gold)
    result["counts"]["sentences"] = len(gold_docs)
    result["interval"] = interval(found, gold)
    result["confusion"] = confusion(found, gold)
    result["wrong"] = _wrong(gold_docs, found, gold)
    result["seconds"] = {"total": round(seconds, 3)}
    result["settings"] = {
        "task": "model",
        "models": list(models),
        "gold": str(gold_file),
        "labels": labels,
        "version": __version__,
    }
    return result


def together(first: set[TokenEntity], second: Iterable[TokenEntity]) -> set[TokenEntity]:
    """All of the first, and those of the second that do not overlap them."""
    taken = {word for start, end, _ in first for word in range(start, end)}
    return first | {e for e in second if taken.isdisjoint(range(e[0], e[1]))}


def interval(
    found: Sequence[set[TokenEntity]], gold: Sequence[set[TokenEntity]], seed: int = 0
) -> list[float]:
    """The 95% interval of F1: percentiles over bootstrap resamples of the texts."""
    counts = np.array(
        [[len(f & g), len(f), len(g)] for f, g in zip(found, gold, strict=True)], dtype=float
    ).reshape(-1, 3)
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES):
        correct, predicted, wanted = counts[rng.integers(0, len(counts), len(counts))].sum(axis=0)
        scores.append(2 * correct / max(predicted + wanted, 1.0))
    low, high = np.percentile(scores, [2.5, 97.5])
    return [round(float(low), 4), round(float(high), 4)]


def confusion(
    found: Iterable[set[TokenEntity]], gold: Iterable[set[TokenEntity]]
) -> dict[str, dict[str, int]]:
    """What became of each gold entity, by label: the label found on just its words, "other
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


def _loaded(name: str, load: Loader) -> Language:
    try:
        return load(name)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{name!r} is not a pipeline that can be loaded: {error}",
            hint="Give the folder that `spacy train` wrote (training/model-last) or the name of an "
            "installed package.",
        ) from error


def _predict(nlp: Language, docs: Sequence[Doc], quiet: bool) -> list[set[TokenEntity]]:
    texts = (same_tokens(doc, nlp.vocab) for doc in docs)
    bar = tqdm(nlp.pipe(texts), total=len(docs), unit="text", disable=quiet)
    return [token_entities(doc) for doc in bar]


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
