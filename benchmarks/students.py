"""Students of parallel text, language by language and method by method: F1 and calibration (docs/results.md).

    XLNER_DATA=... python -m benchmarks.students LANG... [--seeds 3] [--method robust=training.cfg ...] [--texts N]

does for each language what `spacy project run parallel` does: the train texts of masakha_parallel or lafand_parallel
become silver data by way of their translations, configs/ner_student.cfg is trained on them, its last checkpoint is measured on
all test texts, beside the recogniser alone. A method is a name and settings of the config, as in
`fgm:components.xl_ner.adversary={"@xl_adversaries": "xlner.FGM.v1"}`; several settings with semicolons. It writes benchmarks/results/students.json and students.md after each
training, and leaves out what is there already. Models and silver data are in training/students.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import spacy
import typer

from benchmarks.voices import FRENCH, Gold, read, scores
from xlner_spacy.files import atomic_file, read_json, write_json

PROJECT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
WORK = PROJECT / "training" / "students"
DATA = Path(os.environ.get("XLNER_DATA", "assets"))
TRANSFER = "recogniser alone"
PLAIN = "student"


def gold_of(lang: str) -> Gold:
    """The test texts of a language."""
    file = DATA / f"masakha_parallel/{lang}.test.jsonl"
    return Gold(lang, lang, file if file.is_file() else DATA / f"masakhaner2/{lang}.test.txt")


def python(*arguments: str | Path) -> None:
    """Run a command of ours. RAISES: subprocess.CalledProcessError"""
    subprocess.run([sys.executable, *map(str, arguments)], check=True, cwd=PROJECT)


def silver_of(lang: str, n_texts: int) -> Path:
    """Silver data of a language; made where they are not there yet."""
    source = "fr" if lang in FRENCH else "en"
    folder = WORK / lang
    if not (folder / "texts.jsonl").is_file():
        python("scripts/parallel_texts.py", lang, folder, "--source-lang", source)
    limit = ["--limit", str(n_texts)] if n_texts else []
    options = ["--lang", lang, "--source-lang", source, *limit]
    python("-m", "spacy", "xl", "build", folder / "texts.jsonl", folder / "built", *options)
    return folder


def train(lang: str, method: str, settings: Sequence[str], seed: int, n_texts: int) -> Path:
    """Train one student. RETURNS: Its last checkpoint."""
    folder = silver_of(lang, n_texts)
    output = WORK / f"{lang}-{method}-{seed}"
    paths = {"train": "built/train", "dev": "built/dev", "raw": "texts.jsonl"}
    given = [item for name, own in paths.items() for item in (f"--paths.{name}", folder / own)]
    for setting in settings:
        name, _, value = setting.partition("=")
        given += [f"--{name}", value]
    options = ["--output", output, "--nlp.lang", "xx", "--system.seed", str(seed)]
    python("-m", "spacy", "train", "configs/ner_student.cfg", *options, *given)
    return output / "model-last"


def recogniser(lang: str) -> dict[str, Any]:
    """What the recogniser finds alone."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_transfer", config={"target_lang": lang})
    gold = gold_of(lang)
    return scores(nlp, read(gold, nlp, None), f"{lang} {TRANSFER}")


def student(
    lang: str, method: str, settings: Sequence[str], seed: int, n_texts: int
) -> dict[str, Any]:
    """Train a student and measure it."""
    begun = time.monotonic()
    checkpoint = train(lang, method, settings, seed, n_texts)
    seconds = time.monotonic() - begun
    nlp = spacy.load(checkpoint)
    found = scores(nlp, read(gold_of(lang), nlp, None), f"{lang} {method} {seed}")
    return {**found, "seconds": round(seconds), "settings": list(settings), "seed": seed}


def markdown(results: dict[str, dict[str, Any]]) -> str:
    """A row a language and method: F1 of each seed, and the mean."""
    rows = [
        "| language | method | F1 | of each seed, with its interval | ECE |",
        "|" + " --- |" * 5,
    ]
    of: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for key, cell in results.items():
        lang, method, _ = key.split("/")
        of.setdefault((lang, method), []).append(cell)
    for (lang, method), cells in sorted(of.items()):
        each = ", ".join(
            f"{c['f1']:.3f} ({c['interval'][0]:.3f}-{c['interval'][1]:.3f})" for c in cells
        )
        f1, ece = (mean(c[name] for c in cells) for name in ("f1", "ece"))
        rows.append(f"| {lang} | {method} | {f1:.3f} | {each} | {ece:.3f} |")
    return "\n".join(rows) + "\n"


def main(
    langs: Annotated[list[str], typer.Argument(help="Languages, as lug or hau.")],
    seeds: Annotated[int, typer.Option(help="Trainings of each.")] = 1,
    method: Annotated[
        list[str] | None, typer.Option(help="NAME:SETTING=VALUE;... None: the config as it is.")
    ] = None,
    texts: Annotated[int, typer.Option(help="Only so many train texts; 0: all.")] = 0,
) -> None:
    """Train, measure, and write both files."""
    file = RESULTS / "students.json"
    results: dict[str, dict[str, Any]] = read_json(file) if file.is_file() else {}
    methods = {}
    for named in method or [PLAIN]:
        name, _, settings = named.partition(":")
        methods[name] = [setting for setting in settings.split(";") if setting]
    for lang in langs:
        cells = {f"{lang}/{TRANSFER}/0": partial(recogniser, lang)}
        for seed in range(seeds):
            for name, given in methods.items():
                cells[f"{lang}/{name}/{seed}"] = partial(student, lang, name, given, seed, texts)
        for key, make in cells.items():
            if key not in results:
                results[key] = make()
                write_json(file, results)
                with atomic_file(RESULTS / "students.md") as out:
                    out.write(markdown(results).encode())
    print(markdown(results))


if __name__ == "__main__":
    typer.run(main)
