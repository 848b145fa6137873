"""The embedded recogniser by engine: how fast, and what speed costs in F1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import spacy

from xlner_spacy.annotators.recogniser import Recogniser
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.evaluation.metrics import score, token_entities

from .given import DATA, ENGINES, afresh, portuguese
from .timing import in_turns, rate, ratios

PUD = "uner_pud/{}_pud-ud-test.iob2"
LANGUAGES = ("en", "pt", "de", "zh")
BATCH = 256


def recognising(count: int, repeats: int) -> dict[str, Any]:
    """`xl_transfer` on so many Portuguese texts by engine, and F1 on UNER-PUD."""
    texts = portuguese(count)
    parts = {engine: Recogniser(engine=engine) for engine in ENGINES}
    for part in parts.values():
        part(texts[:4])
        afresh(part)
    runs: dict[str, Callable[[], Any]] = {
        engine: lambda part=part: [part(texts[n : n + BATCH]) for n in range(0, len(texts), BATCH)]
        for engine, part in parts.items()
    }
    took, _ = in_turns(runs, repeats)
    return {
        engine: {
            "texts_a_second": rate(len(texts), took[engine]),
            "times_torch": ratios(took["torch"], took[engine]),
            "f1": {lang: _f1(part, lang) for lang in LANGUAGES},
        }
        for engine, part in parts.items()
    }


def _f1(part: Recogniser, lang: str) -> float:
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_transfer", config={"target_lang": lang}).use(annotator=part)
    docs = list(read_gold(DATA / PUD.format(lang), nlp, lang))
    gold = [token_entities(doc) for doc in docs]
    for doc in docs:
        doc.ents = ()
    found = [token_entities(doc) for doc in nlp.pipe(docs, batch_size=BATCH)]
    return round(float(score(docs, found, gold)["f1"]), 4)
