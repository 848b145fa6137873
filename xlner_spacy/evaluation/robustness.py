"""What becomes of pipelines on changed copies of gold texts: from what they find to figures."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, groupby

from spacy.language import Language
from spacy.tokens import Doc

from ..perturbations.names import Names
from .compare import check_outcome
from .copies import Copy
from .kept_findings import Found, found_on
from .kinds_of_errors import kinds_of_errors
from .metrics import TokenEntity, interval, micro_f1, only
from .paired import f1_difference
from .predicting import predict
from .suite import CLEAN

Entities = list[set[TokenEntity]]


@dataclass(frozen=True)
class Kinds:
    """What became of the entities, by number; the mean of the copies.

    right, wrong_label, wrong_words, missed: Of the gold entities. The words are wrong where an entity was
        found that has some of them, whatever its label.
    made_up: Entities that were found where there is none.
    """

    right: float
    wrong_label: float
    wrong_words: float
    missed: float
    made_up: float


@dataclass(frozen=True)
class Row:
    """A pipeline on the copies of one change.

    change (str), strength (float): As in the suite.
    copies (int): How many seeds it was measured with; the figures are means of them.
    f1 (float), f1_of_copies, spread (float): The mean, each, and their standard deviation.
    interval: 95%, of F1, by bootstrap over texts; the copies of a text are drawn together.
    clean_f1 (float): F1 of the same pipeline on the texts as they are.
    drop (float): (clean_f1 - f1) / clean_f1; None where that is nothing.
    recall_seen, recall_unseen (float): Of gold entities whose name is, or is not, in the training corpus with
        their label, before letters were changed. None without such a corpus, or such entities.
    n_seen, n_unseen (int): Their number in all copies.
    failed (int): Texts that the pipeline failed on, of all copies.
    seconds (float): Of all copies.
    """

    pipeline: str
    change: str
    strength: float
    copies: int
    f1: float
    f1_of_copies: list[float]
    spread: float
    interval: list[float]
    precision: float
    recall: float
    clean_f1: float
    drop: float | None
    recall_seen: float | None
    n_seen: int
    recall_unseen: float | None
    n_unseen: int
    kinds: Kinds
    failed: int
    seconds: float


@dataclass(frozen=True)
class Pair:
    """The F1 of the first pipeline less that of the second on the copies of one change, with its 95% interval
    by paired bootstrap."""

    change: str
    first: str
    second: str
    difference: float
    low: float
    high: float
    is_sure: bool


def find(nlp: Language, copy: Copy, *, quiet: bool = True) -> Found:
    """Run a pipeline on a copy. The labels are not shown to it.

    RAISES: BackendError if it fails on every text.
    """
    docs = [Doc(nlp.vocab, words=list(t.words), spaces=list(t.spaces)) for t in copy.texts]
    started = time.perf_counter()
    predicted = predict(nlp, docs, quiet=quiet)
    seconds = time.perf_counter() - started
    check_outcome(predicted)
    return found_on(predicted, seconds)


def measure(
    nlp: Language,
    copies: Sequence[Copy],
    *,
    name: str = "pipeline",
    seen: Names | None = None,
    labels: list[str] | None = None,
) -> list[Row]:
    """The figures of one pipeline, a row for each change.

    copies: Of `make_copies`; the clean texts among them.
    seen (Names): The names of the training corpus.
    labels (list): Score these only.
    """
    return rows_of(name, copies, [find(nlp, copy) for copy in copies], seen=seen, labels=labels)


def rows_of(
    pipeline: str,
    copies: Sequence[Copy],
    found: Sequence[Found],
    *,
    seen: Names | None = None,
    labels: list[str] | None = None,
) -> list[Row]:
    """The figures of a pipeline from what it has found in each copy; arguments as of `measure`."""
    by_change = _by_change(copies, found)
    (clean_copy,), (clean,) = by_change[CLEAN]
    clean_f1 = micro_f1([only(e, labels) for e in clean.entities], clean_copy.gold)
    return [
        _row(pipeline, own, results, clean_f1, seen, labels) for own, results in by_change.values()
    ]


def _by_change(
    copies: Sequence[Copy], found: Sequence[Found]
) -> dict[str, tuple[list[Copy], list[Found]]]:
    pairs = zip(copies, found, strict=True)
    groups: dict[str, tuple[list[Copy], list[Found]]] = {}
    for change, group in groupby(pairs, key=lambda pair: pair[0].change.name):
        own = list(group)
        groups[change] = [copy for copy, _ in own], [result for _, result in own]
    return groups


def _row(
    pipeline: str,
    copies: Sequence[Copy],
    found: Sequence[Found],
    clean_f1: float,
    seen: Names | None,
    labels: list[str] | None,
) -> Row:
    predicted = [[only(e, labels) for e in result.entities] for result in found]
    gold = [copy.gold for copy in copies]
    f1s = [micro_f1(own, wanted) for own, wanted in zip(predicted, gold, strict=True)]
    f1 = statistics.fmean(f1s)
    all_found, all_gold = pooled(predicted), pooled(gold)
    correct = sum(len(f & g) for f, g in zip(all_found, all_gold, strict=True))
    recall_seen, n_seen = _recall(copies, predicted, seen, known=True)
    recall_unseen, n_unseen = _recall(copies, predicted, seen, known=False)
    return Row(
        pipeline=pipeline,
        change=copies[0].change.name,
        strength=copies[0].change.strength,
        copies=len(copies),
        f1=round(f1, 4),
        f1_of_copies=f1s,
        spread=round(statistics.stdev(f1s), 4) if len(f1s) > 1 else 0.0,
        interval=interval(all_found, all_gold),
        precision=_share(correct, sum(map(len, all_found))),
        recall=_share(correct, sum(map(len, all_gold))),
        clean_f1=clean_f1,
        drop=round((clean_f1 - f1) / clean_f1, 4) if clean_f1 else None,
        recall_seen=recall_seen,
        n_seen=n_seen,
        recall_unseen=recall_unseen,
        n_unseen=n_unseen,
        kinds=_kinds(predicted, gold),
        failed=sum(result.failed for result in found),
        seconds=round(sum(result.seconds for result in found), 3),
    )


def pooled(copies: Sequence[Entities]) -> Entities:
    """The entities of several copies of the same texts, by text: a text is then drawn with all its
    copies. The copy is written into the label, so that each entity is counted in its own."""
    return [
        {(start, end, f"{n} {label}") for n, own in enumerate(row) for start, end, label in own}
        for row in zip(*copies, strict=True)
    ]


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _recall(
    copies: Sequence[Copy], found: Sequence[Entities], seen: Names | None, *, known: bool
) -> tuple[float | None, int]:
    if seen is None:
        return None, 0
    right = total = 0
    for copy, predicted in zip(copies, found, strict=True):
        for text, names, own in zip(copy.texts, copy.names, predicted, strict=True):
            for entity, name in zip(text.entities, names, strict=True):
                if seen.has(entity.label, name) == known:
                    total += 1
                    right += tuple(entity) in own
    return (_share(right, total) if total else None), total


def _kinds(found: Sequence[Entities], gold: Sequence[Entities]) -> Kinds:
    counts: Counter[str] = Counter()
    for own, wanted in zip(found, gold, strict=True):
        counts["right"] += sum(len(f & g) for f, g in zip(own, wanted, strict=True))
        counts.update(kinds_of_errors(own, wanted))
    names = (field.name for field in fields(Kinds))
    return Kinds(**{name: round(counts[name] / len(gold), 1) for name in names})


def pairs_of(
    copies: Sequence[Copy],
    found: Mapping[str, Sequence[Found]],
    *,
    labels: list[str] | None = None,
) -> list[Pair]:
    """Each two pipelines on the copies of each change.

    found (Mapping): For each pipeline, what it has found in each copy.
    """
    every = {name: _by_change(copies, own) for name, own in found.items()}
    pairs = []
    for first, second in combinations(every, 2):
        for change, (own, first_found) in every[first].items():
            both = [
                pooled([[only(e, labels) for e in result.entities] for result in results])
                for results in (first_found, every[second][change][1])
            ]
            difference = f1_difference(both[0], both[1], pooled([copy.gold for copy in own]))
            pairs.append(Pair(change, first, second, *difference, difference.is_sure))
    return pairs
