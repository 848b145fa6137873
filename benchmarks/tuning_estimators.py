"""Estimators of which method is best, side by side, and how `xlner tune` does with weights of other languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

from xlner_spacy.evaluation.choice import agreement_f1, choose, independent_agreement
from xlner_spacy.evaluation.evidence import LEANING, Weights, describe, gather
from xlner_spacy.evaluation.metrics import micro_f1
from xlner_spacy.evaluation.rivals import DEFAULT, PROJECTION, TRANSFER
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.solving.bayesian import learn
from xlner_spacy.types import Ballot, Poll

MISSING = (0.0, 0.15, 0.3)
SURE = (0.0, 0.5, 0.6, 0.8, 0.9, 0.95)
RIDGE = 1.0  # of the logistic regression
EVEN = 300.0  # what all items of a language weigh together
Scores = np.ndarray


class Case(NamedTuple):
    """A gold file, and what methods find in it."""

    name: str
    group: str
    words: list[list[str]]
    found: dict[str, list[dict[tuple[int, int, str], float]]]
    gold: list[set[tuple[int, int, str]]]
    scores: list[list[float]]
    f1: np.ndarray  # of the methods, against gold

    @property
    def names(self) -> list[str]:
        """Of the methods."""
        return list(self.found)

    def regret(self, method: str) -> float:
        """How far a method is below the best."""
        return float(self.f1.max() - self.f1[self.names.index(method)])

    def arguments(self) -> tuple[Any, ...]:
        """Those of `gather` and `choose`."""
        witnesses = self.found[PROJECTION], self.found[TRANSFER]
        return self.words, self.found, *witnesses, self.scores


def case(record: Mapping[str, Any]) -> Case:
    """Of what `benchmarks.tuning` keeps."""
    gold = [{(s, e, label) for s, e, label in own} for own in record["gold"]]
    found = {
        name: [{(s, e, label): sure for s, e, label, sure in own} for own in texts]
        for name, texts in record["found"].items()
    }
    f1 = np.array([micro_f1([set(own) for own in texts], gold) for texts in found.values()])
    scores = [[s for s in own if s is not None] for own in record["scores"]]
    return Case(record["name"], record["group"], record["words"], found, gold, scores, f1)


def learn_weights(cases: Sequence[Case], missing: float) -> Weights:
    """Logistic regression with a ridge, by Newton's method; every language weighs the same."""
    groups = Counter(case.group for case in cases)
    rows: list[dict[str, float]] = []
    right: list[bool] = []
    weight: list[float] = []
    for own in cases:
        lean = gather(*own.arguments(), Weights({}, {}, 0.0)).lean(np.ones(len(own.words)))
        items = list(describe(*own.arguments()[:-1]))
        for text, entity, features in items:
            leaning = {f"lean * {k}": lean * features.get(k, 0.0) for k in LEANING}
            rows.append(features | leaning)
            right.append(entity in own.gold[text])
            weight.append(EVEN / len(items) / groups[own.group])
    names = sorted({name for row in rows for name in row})
    x = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    y, w = np.array(right, dtype=float), np.array(weight)
    theta = np.zeros(len(names))
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ theta))
        slope = x.T @ (w * (p - y)) + RIDGE * theta
        curve = (x.T * (w * p * (1 - p))) @ x + RIDGE * np.eye(len(names))
        theta -= np.linalg.solve(curve, slope)
    found = dict(zip(names, theta.tolist(), strict=True))
    base = {k: round(v, 3) for k, v in found.items() if not k.startswith("lean * ")}
    leaning = {k: round(found[f"lean * {k}"], 3) for k in LEANING}
    return Weights(base, leaning, missing)


# Estimators without any weights that are learnt: scores of the methods.


def agreement(own: Case) -> Scores:
    """Mean F1 against the others."""
    texts = list(own.found.values())
    return np.array([np.mean([agreement_f1(a, b) for b in texts if b is not a]) for a in texts])


def weighted_agreement(own: Case) -> Scores:
    """The same; methods that are alike count as about one."""
    return independent_agreement(list(own.found.values()))


def bea(own: Case) -> Scores:
    """F1 expected by BEA with methods as voters, each half of the texts by what is learnt on the other;
    a voter weighs the less the more are like it."""
    texts = list(own.found.values())
    alike = np.array([[agreement_f1(one, other) for other in texts] for one in texts])
    weights = dict(zip(own.found, (1 / (alike**4).sum(axis=1)).tolist(), strict=True))
    polls = [
        Poll(
            [Ballot(name, *e, 1.0, None) for name, found in own.found.items() for e in found[n]],
            weights,
        )
        for n in range(len(own.words))
    ]
    habits = [learn(polls[1::2]), learn(polls[0::2])]
    right = [
        {
            (item.start, item.end, label): p
            for item, labels in habits[n % 2].posteriors(poll)
            for label, p in labels.items()
        }
        for n, poll in enumerate(polls)
    ]
    there = sum(p for own_text in right for (*_, label), p in own_text.items() if label)
    return np.array(
        [
            2
            * sum(right[n].get(e, 0.0) for n, text in enumerate(found) for e in text)
            / (there + sum(map(len, found)))
            for found in texts
        ]
    )


def confidence(own: Case) -> Scores:
    """F1 expected if the confidences of projection and transfer were probabilities."""
    right = [
        {e: 1 - (1 - a.get(e, 0.0)) * (1 - b.get(e, 0.0)) for e in {**a, **b}}
        for a, b in zip(own.found[PROJECTION], own.found[TRANSFER], strict=True)
    ]
    there = sum(p for text in right for p in text.values())
    return np.array(
        [
            2
            * sum(right[n].get(e, 0.0) for n, text in enumerate(found) for e in text)
            / (there + sum(map(len, found)))
            for found in own.found.values()
        ]
    )


def consistency(own: Case) -> Scores:
    """How often the same words have the same label where they occur again."""
    return np.array([_consistency(own.words, found) for found in own.found.values()])


def _consistency(words: Sequence[Sequence[str]], found: Sequence[Any]) -> float:
    known: dict[tuple[str, ...], Counter[str]] = {}
    for text, entities in zip(words, found, strict=True):
        for start, end, label in entities:
            known.setdefault(tuple(text[start:end]), Counter())[label] += 1
    lengths = {len(key) for key in known}
    occurs: Counter[tuple[str, ...]] = Counter(
        tuple(text[k : k + n]) for text in words for n in lengths for k in range(len(text) - n + 1)
    )
    same = sum(n * (n - 1) for labels in known.values() for n in labels.values())
    again = sum(n * (occurs[key] - 1) for key, labels in known.items() for n in labels.values())
    return same / max(1, again)


ESTIMATORS: dict[str, Callable[[Case], Scores]] = {
    "agreement": agreement,
    "agreement, independent": weighted_agreement,
    "BEA, independent": bea,
    "confidences as they are": confidence,
    "consistency of strings": consistency,
}


def report(records: Sequence[Mapping[str, Any]], folder: Path, *, weights: bool) -> None:
    """Write tuning.json and tuning.md; print the weights if they are asked for."""
    cases = [case(record) for record in records]
    if weights:
        print(learn_weights(cases, 0.15))
    rows = {own.name: _row(own) for own in cases}
    fixed = sorted(set.intersection(*(set(own.names) for own in cases)))
    for group in sorted({own.group for own in cases}):
        others = [own for own in cases if own.group != group]
        kind = min(fixed, key=lambda name: mean({c.name: c.regret(name) for c in others}, others))
        for missing in MISSING:
            learnt = learn_weights(others, missing)
            for own in cases:
                if own.group == group:
                    rows[own.name]["regret"]["best fixed, by other languages"] = own.regret(kind)
                    rows[own.name]["tune"][str(missing)] = _tune(own, learnt)
    write_json(folder / "tuning.json", rows)
    with atomic_file(folder / "tuning.md") as file:
        file.write(_markdown(rows, cases, fixed).encode())


def mean(regrets: Mapping[str, float], cases: Sequence[Case]) -> float:
    """The mean of languages, each the mean of its files."""
    groups = Counter(own.group for own in cases)
    return sum(regrets[own.name] / groups[own.group] for own in cases) / len(groups)


def _row(own: Case) -> dict[str, Any]:
    scores = {name: estimate(own) for name, estimate in ESTIMATORS.items()}
    regret = {name: own.regret(own.names[int(s.argmax())]) for name, s in scores.items()}
    regret["random"] = float(own.f1.max() - own.f1.mean())
    return {
        "f1": dict(zip(own.names, own.f1.tolist(), strict=True)),
        "regret": regret,
        "rank": {name: float(spearmanr(s, own.f1).statistic) for name, s in scores.items()},
        "tune": {},
    }


def _tune(own: Case, learnt: Weights) -> dict[str, Any]:
    found = choose(*own.arguments(), weights=learnt, sure=0.0)
    estimates = found.estimates
    default = own.f1[own.names.index(DEFAULT)]
    gains = [(estimates[n].gain, f - default) for n, f in zip(own.names, own.f1, strict=True)]
    return {
        "best": found.best,
        "lean": round(found.lean, 3),
        "above": estimates[found.best].above,
        "gain": round(estimates[found.best].gain, 4),
        "true gain": round(float(own.f1[own.names.index(found.best)] - default), 4),
        "chosen": {
            str(sure): found.best if estimates[found.best].above >= sure else DEFAULT
            for sure in SURE
        },
        "rank": float(spearmanr([estimates[n].f1 for n in own.names], own.f1).statistic),
        "error": float(np.mean([abs(one - other) for one, other in gains])),
        "F1 error": float(
            np.mean([abs(estimates[n].f1 - f) for n, f in zip(own.names, own.f1, strict=True)])
        ),
    }


def _markdown(rows: Mapping[str, Any], cases: Sequence[Case], fixed: Sequence[str]) -> str:
    lines = ["| what chooses | mean regret | greatest | rank correlation |", "| --- " * 4 + "|"]

    def add(name: str, regrets: dict[str, float], rank: str = "") -> None:
        worst = max(regrets.values())
        lines.append(f"| {name} | {mean(regrets, cases):.4f} | {worst:.4f} | {rank} |")

    for name in fixed:
        add(f"always {name}", {own.name: own.regret(name) for own in cases})
    for name in next(iter(rows.values()))["regret"]:
        ranks = [row["rank"][name] for row in rows.values() if name in row["rank"]]
        rank = f"{np.mean(ranks):.2f}" if ranks else ""
        add(name, {n: row["regret"][name] for n, row in rows.items()}, rank)
    for missing in map(str, MISSING):
        rank = f"{np.mean([row['tune'][missing]['rank'] for row in rows.values()]):.2f}"
        for sure in map(str, SURE):
            chosen = {n: row["tune"][missing]["chosen"][sure] for n, row in rows.items()}
            regrets = {own.name: own.regret(chosen[own.name]) for own in cases}
            add(f"tune, missing {missing}, sure {sure}", regrets, rank)
    lines += [
        "",
        "| gold | methods | default | best | F1 | tune, 0.15 | F1 | above | gain | true |",
    ]
    lines.append("| --- " * 10 + "|")
    for own in cases:
        row = rows[own.name]
        found, f1 = row["tune"]["0.15"], row["f1"]
        best = max(f1, key=f1.__getitem__)
        cells = [own.name, len(f1), f"{f1[DEFAULT]:.4f}", best, f"{f1[best]:.4f}"]
        cells += [found["best"], f"{f1[found['best']]:.4f}", f"{found['above']:.2f}"]
        cells += [f"{found['gain']:+.4f}", f"{found['true gain']:+.4f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"
