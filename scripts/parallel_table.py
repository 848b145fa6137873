"""The table of the workflow `parallel`: the student beside what one could do without training.

    python scripts/parallel_table.py LANG [--source-lang en] [--labels PER,LOC,ORG]

reads metrics/parallel-LANG.json (the student) and parallel-LANG-transfer.json, measures the default projector where the
gold texts have translations (the student has none at run time), and writes metrics/parallel-LANG.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import langcodes
import typer
from wasabi import MarkdownRenderer

from xlner_spacy.corpus.texts import given_translations
from xlner_spacy.errors import XlnerError
from xlner_spacy.evaluation.model import evaluate_model
from xlner_spacy.files import atomic_file, write_json

METRICS = Path("metrics")
# arXiv 2501.18750 on MasakhaNER 2.0: its best method for each language (NLLB-200-3.3B, XLM-R-large, all test
# texts, four labels), and its model transfer.
PAPER = {
    "bam": (0.553, 0.43),
    "ewe": (0.778, 0.71),
    "fon": (0.695, 0.63),
    "hau": (0.737, 0.74),
    "ibo": (0.755, 0.50),
    "kin": (0.662, 0.45),
    "lug": (0.827, 0.62),
    "luo": (0.751, 0.51),
    "mos": (0.559, 0.56),
    "nya": (0.776, 0.51),
    "sna": (0.692, 0.37),
    "swa": (0.877, 0.88),
    "tsn": (0.822, 0.49),
    "twi": (0.746, 0.46),
    "wol": (0.646, 0.54),
    "xho": (0.556, 0.25),
    "yor": (0.595, 0.32),
    "zul": (0.650, 0.41),
}


def projected(gold: Path, lang: str, source_lang: str, labels: list[str]) -> dict[str, Any] | None:
    """The default projector on gold texts with translations; None if they have none."""
    if not all(given_translations(gold, source_lang)):
        return None
    result = evaluate_model([], gold, lang, source_langs=[source_lang], labels=labels)
    write_json(METRICS / f"parallel-{lang}-projection.json", result)
    return result


def row(name: str, result: dict[str, Any]) -> list[str]:
    """A system's line of the table."""
    low, high = result["interval"]
    return [name, f"{result['f1']:.3f} ({low:.3f}-{high:.3f})"]


def main(
    lang: Annotated[str, typer.Argument(help="Language of the texts.")],
    source_lang: Annotated[str, typer.Option(help="Language of the translations.")] = "en",
    labels: Annotated[
        str, typer.Option(help="Those that are scored, with commas.")
    ] = "PER,LOC,ORG",
) -> None:
    """Write and print the table."""
    found = {
        "student (no translation at run time)": METRICS / f"parallel-{lang}.json",
        "recogniser alone (xl_transfer)": METRICS / f"parallel-{lang}-transfer.json",
        "the same student, trained on gold": METRICS / f"parallel-{lang}-gold.json",
    }
    rows = [
        row(name, json.loads(file.read_text("utf8")))
        for name, file in found.items()
        if file.is_file()
    ]
    gold = Path("silver") / f"parallel-{lang}" / "gold.jsonl"
    try:
        result = projected(gold, lang, source_lang, labels.split(","))
    except XlnerError as error:
        typer.secho(f"Error: {error}", fg="red", err=True)
        raise typer.Exit(1) from error
    if result is not None:
        rows.append(row("projection, human translations (xl_projector)", result))
    paper = PAPER.get(langcodes.Language.get(lang).to_alpha3())
    if paper is not None:
        rows += [
            [name, f"{value:.3f}"]
            for name, value in zip(
                ("arXiv 2501.18750, best method", "arXiv 2501.18750, model transfer"),
                paper,
                strict=True,
            )
        ]
    table = MarkdownRenderer(no_emoji=True).table(rows, [lang, "F1 (95% interval)"])
    with atomic_file(METRICS / f"parallel-{lang}.md") as out:
        out.write(f"{table}\n".encode())
    print(table)


if __name__ == "__main__":
    typer.run(main)
