"""The recogniser, projection, and both voting: F1 and calibration (docs/results.md).

    XLNER_DATA=... python -m benchmarks.voices [--only PATTERN] [--limit N]

writes benchmarks/results/voices.json and voices.md. Systems: `transfer` (xl_transfer), `projection` (what is
found in the translations alone), `both` (the default), `bea` (both, by `xlner.BEA.v1` without a model), `plain`
(both, but a vote a label and span). Of masakha_parallel the first 250 sentences of each test set, with the human
translations; elsewhere the embedded translator is used where it knows the language, or transfer alone is measured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import spacy
import typer
from spacy.language import Language
from spacy.tokens import Doc, Span
from tqdm import tqdm

from benchmarks.domains import LABELS, TRANSFER_ALONE
from xlner_spacy import give_translation
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.evaluation.metrics import interval, score, token_entities
from xlner_spacy.files import atomic_file, write_json

PROJECT = Path(__file__).parents[1]
DATA = Path(os.environ.get("XLNER_DATA", "assets"))
RESULTS = Path(__file__).parent / "results"
FRENCH = ("wol", "bam", "mos", "bbj")  # their translations are French
FIRST = 250  # sentences of a language of masakha_parallel
SYSTEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "transfer": ("xl_transfer", {}),
    "projection": ("xl_projector", {"own_voice": False}),
    "both": ("xl_projector", {"own_voice": True}),
    "bea": ("xl_projector", {"own_voice": True, "voter": {"@xl_voters": "xlner.BEA.v1"}}),
    "plain": ("xl_projector", {"own_voice": True, "voter": {"@xl_voters": "xlner.Agreement.v1"}}),
}


class Gold(NamedTuple):
    """A labelled file."""

    name: str
    lang: str
    file: Path
    systems: tuple[str, ...] = ("transfer",)
    source_lang: str = "en"  # of the translations


def golds() -> Iterator[Gold]:
    """All that is measured."""
    every = tuple(SYSTEMS)
    yield Gold("pud-pt", "pt", DATA / "uner_pud/pt_pud-ud-test.iob2", every)
    yield Gold("bosque-dev", "pt", DATA / "uner_portuguese_bosque/pt_bosque-ud-dev.iob2", every)
    yield Gold("assets", "pt", PROJECT / "assets/gold.pt.jsonl", every)
    for lang in ["lug", "luo", "pcm", "tsn", "wol", "bam", "mos", "bbj"]:
        file = DATA / f"masakha_parallel/{lang}.test.jsonl"
        yield Gold(f"masakha-{lang}", lang, file, every, "fr" if lang in FRENCH else "en")
    for name, lang, file in TRANSFER_ALONE:
        yield Gold(name, lang, DATA / file)


def read(gold: Gold, nlp: Language, limit: int | None) -> list[Doc]:
    """The texts with their gold entities, and the human translation where there is one."""
    docs = list(read_gold(gold.file, nlp, gold.lang))
    for doc in docs:
        doc.ents = [
            Span(doc, ent.start, ent.end, LABELS[ent.label_])
            for ent in doc.ents
            if ent.label_ in LABELS
        ]
    if gold.name.startswith("masakha-"):
        lines = gold.file.read_text("utf8").splitlines()
        records = [json.loads(line) for line in lines if line.strip()]
        for doc, record in zip(docs[:FIRST], records, strict=False):
            give_translation(doc, record["translation"], lang=record["lang"])
        docs = docs[:FIRST]
    return docs[:limit]


def measure(gold: Gold, system: str, limit: int | None) -> dict[str, Any]:
    """F1, its interval, F1 without labels, and the expected calibration error."""
    factory, config = SYSTEMS[system]
    nlp = spacy.blank("pt" if gold.lang == "pt" else "xx")
    languages = {"target_lang": gold.lang}
    if factory == "xl_projector":
        languages["source_langs"] = [gold.source_lang]
    nlp.add_pipe(factory, config={**config, **languages})
    return scores(nlp, read(gold, nlp, limit), f"{gold.name} {system}")


def scores(nlp: Language, docs: list[Doc], name: str) -> dict[str, Any]:
    """The same of any pipeline, on texts with their gold entities."""
    wanted = [token_entities(doc) for doc in docs]
    for doc in docs:
        doc.ents = ()
    found = list(tqdm(nlp.pipe(docs), total=len(docs), desc=name, disable=None))
    entities = [token_entities(doc) for doc in found]
    result = score(docs, entities, wanted)
    sure = [
        (ent._.xl_confidence, (ent.start, ent.end, ent.label_) in right)
        for doc, right in zip(found, wanted, strict=True)
        for ent in doc.ents
        if ent._.xl_confidence is not None
    ]
    return {
        "f1": round(result["f1"], 4),
        "interval": [round(end, 4) for end in interval(entities, wanted)],
        "spans": round(result["unlabelled"]["f1"], 4),
        "ece": round(calibration_error(sure), 4),
        "sentences": len(docs),
        "counts": result["counts"],
    }


def calibration_error(sure: list[tuple[float, bool]], bins: int = 10) -> float:
    """The expected calibration error (Guo et al. 2017): the mean distance of confidence and share
    of right ones, over bins of equal width."""
    if not sure:
        return float("nan")
    confidence, right = np.array(sure, dtype=float).T
    of_bin = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[of_bin == b].mean() - right[of_bin == b].mean()) * (of_bin == b).mean()
        for b in np.unique(of_bin)
    ]
    return float(sum(gaps))


def markdown(results: dict[str, dict[str, Any]]) -> str:
    """A row a file, a column a system."""
    rows = ["| gold | " + " | ".join(SYSTEMS) + " | ECE transfer | ECE both |"]
    rows.append("| --- | " + "--- | " * (len(SYSTEMS) + 2))
    for name, found in results.items():
        cells = [
            f"{found[s]['f1']:.4f} ({found[s]['spans']:.3f})" if s in found else "" for s in SYSTEMS
        ]
        errors = [f"{found[s]['ece']:.3f}" if s in found else "" for s in ("transfer", "both")]
        rows.append(f"| {name} | " + " | ".join([*cells, *errors]) + " |")
    return "\n".join(rows) + "\n"


def main(
    only: Annotated[str, typer.Option(help="Names of gold files, with * and ?.")] = "*",
    limit: Annotated[int | None, typer.Option(help="Only the first texts of each.")] = None,
    output: Annotated[Path, typer.Option(help="Where both files go.")] = RESULTS,
) -> None:
    """Measure; what is in the output of an earlier run is not measured again."""
    output.mkdir(parents=True, exist_ok=True)
    kept = output / "voices.json"
    results: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.is_file() else {}
    for gold in golds():
        for system in gold.systems:
            if not fnmatch(gold.name, only) or system in results.get(gold.name, {}):
                continue
            results.setdefault(gold.name, {})[system] = measure(gold, system, limit)
            write_json(kept, results)
    with atomic_file(output / "voices.md") as file:
        file.write(markdown(results).encode())


if __name__ == "__main__":
    typer.run(main)
