"""How well sources are ranked without labels: NDCG against gold (docs/results.md).

    XLNER_DATA=... python -m benchmarks.ranking transfer [--kept FOLDER]
    XLNER_DATA=... python -m benchmarks.ranking projection [--limit 150]

writes benchmarks/results/ranking_transfer.json and .md, and ranking_projection.json. Both go on where they were
stopped. `transfer`: a linear head on the frozen encoder is trained on gold labels of each source (the
same number of sentences of each) and measured on each target; the rankings by likeness see no labels.
Settings of the ranking are chosen on every other target, the table is of the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tqdm import tqdm

from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.ranking.likeness import nearest

from .gold import TEST, TRAIN, testing, training
from .measure import F1, Score, by_chance, measure
from .states import LAYERS, States, states
from .transfer import f1, frozen_encoder, train, vectors

RESULTS = Path(__file__).parents[1] / "results"
HEAD_LAYER = 9
# Sources and targets that NTREX has.
SOURCES = [code for code in TRAIN if code not in ("fon", "bam", "bbj", "mos", "lug", "luo", "pcm")]
TARGETS = [
    code for code in TEST if code not in ("fon", "bam", "bbj", "mos", "lug", "luo", "pcm", "nno")
]
AFRICAN = ("hau", "ibo", "kin", "nya", "swa", "tsn", "wol", "yor", "zul")
FAMILIES = {
    **dict.fromkeys(("eng", "dan", "swe", "deu", "nob"), "Germanic"),
    **dict.fromkeys(("por", "spa"), "Romance"),
    **dict.fromkeys(("hrv", "slk", "srp"), "Slavic"),
    **dict.fromkeys(("kin", "nya", "swa", "zul", "tsn"), "Bantu"),
    **dict.fromkeys(("ibo", "yor"), "Volta-Niger"),
}

app = typer.Typer()


@app.command()
def transfer(
    kept: Annotated[Path, typer.Option(help="Folder for what is computed.")] = Path("ranking-kept"),
) -> None:
    """Rank sources for transfer."""
    torch.set_num_threads(1)
    kept.mkdir(parents=True, exist_ok=True)
    by_source = _matrix(kept / "matrix.json")
    matrix = {
        target: {source: by_source[source][target] for source in SOURCES if source != target}
        for target in TARGETS
    }
    known = states(sorted({*SOURCES, *TARGETS}), kept)
    chosen_on = {target: matrix[target] for target in sorted(matrix)[::2]}
    reported = {target: matrix[target] for target in sorted(matrix)[1::2]}
    # One genre and one set of guidelines: no source is the better for its annotation.
    african = {
        target: {source: matrix[target][source] for source in AFRICAN if source != target}
        for target in AFRICAN
    }
    parts = {"chosen on": chosen_on, "reported": reported, "African": african}
    rows = {"random": {part: by_chance(own) for part, own in parts.items()}}
    for name, score in (*baselines(matrix), *likenesses(known)):
        rows[name] = {part: measure(score, own) for part, own in parts.items()}
    result = {
        "f1": matrix,
        "chosen_on": list(chosen_on),
        "reported": list(reported),
        "rankings": rows,
    }
    write_json(RESULTS / "ranking_transfer.json", result)
    with atomic_file(RESULTS / "ranking_transfer.md") as file:
        file.write(table(rows).encode())
    print(table(rows))


def _matrix(file: Path) -> dict[str, dict[str, float]]:
    """F1 by source and target."""
    found = json.loads(file.read_text()) if file.is_file() else {}
    if all(source in found for source in SOURCES):
        return found
    encoder = frozen_encoder(HEAD_LAYER)
    golds = {target: testing(target, 100, 80) for target in TARGETS}
    inputs = {target: vectors(encoder, gold) for target, gold in golds.items()}
    for source in tqdm([code for code in SOURCES if code not in found], unit="source"):
        sentences = training(source, 200, 40)
        head = train(vectors(encoder, sentences), sentences)
        found[source] = {t: f1(head, inputs[t], golds[t]) for t in TARGETS}
        write_json(file, found)
    return found


def baselines(matrix: Mapping[str, F1]) -> list[tuple[str, Score]]:
    """Rankings that look at no text; the last one is no baseline, but knows gold of other targets."""

    def first(test: Score) -> Score:
        return lambda target, names: {
            n: 2 * v - sorted(names).index(n) / 100 for n, v in test(target, names).items()
        }

    def elsewhere(target: str, names: Sequence[str]) -> Mapping[str, float]:
        others = [f1 for other, f1 in matrix.items() if other != target]
        return {n: float(np.mean([f1[n] for f1 in others if n in f1])) for n in names}

    return [
        ("alphabetical", first(lambda _, names: dict.fromkeys(names, 0.0))),
        ("English first", first(lambda _, names: {n: float(n == "eng") for n in names})),
        (
            "the same family first",
            first(
                lambda target, names: {
                    n: float(FAMILIES.get(n, n) == FAMILIES.get(target)) for n in names
                }
            ),
        ),
        ("mean F1 on other targets (uses gold)", elsewhere),
    ]


def likenesses(known: Mapping[str, Mapping[str, States]]) -> list[tuple[str, Score]]:
    """Rankings by nearest neighbours: by layer, kind of target sentences and number of neighbours."""
    kinds = {"same lines": ("ntrex", 0), "other lines": ("ntrex", 25), "own texts": ("test", 0)}
    found = []
    for layer in tqdm(LAYERS, unit="layer"):
        pieces = {lang: unit(known[lang]["ntrex"][:25], layer) for lang in SOURCES}
        for kind, (part, first) in kinds.items():
            hits = {
                target: _hits(target, unit(known[target][part][first : first + 25], layer), pieces)
                for target in TARGETS
            }
            found += [
                (
                    f"layer {layer}, {kind}, k={k}{', per piece' * even}",
                    _counting(hits, k, {n: len(v) if even else 1 for n, v in pieces.items()}),
                )
                for k in (1, 10)
                for even in (False, True)
            ]
    return found


def unit(sentences: States, layer: int) -> np.ndarray:
    """Unit vectors of all word pieces."""
    vectors = np.concatenate([s[layer] for s in sentences]).astype(np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _hits(target: str, own: np.ndarray, pieces: Mapping[str, np.ndarray]) -> np.ndarray:
    """The source that each of the ten nearest neighbours of each word piece belongs to."""
    others = {name: vectors for name, vectors in pieces.items() if name != target}
    names = np.repeat(list(others), [len(vectors) for vectors in others.values()])
    # So many pieces are enough to compare settings by.
    own = own[:: max(1, len(own) // 400)]
    return names[nearest(own, np.concatenate(list(others.values())), 10)]


def _counting(hits: Mapping[str, np.ndarray], k: int, sizes: Mapping[str, int]) -> Score:
    def score(target: str, names: Sequence[str]) -> Mapping[str, float]:
        own = hits[target][:, :k]
        return {name: float((own == name).mean()) / sizes[name] for name in names}

    return score


def table(rows: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Markdown: a row for each ranking, columns for each part of the targets."""
    first = next(iter(rows.values()))
    columns = [(part, name) for part, own in first.items() for name in own]
    lines = [
        "| | " + " | ".join(f"{name} ({part})" for part, name in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for ranking, own in rows.items():
        cells = [f"{own[part][name]:.4f}" for part, name in columns]
        lines.append(f"| {ranking} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


@app.command()
def projection(
    limit: Annotated[int, typer.Option(help="The first N sentences.")] = 150,
) -> None:
    """Rank sources for projection."""
    from .projection import run

    run(RESULTS / "ranking_projection.json", limit)


if __name__ == "__main__":
    app()
