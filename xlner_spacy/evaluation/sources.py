"""`xlner evaluate sources`: what more, and other, source languages bring."""

from __future__ import annotations

import csv
import importlib.util
import io
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from tqdm import tqdm
from wasabi import MarkdownRenderer

from ..document.placing import Ground, settle
from ..document.records import PLACED
from ..files import atomic_file, write_json
from ..pipeline.polls import listen_to_polls
from ..solving.bayesian import learn
from ..text.languages import check_language
from ..types import Poll, Vote
from ..voters.agreement import Agreement
from ..voters.bea import BEA
from ..voters.consensus import Consensus
from ..voters.rover import Rover
from .metrics import TokenEntity, only
from .projection import BATCH, given, read_parallel, without_translation

Decide = Callable[[Sequence[Poll]], list[list[Vote]]]


class Measured(NamedTuple):
    """What one voter made of some of the sources."""

    voter: str
    sources: tuple[str, ...]
    f1: float


def _learnt(polls: Sequence[Poll]) -> list[list[Vote]]:
    """BEA that has learnt from these very polls, without labels."""
    return BEA.of(learn(polls))(polls)


VOTERS: dict[str, Decide] = {
    "Agreement": Agreement(),
    "Rover": Rover(),
    "Consensus": Consensus(),
    "BEA, no model": BEA(),
    "BEA, learnt": _learnt,
}
LEARNT_FROM = 3  # sources that it takes to learn how far each can be trusted


def evaluate_sources(
    nlp: Language,
    target_file: Path,
    source_files: Mapping[str, Path],
    lang: str,
    *,
    subsets: int = 50,
    labels: list[str] | None = None,
    limit: int | None = None,
    quiet: bool = False,
) -> list[Measured]:
    """Project gold entities from every source once, and let each voter decide between all subsets
    of the sources.

    nlp (Language): A pipeline that projects; it neither translates nor annotates here.
    target_file (Path), source_files (Mapping): As in `evaluate_projection`.
    subsets (int): Of so many sources there are at most this many subsets, drawn at random (seed
        0) where there are more.
    RETURNS (list): F1 by voter and subset. One source alone has no vote; its voter is "alone".
    RAISES: InputError if a file cannot be read, two files are not parallel, or the pipeline has
        no voter.
    """
    lang = check_language(lang)
    rows, _ = read_parallel(target_file, source_files)
    rows = [row for row in rows if len(row.sources) == len(source_files)][:limit]
    polls = listen_to_polls(nlp)
    without_translation(nlp)
    docs = [given(nlp, row.target, row.sources, lang) for row in rows]
    for _ in tqdm(nlp.pipe(docs, batch_size=BATCH), total=len(docs), unit="sent", disable=quiet):
        pass
    gold = [only(row.target.entities, labels) for row in rows]
    codes = tuple(check_language(code) for code in source_files)
    return [
        Measured(voter, chosen, _f1(decide([_among(poll, chosen) for poll in polls]), gold, labels))
        for chosen in _subsets(codes, subsets)
        for voter, decide in _deciders(len(chosen))
    ]


def _subsets(codes: tuple[str, ...], at_most: int) -> Iterator[tuple[str, ...]]:
    rng = random.Random(0)
    for k in range(1, len(codes) + 1):
        every = list(combinations(codes, k))
        yield from every if len(every) <= at_most else sorted(rng.sample(every, at_most))


def _deciders(k: int) -> list[tuple[str, Decide]]:
    if k == 1:
        return [("alone", Agreement())]
    return [item for item in VOTERS.items() if k >= LEARNT_FROM or item[1] is not _learnt]


def _among(poll: Poll, chosen: tuple[str, ...]) -> Poll:
    """The poll as if these sources alone had been asked."""
    weights = {who: weight for who, weight in poll.weights.items() if who in chosen}
    return Poll([ballot for ballot in poll.ballots if ballot.who in weights], weights)


def _f1(
    verdicts: Sequence[list[Vote]], gold: Sequence[set[TokenEntity]], labels: list[str] | None
) -> float:
    correct = total = 0
    for votes, wanted in zip(verdicts, gold, strict=True):
        settled = settle(votes, Ground())
        found = only({vote[:3] for vote in settled if vote.outcome == PLACED}, labels)
        correct += len(found & wanted)
        total += len(found) + len(wanted)
    return round(2 * correct / total, 4) if total else 0.0


def by_number(rows: Sequence[Measured]) -> dict[tuple[str, int], list[float]]:
    """F1 of all subsets of the same size, by voter and size."""
    found: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        found.setdefault((row.voter, len(row.sources)), []).append(row.f1)
    return found


def as_markdown(rows: Sequence[Measured]) -> str:
    """For each voter and number of sources the mean F1 of the subsets, with its spread."""
    groups = by_number(rows)
    sizes = sorted({size for _, size in groups})
    voters = list(dict.fromkeys(row.voter for row in rows))
    cells = [[voter, *(_cell(groups.get((voter, size), [])) for size in sizes)] for voter in voters]
    table = MarkdownRenderer(no_emoji=True).table(cells, ["", *(f"{k} of them" for k in sizes)])
    best = max((row for row in rows if row.voter == "alone"), key=lambda row: row.f1)
    return (
        f"{table}\n\nMean F1 of the subsets ± standard deviation (number of subsets). "
        f"Best single source: {best.sources[0]}, {best.f1:.4f}.\n"
    )


def _cell(values: list[float]) -> str:
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.fmean(values):.4f} ± {statistics.stdev(values):.4f} ({len(values)})"


def write_sources(rows: Sequence[Measured], folder: Path) -> list[Path]:
    """Write sources.json, .csv, .md and, where matplotlib is installed, .svg.

    RETURNS: The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "sources.json", [row._asdict() for row in rows])
    contents = {"sources.csv": _as_csv(rows), "sources.md": as_markdown(rows)}
    if importlib.util.find_spec("matplotlib") is not None:
        contents["sources.svg"] = _as_plot(rows)
    for name, content in contents.items():
        with atomic_file(folder / name) as file:
            file.write(content.encode("utf8"))
    return [folder / name for name in ("sources.json", *contents)]


def _as_csv(rows: Sequence[Measured]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["voter", "n", "sources", "f1"])
    writer.writerows([r.voter, len(r.sources), " ".join(r.sources), r.f1] for r in rows)
    return text.getvalue()


def _as_plot(rows: Sequence[Measured]) -> str:
    """SVG: a line a voter, F1 over the number of sources; single sources are points."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "xlner"
    mpl.rcParams["svg.fonttype"] = "none"
    import matplotlib.pyplot as plt

    groups = by_number(rows)
    single: Any = [row for row in rows if row.voter == "alone"]
    start = statistics.fmean(row.f1 for row in single)
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for voter in dict.fromkeys(row.voter for row in rows if row.voter != "alone"):
        sizes = sorted(size for name, size in groups if name == voter)
        means = [statistics.fmean(groups[voter, size]) for size in sizes]
        axes.plot([1, *sizes], [start, *means], marker="o", markersize=4, label=voter)
    axes.scatter([1] * len(single), [row.f1 for row in single], s=12, color="#666666", zorder=3)
    for row in single:
        axes.annotate(row.sources[0], (1, row.f1), xytext=(-6, 0), textcoords="offset points",
                      ha="right", va="center", fontsize="small")  # fmt: skip
    axes.set_xticks(sorted({len(row.sources) for row in rows}))
    axes.set_xlabel("source languages")
    axes.set_ylabel("F1, mean of the subsets")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    return buffer.getvalue()
