"""The embedded recogniser by engine: how fast, and what speed costs in F1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from xlner_spacy.annotators.recogniser import Recogniser
from xlner_spacy.evaluation.model import evaluate_model

from .given import DATA, ENGINES, afresh, portuguese
from .quality import PUD
from .timing import in_turns, rate, ratios

CONFIG = Path(__file__).parents[2] / "configs" / "recogniser.cfg"
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
            "f1": {lang: _f1(engine, lang) for lang in LANGUAGES},
        }
        for engine in parts
    }


def _f1(engine: str, lang: str) -> float:
    engines = {"components.xl_transfer.annotator.engine": engine}
    gold = DATA / PUD.format(lang)
    result = evaluate_model([str(CONFIG)], gold, lang, overrides=engines, quiet=True)
    return round(float(result["f1"]), 4)
