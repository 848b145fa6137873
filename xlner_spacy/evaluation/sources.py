"""`xlner evaluate sources`: what more, and other, source languages bring."""

from __future__ import annotations

import csv
import io
import random
import statistics
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from spacy.language import Language
from wasabi import MarkdownRenderer

from ..corpus.conll import GoldSentence
from ..document.placing import Ground, settle
from ..document.records import PLACED
from ..files import write_json
from ..pipeline.polls import polls_on
from ..ranking.agreeing import agreement_of
from ..ranking.likeness import likeness
from ..ranking.ranked import SENTENCES
from ..solving.bayesian import learn
from ..text.languages import check_language
from ..types import Poll, Vote
from ..voters.agreement import Agreement
from ..voters.bea import BEA
from ..voters.consensus import Consensus
from ..voters.rover import Rover
from .metrics import TokenEntity, micro_f1, only
from .output import as_svg, svg_pyplot, write_contents
from .projection import BATCH, given, read_parallel, without_translation

Decide = Callable[[Sequence[Poll]], list[list[Vote]]]


class Asked(NamedTuple):
    """What was projected to a target, and what is right, by sentence; and the first sentences of each
    language, the target among them."""

    polls: list[Poll]
    gold: list[set[TokenEntity]]
    texts: Mapping[str, list[str]] = MappingProxyType({})


class Measured(NamedTuple):
    """What one voter made of some of the sources."""

    voter: str
    sources: tuple[str, ...]
    f1: float


class Outcome(NamedTuple):
    """What came of all subsets.

    measured: F1 by voter and subset. One source alone has no vote; its voter is "alone".
    order: The sources, ranked without labels, the best first.
    ordered_by: "agreement" (`ranking.agreeing`), or "likeness" (`ranking.likeness`) where there are too
        few sources for that.
    first: F1 of the first source of the order, of the first two, ..., by the voter `RANKED_BY`.
    """

    measured: list[Measured]
    order: list[str]
    ordered_by: str
    first: list[Measured]


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
RANKED_BY = "Consensus"  # who decides between the first sources of the ranking: the default


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
) -> Outcome:
    """Project gold entities from every source once, and let each voter decide between all subsets
    of the sources.

    nlp (Language): A pipeline that projects; it neither translates nor annotates here.
    target_file (Path), source_files (Mapping): As in `evaluate_projection`.
    subsets (int): Of so many sources there are at most this many subsets, drawn at random (seed
        0) where there are more.
    RAISES: InputError if a file cannot be read, two files are not parallel, or the pipeline has
        no voter.
    """
    asked = ask(nlp, target_file, source_files, lang, limit=limit, quiet=quiet)
    gold = [only(entities, labels) for entities in asked.gold]
    codes = tuple(check_language(code) for code in source_files)
    measured = []
    for chosen in _subsets(codes, subsets):
        polls = among(asked.polls, chosen)
        for voter, decide in _deciders(len(chosen)):
            measured.append(_measured(voter, chosen, decide(polls), gold, labels))
    order, ordered_by = order_without_labels(asked, codes, lang)
    first = []
    for k in range(1, len(order) + 1):
        chosen = tuple(code for code in codes if code in order[:k])
        voter, decide = ("alone", Agreement()) if k == 1 else (RANKED_BY, VOTERS[RANKED_BY])
        votes = decide(among(asked.polls, chosen))
        first.append(_measured(voter, chosen, votes, gold, labels))
    return Outcome(measured, order, ordered_by, first)


def _measured(
    voter: str,
    chosen: tuple[str, ...],
    votes: Sequence[Sequence[Vote]],
    gold: Sequence[set[TokenEntity]],
    labels: list[str] | None,
) -> Measured:
    found = [only(placed(own), labels) for own in votes]
    return Measured(voter, chosen, micro_f1(found, gold))


def order_without_labels(asked: Asked, codes: Sequence[str], target: str) -> tuple[list[str], str]:
    """The sources as `xlner sources` ranks them, and what by: agreement, else likeness."""
    f1 = agreement_of(asked.polls).f1
    by = "agreement" if f1 else "likeness"
    if not f1:
        f1 = likeness(asked.texts[target], {code: asked.texts[code] for code in codes})
    return sorted(codes, key=lambda code: (-f1.get(code, 0.0), code)), by


def ask(
    nlp: Language,
    target_file: Path,
    source_files: Mapping[str, Path],
    lang: str,
    *,
    limit: int | None = None,
    quiet: bool = False,
) -> Asked:
    """Project the gold entities of each source, and take the polls. Sentences that a source lacks are
    left out. Arguments and errors as of `evaluate_sources`."""
    lang = check_language(lang)
    rows, _ = read_parallel(target_file, source_files)
    rows = [row for row in rows if len(row.sources) == len(source_files)][:limit]
    without_translation(nlp)
    docs = [given(nlp, row.target, row.sources, lang) for row in rows]
    polls = polls_on(nlp, docs, total=len(docs), unit="sent", batch_size=BATCH, quiet=quiet)
    first = rows[:SENTENCES]
    texts = {lang: [_text(row.target) for row in first]}
    for code in source_files:
        own = check_language(code)
        texts[own] = [_text(row.sources[own]) for row in first]
    return Asked(polls, [set(row.target.entities) for row in rows], texts)


def _text(sentence: GoldSentence) -> str:
    return sentence.text or " ".join(sentence.words)


def _subsets(codes: tuple[str, ...], at_most: int) -> Iterator[tuple[str, ...]]:
    rng = random.Random(0)
    for k in range(1, len(codes) + 1):
        every = list(combinations(codes, k))
        yield from every if len(every) <= at_most else sorted(rng.sample(every, at_most))


def _deciders(k: int) -> list[tuple[str, Decide]]:
    if k == 1:
        return [("alone", Agreement())]
    return [item for item in VOTERS.items() if k >= LEARNT_FROM or item[1] is not _learnt]


def among(polls: Sequence[Poll], chosen: Collection[str]) -> list[Poll]:
    """The polls as if these sources alone had been asked."""
    return [
        Poll(
            [ballot for ballot in poll.ballots if ballot.who in chosen],
            {who: weight for who, weight in poll.weights.items() if who in chosen},
        )
        for poll in polls
    ]


def placed(votes: Sequence[Vote]) -> set[TokenEntity]:
    """The entities that get a place by these votes."""
    return {vote[:3] for vote in settle(votes, Ground()) if vote.outcome == PLACED}


def by_number(rows: Sequence[Measured]) -> dict[tuple[str, int], list[float]]:
    """F1 of all subsets of the same size, by voter and size."""
    found: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        found.setdefault((row.voter, len(row.sources)), []).append(row.f1)
    return found


def as_markdown(outcome: Outcome) -> str:
    """For each voter and number of sources the mean F1 of the subsets, with its spread; and that of the first
    sources of the ranking without labels, and of the best subset by gold."""
    rows = outcome.measured
    groups = by_number(rows)
    sizes = sorted({size for _, size in groups})
    voters = list(dict.fromkeys(row.voter for row in rows))
    cells = [[voter, *(_cell(groups.get((voter, size), [])) for size in sizes)] for voter in voters]
    best_of = {k: max(max(own) for (_, n), own in groups.items() if n == k) for k in sizes}
    cells.append(["the first ones, ranked without labels", *_first_cells(outcome, sizes)])
    cells.append(["the best, by gold", *(f"{best_of[k]:.4f}" for k in sizes)])
    table = MarkdownRenderer(no_emoji=True).table(cells, ["", *(f"{k} of them" for k in sizes)])
    best = max((row for row in rows if row.voter == "alone"), key=lambda row: row.f1)
    return (
        f"{table}\n\nMean F1 of the subsets ± standard deviation (number of subsets). "
        f"Best single source: {best.sources[0]}, {best.f1:.4f}. Ranked by {outcome.ordered_by}: "
        f"{', '.join(outcome.order)}; {RANKED_BY} decides between the first of them. The best by gold is that of "
        "all subsets and voters.\n"
    )


def _first_cells(outcome: Outcome, sizes: Sequence[int]) -> list[str]:
    return [f"{outcome.first[k - 1].f1:.4f}" for k in sizes]


def _cell(values: list[float]) -> str:
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.fmean(values):.4f} ± {statistics.stdev(values):.4f} ({len(values)})"


def write_sources(outcome: Outcome, folder: Path) -> list[Path]:
    """Write sources.json, .csv, .md and, where matplotlib is installed, .svg.

    RETURNS: The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / "sources.json",
        {
            "order": outcome.order,
            "ordered_by": outcome.ordered_by,
            "first": [row._asdict() for row in outcome.first],
            "measured": [row._asdict() for row in outcome.measured],
        },
    )
    contents = {"sources.csv": _as_csv(outcome.measured), "sources.md": as_markdown(outcome)}
    written = write_contents(folder, contents, "sources.svg", lambda: _as_plot(outcome))
    return [folder / "sources.json", *written]


def _as_csv(rows: Sequence[Measured]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["voter", "n", "sources", "f1"])
    writer.writerows([r.voter, len(r.sources), " ".join(r.sources), r.f1] for r in rows)
    return text.getvalue()


def _as_plot(outcome: Outcome) -> str:
    """SVG: a line a voter, F1 over the number of sources; standard deviations as bars; single sources are points, the best of them a dotted
    line, and the first of the ranking a dashed one."""
    plt = svg_pyplot()
    rows = outcome.measured
    groups = by_number(rows)
    single: Any = [row for row in rows if row.voter == "alone"]
    start = statistics.fmean(row.f1 for row in single)
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for voter in dict.fromkeys(row.voter for row in rows if row.voter != "alone"):
        sizes = sorted(size for name, size in groups if name == voter)
        means = [statistics.fmean(groups[voter, size]) for size in sizes]
        spreads = [statistics.pstdev(groups[voter, size]) for size in sizes]
        axes.errorbar(
            [1, *sizes], [start, *means], [0, *spreads], marker="o", markersize=4, elinewidth=0.8,
            capsize=2, label=voter,
        )  # fmt: skip
    ranked = [row.f1 for row in outcome.first]
    places = range(1, len(ranked) + 1)
    axes.plot(places, ranked, "k--", linewidth=1, label="first by the ranking")
    best = max(row.f1 for row in single)
    axes.axhline(best, color="#666666", linestyle=":", linewidth=1, label="best single source")
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
    return as_svg(figure)
