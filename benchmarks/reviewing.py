"""What it brings to review silver texts, and which ones to begin with (docs/review.md).

    XLNER_DATA=... python -m benchmarks.reviewing [--quick]

Gold labels play the reviewer: of the silver train texts of a language the first 100, 200 and 400 in each order of `xlner review` get
their gold labels, repeated until they are as many as the others, which stay silver. A student learns from both in 100 steps, and is measured on the
test texts. Three seeds: of the training, and of the random order. Languages, corpora and training are those of studies/efficiency; silver
data, models and counts are kept as those of studies are (XLNER_STUDIES), so that it can be stopped and resumed. It writes
benchmarks/results/reviewing.json and reviewing.md. --quick: 20 texts of a sample, one seed, 5 steps, printed only.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from spacy.tokens import Doc, DocBin, Span
from thinc.api import Config

from studies.cells import Cell, Record, run
from studies.corpora import BUILT, corpus
from studies.gold import gold_texts
from studies.measuring import counts_in, measured
from studies.places import PROJECT, work
from studies.statistics import difference, mean_f1
from studies.students import MODEL, student
from xlner_spacy.corpus.texts import read_docbin
from xlner_spacy.evaluation.metrics import TokenEntity
from xlner_spacy.files import atomic_file, make_folder, write_json
from xlner_spacy.review.gold_lines import by_characters
from xlner_spacy.review.review_orders import ordered
from xlner_spacy.review.review_texts import SilverTexts, read_silver, text_id
from xlner_spacy.text.languages import blank

RESULTS = Path(__file__).parent / "results"
ORDERS = ("random", "unsure", "informative")
# In the place of an order and a number of texts: silver data as they are.
NONE = ("silver", 0)
Key = tuple[str, str, int, int]  # language, order, texts, seed


def reviewed(
    folder: Path, silver: Path, gold: str, lang: str, order: str, n: int, seed: int
) -> Record:
    """The silver train texts, of which the first `n` in the order have their gold labels."""
    corpus = read_silver(silver)
    answers = {doc.text: doc for doc in gold_texts(gold, lang)}
    known = [text for text in corpus.texts if text.text in answers]
    pool = SilverTexts(corpus.place, lang, known, threshold=corpus.threshold)
    chosen: dict[str, list[TokenEntity]] = {}
    wrong = 0
    moved: list[str] = []
    for text in ordered(pool, order, seed)[:n]:
        parts = [(e.start_char, e.end_char, e.label_) for e in answers[text.text].ents]
        chosen[text.key] = by_characters(text, parts, gold, moved)
        wrong += set(chosen[text.key]) != set(text.silver)
    nlp = blank(lang)
    others, right = [], []
    for file in sorted((silver / "train").glob("*.spacy")):
        for doc in read_docbin(file, nlp):
            own = chosen.get(text_id(doc.text))
            (others if own is None else right).append(doc if own is None else _labelled(doc, own))
    times = max(1, -(-len(others) // max(1, len(right))))
    make_folder(folder / BUILT / "train")
    with atomic_file(folder / BUILT / "train" / "reviewed.spacy") as out:
        out.write(DocBin(docs=[*others, *right * times]).to_bytes())
    return {"texts": len(right), "corrected": wrong, "moved": len(moved), "pool": len(known)}


def _labelled(doc: Doc, entities: list[TokenEntity]) -> Doc:
    own = Doc(doc.vocab, words=[t.text for t in doc], spaces=[bool(t.whitespace_) for t in doc])
    own.ents = [Span(own, *entity) for entity in entities]
    return own


def cells(settings: Mapping[str, Any], quick: bool) -> dict[Key, Cell]:
    """The measurement of each language, order, number of texts and seed."""
    languages = ["sample"] if quick else ["lug", "pt"]
    levels, seeds = ([20], [0]) if quick else ([100, 200, 400], [0, 1, 2])
    found = {}
    for name, seed in product(languages, seeds):
        own = settings["languages"][name]
        for order, n in [NONE, *product(ORDERS, levels)]:
            found[name, order, n, seed] = _cell(name, own, settings, (order, n), seed, quick)
    return found


def _cell(
    name: str, own: Any, settings: Mapping[str, Any], way: tuple[str, int], seed: int, quick: bool
) -> Cell:
    order, n = way
    lang = own["lang"]
    silver = corpus(name, "silver", {**own["corpora"]["silver"], "source": own["source"]}, lang)
    learnt = silver
    if way != NONE:
        drawn = seed if order == "random" else 0
        given = {"gold": own["corpora"]["gold"]["file"], "lang": lang, "order": order, "n": n}

        def make(folder: Path) -> Record:
            return reviewed(folder, silver.folder(work()) / BUILT, **given, seed=drawn)

        title = f"corpora/{name}/reviewed {order} {n}"
        learnt = Cell(title, {**given, "seed": drawn, "version": 1}, make, [silver])
    changes = [settings["training"]]
    if quick:
        changes.append({"training": {"max_steps": 5, "eval_frequency": 5}})
    title = f"{name}/reviewing {order} {n}"
    trained = student(title, own["spacy_lang"], [learnt], silver, changes, seed)
    tests = {key: {"lang": lang, **test} for key, test in own["tests"].items()}
    return measured(
        f"measure/{title}/{seed}",
        lambda: spacy.load(trained.folder(work()) / MODEL),
        tests,
        settings={},
        needs=[trained],
    )


def table(done: Mapping[Key, Cell]) -> tuple[str, dict[str, Any]]:
    """Mean F1 over the seeds with its 95% interval, and the difference from as many texts at random."""
    rows = ["| language | order | texts | corrected | F1 | against random |", "|" + " --- |" * 6]
    figures: dict[str, Any] = {}
    counts: dict[tuple[str, str, int], list[Any]] = {}
    for (name, order, n, _), cell in done.items():
        counts.setdefault((name, order, n), []).append(next(iter(counts_in(cell).values())))
    for (name, order, n), own in counts.items():
        f1 = mean_f1(own)
        base = counts.get((name, "random", n))
        compared = base and order != "random" and len(base) == len(own)
        gain = difference(own, base) if compared and base else None
        corpus_of = done[name, order, n, 0].needs[0].needs[0].record(work()) or {}
        corrected = corpus_of.get("corrected", "")
        shown = f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})" if gain else ""
        rows.append(
            f"| {name} | {order} | {n} | {corrected} | {f1.value:.3f} ({f1.low:.3f}-{f1.high:.3f}) | {shown} |"
        )
        figures[f"{name}/{order}/{n}"] = {
            "f1": f1.as_json(),
            "against_random": gain.as_json() if gain else None,
            "corrected": corrected,
            "seeds": len(own),
        }
    return "\n".join(rows) + "\n", figures


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A sample, one seed, 5 steps.")] = False,
) -> None:
    """Train and measure what is not there yet, and write what is."""
    settings = Config().from_disk(PROJECT / "studies" / "efficiency" / "study.cfg")
    every = cells(settings, quick)
    for key, cell in every.items():
        run([cell], work())
        done = {own: c for own, c in every.items() if c.record(work()) is not None}
        took = sum((c.record(work()) or {})["seconds"] for c in (cell, *cell.needs))
        left = took * (len(every) - len(done)) / 60
        print(f"{key}: {took:.0f} seconds; about {left:.0f} minutes more.", flush=True)
        text, figures = table(done)
        if not quick:
            write_json(RESULTS / "reviewing.json", figures)
            with atomic_file(RESULTS / "reviewing.md") as file:
                file.write(text.encode())
    print(text)


if __name__ == "__main__":
    typer.run(main)
