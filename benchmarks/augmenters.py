"""What each augmenter brings with little gold data (docs/results.md).

    XLNER_DATA=... python -m benchmarks.augmenters [--sentences 200] [--seeds 3] [--steps 600] [--only PATTERN]

writes benchmarks/results/augmenters.json and augmenters.md. The model of configs/ner_cpu.cfg learns from
sentences of Bosque train, drawn at random for each seed, in so many steps whatever the augmenter; the model of
the last step is measured on Bosque dev, as it is and as the augmenter changes it.
"""

from __future__ import annotations

import json
import logging
import os
import random
import statistics
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config

from xlner_spacy.corpus.detokenize import same_tokens
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.files import atomic_file, write_json

PROJECT = Path(__file__).parents[1]
BOSQUE = Path(os.environ.get("XLNER_DATA", "assets")) / "uner_portuguese_bosque"
RESULTS = Path(__file__).parent / "results"


def part(name: str, **settings: Any) -> dict[str, Any]:
    """The config block of an augmenter."""
    return {"@augmenters": f"xlner.{name}.v1", **settings}


def several(**augmenters: dict[str, Any]) -> dict[str, Any]:
    """The config block of several."""
    return part("Several", augmenters=augmenters)


METHODS: dict[str, dict[str, Any] | None] = {
    "none": None,
    "MentionReplacement": part("MentionReplacement"),
    "MentionReplacement, 3 copies": part("MentionReplacement", copies=3),
    "TokenReplacement": part("TokenReplacement"),
    "SegmentShuffling": part("SegmentShuffling"),
    "these three": several(
        names=part("MentionReplacement"),
        words=part("TokenReplacement"),
        order=part("SegmentShuffling"),
    ),
    "SentenceJoining": part("SentenceJoining"),
    "LetterCase": part("LetterCase"),
    "NoDiacritics": part("NoDiacritics"),
    "KeyboardTypos": part("KeyboardTypos"),
    "OCRNoise": part("OCRNoise"),
    "NoPunctuation": part("NoPunctuation"),
}
# Dev as an augmenter changes it, all of it, in another draw than that of training.
CHANGED = {
    "lower case": ("LetterCase", part("LetterCase", forms=["lower"])),
    "upper case": ("LetterCase", part("LetterCase", forms=["upper"])),
    "no diacritics": ("NoDiacritics", part("NoDiacritics")),
    "typos": ("KeyboardTypos", part("KeyboardTypos")),
    "OCR": ("OCRNoise", part("OCRNoise")),
    "no punctuation": ("NoPunctuation", part("NoPunctuation")),
    "joined": ("SentenceJoining", part("SentenceJoining")),
}


def make(block: dict[str, Any]) -> Any:
    """An augmenter of its config block."""
    return spacy.registry.resolve({"part": block})["part"]


def examples(name: str) -> list[Example]:
    """The sentences of a split, on gold tokens."""
    nlp = spacy.blank("pt")
    docs = read_gold(BOSQUE / f"pt_bosque-ud-{name}.iob2", nlp, "pt")
    return [Example(same_tokens(doc, nlp.vocab), doc) for doc in docs]


def tests() -> dict[str, list[Example]]:
    """Dev as it is, and changed."""
    dev = examples("dev")
    found = {"as it is": dev}
    nlp = spacy.blank("pt")
    for name, (_, block) in CHANGED.items():
        augmenter = make({**block, "level": 1.0, "keep_original": False, "seed": 1000})
        found[name] = [new for example in dev for new in augmenter(nlp, example)]
    return found


def trained(
    sentences: list[Example], block: dict[str, Any] | None, seed: int, steps: int
) -> Language:
    """The model of the last step."""
    config = load_config(PROJECT / "configs" / "ner_cpu.cfg")
    with tempfile.TemporaryDirectory() as folder:
        train_file, dev_file = Path(folder) / "train.spacy", Path(folder) / "dev.spacy"
        DocBin(docs=[example.reference for example in sentences]).to_disk(train_file)
        DocBin(docs=[example.reference for example in sentences[:5]]).to_disk(dev_file)
        config["paths"] |= {"train": str(train_file), "dev": str(dev_file)}
        config["system"]["seed"] = seed
        config["training"] |= {"max_steps": steps, "eval_frequency": steps, "patience": 0}
        config["training"]["logger"] = {"@loggers": "spacy.ConsoleLogger.v2"}
        if block is not None:
            config["corpora"]["train"]["augmenter"] = block
        (Path(folder) / "model").mkdir()
        nlp = init_nlp(config)
        train(nlp, Path(folder) / "model", stdout=open(os.devnull, "w"))  # noqa: SIM115
        return spacy.load(Path(folder) / "model" / "model-last")


def f1(nlp: Language, gold: list[Example]) -> float:
    """On gold tokens."""
    docs = nlp.pipe(same_tokens(example.reference, nlp.vocab) for example in gold)
    pairs = zip(docs, gold, strict=True)
    found = Scorer.score_spans(
        [Example(doc, example.reference) for doc, example in pairs], attr="ents"
    )
    return round(found["ents_f"] or 0.0, 4)


def markdown(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """Means over the seeds, and mean and standard deviation of the difference from none."""
    rows = [
        "| augmenter | dev | difference | changed dev: without, with |",
        "| --- | --- | --- | --- |",
    ]
    for name, runs in results.items():
        if not runs:
            continue
        clean = [run["as it is"] for run in runs.values()]
        base = [results["none"][seed] for seed in runs]
        gains = [x - run["as it is"] for x, run in zip(clean, base, strict=True)]
        spread = statistics.stdev(gains) if len(gains) > 1 else 0.0
        cells = [
            f"{test} {statistics.mean(run[test] for run in base):.3f}, "
            f"{statistics.mean(run[test] for run in runs.values()):.3f}"
            for test, (method, _) in CHANGED.items()
            if method == name
        ]
        difference = (
            ""
            if name == "none"
            else f"{statistics.mean(gains):+.3f}" + (f" ± {spread:.3f}" if len(gains) > 1 else "")
        )
        mean = f"{statistics.mean(clean):.3f}"
        rows.append(f"| {name} | {mean} | {difference} | {'; '.join(cells)} |")
    return "\n".join(rows) + "\n"


def main(
    sentences: Annotated[int, typer.Option(help="Gold sentences to learn from.")] = 200,
    seeds: Annotated[int, typer.Option(help="Runs of each.")] = 3,
    steps: Annotated[int, typer.Option(help="Steps of training.")] = 600,
    only: Annotated[str, typer.Option(help="Augmenters, with * and ?.")] = "*",
    output: Annotated[Path, typer.Option(help="Where both files go.")] = RESULTS,
) -> None:
    """Measure; what is in the output of an earlier run is not measured again."""
    logging.getLogger("spacy").setLevel(logging.WARNING)
    kept = output / "augmenters.json"
    key = f"{sentences} sentences, {steps} steps"
    everything: dict[str, Any] = json.loads(kept.read_text()) if kept.is_file() else {}
    results = everything.setdefault(key, {name: {} for name in METHODS})
    pool, gold = examples("train"), tests()
    for seed in range(seeds):
        chosen = random.Random(seed).sample(pool, sentences)
        for name, block in METHODS.items():
            wanted_now = name == "none" or fnmatch(name, only)
            if not wanted_now or str(seed) in results.setdefault(name, {}):
                continue
            nlp = trained(chosen, block, seed, steps)
            wanted = ["as it is"]
            wanted += [test for test, (method, _) in CHANGED.items() if name in ("none", method)]
            results[name][str(seed)] = {test: f1(nlp, gold[test]) for test in wanted}
            write_json(kept, everything)
            print(key, seed, name, results[name][str(seed)])
    with atomic_file(output / "augmenters.md") as file:
        tables = [f"## {title}\n\n{markdown(found)}" for title, found in everything.items()]
        file.write("\n".join(tables).encode())


if __name__ == "__main__":
    typer.run(main)
