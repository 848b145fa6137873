"""What speed costs in quality: F1 of projected gold entities, by engine."""

from __future__ import annotations

from xlner_spacy import load
from xlner_spacy.evaluation.projection import evaluate_projection

from .given import DATA, ENGINES

EUROPARL = "europarl_ner/{}-europarl.test.conll02"
PUD = "uner_pud/{}_pud-ud-test.iob2"
CORPORA = {
    "Europarl de": (EUROPARL, "de"),
    "Europarl es": (EUROPARL, "es"),
    "UNER-PUD pt": (PUD, "pt"),
    "UNER-PUD de": (PUD, "de"),
    "UNER-PUD zh": (PUD, "zh"),
}


def quality() -> dict[str, dict[str, float]]:
    """F1 of the default on each engine: torch is what it was before there were others."""
    return {
        corpus: {engine: _f1(files, lang, engine) for engine in ENGINES}
        for corpus, (files, lang) in CORPORA.items()
    }


def _f1(files: str, lang: str, engine: str) -> float:
    engines = {"components.xl_projector.aligner.engine": engine}
    nlp = load(lang=lang, source_langs=["en"], overrides=engines)
    sources = {"en": DATA / files.format("en")}
    result = evaluate_projection(nlp, DATA / files.format(lang), sources, lang, quiet=True)
    return round(float(result["f1"]), 4)
