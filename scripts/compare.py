"""The table and the plot of the bosque workflow.

    python scripts/compare.py GOLD OUTPUT_FOLDER

Each system's figures are kept in OUTPUT_FOLDER/NAME.json; those that are there are not measured
again (delete a file to have it measured anew).
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import spacy

from xlner_spacy.errors import XlnerError
from xlner_spacy.evaluation.model import evaluate_model
from xlner_spacy.files import atomic_file, write_json

LABELS = ["PER", "LOC", "ORG"]
TEST = "configs/bosque.cfg"


def trained(name: str) -> str:
    """Where spacy train leaves the last model of a command."""
    return f"training/{name}/model-last"


# Of an ensemble the entities of the first go before.
SYSTEMS = {
    "zero-shot": ("zero-shot transfer from English gold", [trained("ewt")]),
    "translate-test": ("translate-test (at run time)", [TEST]),
    "translate-train": ("translate-train", [trained("translate-train")]),
    "silver": ("silver student of translate-test", [trained("silver")]),
    "joined": ("student of both silver sets, joined", [trained("joined")]),
    "ensemble": (
        "ensemble of translate-train and translate-test",
        [trained("translate-train"), TEST],
    ),
    "ensemble-student": ("student of the ensemble", [trained("ensemble")]),
    "gold": ("Portuguese gold: the ceiling", [trained("gold")]),
}


def measure(gold: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """The figures of every system; what is measured is kept."""
    results = {}
    for name, (title, models) in SYSTEMS.items():
        file = folder / f"{name}.json"
        if file.is_file():
            result = json.loads(file.read_text(encoding="utf8"))
            if result["settings"]["gold"] == str(gold):
                results[name] = result
                continue
        print(title, file=sys.stderr)
        result = evaluate_model(models, gold, "pt", labels=LABELS)
        write_json(file, result)
        results[name] = result
    return results


def budget() -> str:
    """What every model was trained with, from a trained model's own config."""
    config = spacy.util.load_config(Path(trained("ewt")) / "config.cfg")
    encoder = config["components"]["transformer"]["model"]
    training = config["training"]
    layers = encoder["transformer_config"].get("num_hidden_layers", "all")
    return (
        f"Every model: the first {layers} layers of {config['paths']['encoder']} (word embeddings not trained), "
        f"{training['max_steps']} steps of {training['batcher']['size']} words (padding included), "
        "the model of the last step."
    )


def rows(results: dict[str, dict[str, Any]]) -> list[list[str]]:
    """A row a system: F1 with its interval, of each label, of spans, precision, recall."""
    ceiling = results["gold"]["f1"]
    table = []
    for name, result in results.items():
        low, high = result["interval"]
        labels = [result["per_type"].get(label, {}).get("f1", 0.0) for label in LABELS]
        figures = [*labels, result["unlabelled"]["f1"], result["precision"], result["recall"]]
        table.append(
            [
                SYSTEMS[name][0],
                f"{result['f1']:.4f}",
                f"{low:.3f}-{high:.3f}",
                f"{result['f1'] / ceiling:.0%}",
                *(f"{figure:.4f}" for figure in figures),
            ]
        )
    return table


HEADER = ["system", "F1", "95%", "of gold", *LABELS, "spans", "precision", "recall"]


def write_table(folder: Path, gold: Path, table: list[list[str]]) -> None:
    """Markdown and CSV."""
    lines = [f"# {gold.name}: F1 of exact spans with labels", "", budget(), ""]
    lines += ["| " + " | ".join(row) + " |" for row in (HEADER, ["---"] * len(HEADER), *table)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *table])
    for name, content in (("table.md", "\n".join(lines) + "\n"), ("table.csv", text.getvalue())):
        with atomic_file(folder / name) as file:
            file.write(content.encode("utf8"))


def write_plot(folder: Path, gold: Path, results: dict[str, dict[str, Any]]) -> None:
    """A bar a system with its interval."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "xlner"
    import matplotlib.pyplot as plt

    names = list(reversed(results))
    values = [results[name]["f1"] for name in names]
    errors = [
        [value - results[name]["interval"][0] for name, value in zip(names, values, strict=True)],
        [results[name]["interval"][1] - value for name, value in zip(names, values, strict=True)],
    ]
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    colors = ["#8c8c8c" if name in ("gold", "zero-shot") else "#2b7bba" for name in names]
    bars = axes.barh([SYSTEMS[name][0] for name in names], values, xerr=errors, color=colors)
    axes.bar_label(bars, [f" {value:.3f}" for value in values], label_type="center", color="white")
    axes.set(xlim=(0, 1), xlabel="F1 (95% interval)", title=gold.name)
    axes.spines[["top", "right"]].set_visible(False)
    with atomic_file(folder / "plot.svg") as file:
        figure.savefig(file, format="svg", metadata={"Date": None})


def main(gold: Path, folder: Path) -> None:
    """Measure, then write."""
    folder.mkdir(parents=True, exist_ok=True)
    results = measure(gold, folder)
    write_table(folder, gold, rows(results))
    write_plot(folder, gold, results)
    print((folder / "table.md").read_text(encoding="utf8"))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except XlnerError as error:
        sys.exit(f"Error: {error}")
