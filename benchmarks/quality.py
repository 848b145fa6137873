"""The figures of README.md and docs/results.md, measured in one run.

    XLNER_DATA=... python benchmarks/quality.py

writes benchmarks/results/quality.json and quality.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from xlner_spacy import load
from xlner_spacy.evaluation.model import evaluate_model
from xlner_spacy.evaluation.projection import evaluate_projection
from xlner_spacy.files import atomic_file

DATA = Path(os.environ["XLNER_DATA"])
EUROPARL = "europarl_ner/{}-europarl.test.conll02"
PUD = "uner_pud/{}_pud-ud-test.iob2"
PAIRS = [
    ("Europarl", EUROPARL, "de"),
    ("Europarl", EUROPARL, "es"),
    ("UNER-PUD", PUD, "pt"),
    ("UNER-PUD", PUD, "de"),
    ("UNER-PUD", PUD, "zh"),
]
METHODS = Path(__file__).parents[1] / "configs" / "methods"
BESIDE = {
    "heuristic": METHODS / "heuristic-simalign.cfg",
    "paper": METHODS / "ngrams-simalign.cfg",
}
GOLD = [
    ("UNER-PUD pt, 1000 sentences", PUD.format("pt")),
    ("UNER Portuguese-Bosque dev", "uner_portuguese_bosque/pt_bosque-ud-dev.iob2"),
]


def main() -> None:
    """Run everything and write both files."""
    projection = {}
    for corpus, files, lang in PAIRS:
        result = _project(files, lang, None)
        result["beside"] = {name: _project(files, lang, path) for name, path in BESIDE.items()}
        projection[f"{corpus} en-{lang}"] = result
    end_to_end = {name: _public(evaluate_model([], DATA / path, "pt")) for name, path in GOLD}
    folder = Path(__file__).parent / "results"
    figures = {"projection": projection, "translate-test": end_to_end}
    with atomic_file(folder / "quality.json") as file:
        file.write((json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode("utf8"))
    with atomic_file(folder / "quality.md") as file:
        file.write(_markdown(projection, end_to_end).encode("utf8"))


def _project(files: str, lang: str, config: Path | None) -> dict[str, Any]:
    source, target = DATA / files.format("en"), DATA / files.format(lang)
    nlp = load(config, lang=lang, source_langs=["en"])
    return _public(evaluate_projection(nlp, target, {"en": source}, lang))


def _public(result: dict[str, Any]) -> dict[str, Any]:
    """Without the paths of this machine."""
    settings = result["settings"]
    for key in ("target", "gold"):
        if key in settings:
            settings[key] = Path(settings[key]).name
    if "sources" in settings:
        settings["sources"] = {k: Path(v).name for k, v in settings["sources"].items()}
    return result


def _markdown(projection: dict[str, Any], end_to_end: dict[str, Any]) -> str:
    rows = [
        "| pair | default F1 | precision | recall | heuristic F1 | paper's score F1 | AUC of confidence "
        "| not placed | encoding s | matching s |",
        "| --- | " + "--- | " * 9,
    ]
    for name, r in projection.items():
        figures = [
            *(f"{r[key]:.4f}" for key in ("f1", "precision", "recall")),
            *(f"{r['beside'][key]['f1']:.4f}" for key in ("heuristic", "paper")),
            f"{r['confidence_auc']:.2f}",
            f"{sum(r['losses']['unplaced'].values())} of {r['counts']['source_entities']}",
            f"{r['seconds']['align.encode']:.1f}",
            f"{r['seconds']['match']:.2f}",
        ]
        rows.append(f"| {name} | " + " | ".join(figures) + " |")
    rows += ["", "| gold | F1 | PER | ORG | LOC | without labels |", "| --- | " + "--- | " * 5]
    for name, r in end_to_end.items():
        labels = [f"{r['per_type'][label]['f1']:.4f}" for label in ("PER", "ORG", "LOC")]
        figures = [f"{r['f1']:.4f}", *labels, f"{r['unlabelled']['f1']:.4f}"]
        rows.append(f"| {name} | " + " | ".join(figures) + " |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
