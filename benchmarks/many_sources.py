"""Many voters on texts that a machine has translated, and what they could reach (docs/studies/many-sources.md).

    XLNER_DATA=... python -m benchmarks.many_sources [--only PATTERN] [--kept FOLDER]

writes benchmarks/results/many_sources.json and many_sources.md. Views (benchmarks/views.py) are voters. The first texts of each
gold file are for choosing among combinations by their labels, and for `xlner.BEA.v1` to learn from, without labels; the
figures are those of the other texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.languages import RESULTS, gold_material
from benchmarks.views import Asked, figures, hear_all
from xlner_spacy.evaluation.metrics import TokenEntity, micro_f1
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.pipeline.stages.match import OWN, OWN_WEIGHT
from xlner_spacy.solving.bayesian import learn
from xlner_spacy.types import Poll, Vote
from xlner_spacy.voters.agreement import Agreement
from xlner_spacy.voters.bea import BEA
from xlner_spacy.voters.consensus import Consensus
from xlner_spacy.voters.rover import Rover

FOR_CHOOSING = {"basque": 200, "croatian": 200}
# Among these is chosen; all with two voters or three.
OWN_WEIGHTS = (OWN_WEIGHT, 1.0, 1.5, 2.0)
THRESHOLDS = (0.2, 0.34, 0.5)
AT_MOST = 3

Decide = Callable[[list[Poll]], list[list[Vote]]]


def systems(chosen_on: Asked) -> Iterator[tuple[str, Decide, dict[str, float]]]:
    """Name, voter, and the weights of those that vote.

    chosen_on (Asked): What there is to choose by, and to learn from.
    """
    single = [who for who in chosen_on.by_view if who != OWN]
    langs = [who for who in single if len(who) == 2]
    yield "the text itself", Agreement(), {OWN: 1.0}
    for who in single:
        yield f"{who} alone", Consensus(), {who: 1.0}
    for who in single:
        yield f"{who}, the text itself", Consensus(), {who: 1.0, OWN: OWN_WEIGHT}
    for words, among in (("all languages", langs), ("all views", single)):
        yield f"{words}, no voice", Consensus(), dict.fromkeys(among, 1.0)
        weights = {**dict.fromkeys(among, 1.0), OWN: OWN_WEIGHT * len(among)}
        for name, voter in (("Consensus", Consensus()), ("Rover", Rover()), ("BEA", BEA())):
            yield f"{words}, {name}", voter, weights
        fixed = {**weights, OWN: OWN_WEIGHT}
        yield f"{words}, Consensus, fixed weight of the text itself", Consensus(), fixed
        polls = chosen_on.polls(weights)
        yield f"{words}, BEA learnt", BEA.of(learn(polls)), weights
        if len(weights) > 3:
            yield f"{words}, BEA learnt, 3 kept", BEA.of(learn(polls, 3)), weights
    best = max(_choices(chosen_on), key=lambda choice: choice[0])
    _, threshold, weights = best
    yield f"chosen: {_words(weights, threshold)}", Consensus(threshold), weights


def _choices(asked: Asked) -> Iterator[tuple[float, float, dict[str, float]]]:
    """F1 on these texts of every combination: threshold and weights."""
    single = [who for who in asked.by_view if who != OWN]
    for n in range(1, AT_MOST):
        for views in combinations(single, n):
            for own in OWN_WEIGHTS:
                weights = {**dict.fromkeys(views, 1.0), OWN: own}
                for threshold in THRESHOLDS:
                    found = asked.found(Consensus(threshold), weights)
                    yield micro_f1(found, asked.gold), threshold, weights


def _words(weights: Mapping[str, float], threshold: float) -> str:
    return ", ".join(f"{who} {w:.2g}" for who, w in weights.items()) + f"; over {threshold}"


def oracle(asked: Asked, views: list[str]) -> dict[str, float]:
    """What a vote could reach that is always right: everything right that some view has, and
    nothing else; and the same if it could also give each span that some view has its gold label."""
    polls = asked.polls(dict.fromkeys(views, 1.0))
    proposed = [{(b.start, b.end, b.label) for b in poll.ballots} for poll in polls]
    spans = [{e[:2] for e in text} for text in proposed]
    right = [text & gold for text, gold in zip(proposed, asked.gold, strict=True)]
    placed = [{e for e in gold if e[:2] in s} for s, gold in zip(spans, asked.gold, strict=True)]
    return {"vote": micro_f1(right, asked.gold), "labels too": micro_f1(placed, asked.gold)}


def errors(asked: Asked) -> dict[str, dict[str, int]]:
    """For each view its wrong entities and missed ones, and how many of them the text itself shares."""
    found = {who: asked.found(Agreement(), {who: 1.0}) for who in asked.by_view}
    own_wrong, own_missed = _errors(found[OWN], asked.gold)
    table = {}
    for who, rows in found.items():
        wrong, missed = _errors(rows, asked.gold)
        table[who] = {
            "wrong": len(wrong),
            "wrong, as in the text itself": len(wrong & own_wrong),
            "missed": len(missed),
            "missed, as in the text itself": len(missed & own_missed),
        }
    return table


def _errors(
    found: list[set[TokenEntity]], gold: list[set[TokenEntity]]
) -> tuple[set[tuple[int, TokenEntity]], set[tuple[int, TokenEntity]]]:
    pairs = list(enumerate(zip(found, gold, strict=True)))
    wrong = {(n, entity) for n, (own, right) in pairs for entity in own - right}
    missed = {(n, entity) for n, (own, right) in pairs for entity in right - own}
    return wrong, missed


def measure(asked: Asked, first: int) -> dict[str, Any]:
    """All systems on the texts from `first` on."""
    rest = asked.part(first, None)
    result: dict[str, Any] = {"texts": len(rest.gold), "entities": sum(map(len, rest.gold))}
    chosen_on = asked.part(0, first)
    result["systems"] = {
        name: {
            **figures(rest.found(decide, weights), rest.gold),
            "for choosing": micro_f1(chosen_on.found(decide, weights), chosen_on.gold),
        }
        for name, decide, weights in systems(chosen_on)
    }
    views = list(asked.by_view)
    named: dict[str, list[str]] = {"the text itself": [OWN], "all views": views}
    named["languages, the text itself"] = [who for who in views if who == OWN or len(who) == 2]
    result["oracle"] = {name: oracle(rest, own) for name, own in named.items()}
    result["errors"] = errors(rest)
    return result


def markdown(results: Mapping[str, dict[str, Any]]) -> str:
    """Three tables for each gold file."""
    lines = []
    for name, result in results.items():
        lines += [f"## {name}: {result['texts']} texts, {result['entities']} entities", ""]
        lines += ["| system | F1 | 95% | spans | texts for choosing |", "| --- " * 5 + "|"]
        for system, own in result["systems"].items():
            low, high = own["interval"]
            cells = f"{own['f1']:.4f} | {low:.3f}-{high:.3f} | {own['spans']:.3f}"
            lines.append(f"| {system} | {cells} | {own['for choosing']:.4f} |")
        lines += ["", "| a perfect vote of | F1 | with perfect labels |", "| --- " * 3 + "|"]
        lines += [
            f"| {views} | {own['vote']:.4f} | {own['labels too']:.4f} |"
            for views, own in result["oracle"].items()
        ]
        kinds = list(next(iter(result["errors"].values())))
        lines += ["", f"| | {' | '.join(kinds)} |", "| --- " * (len(kinds) + 1) + "|"]
        lines += [
            f"| {who} | {' | '.join(str(own[kind]) for kind in kinds)} |"
            for who, own in result["errors"].items()
        ]
        lines.append("")
    return "\n".join(lines)


def main(
    only: Annotated[str, typer.Option(help="Names of gold files, with * and ?.")] = "*",
    kept: Annotated[Path | None, typer.Option(help="Where ballots are kept.")] = None,
    output: Annotated[Path, typer.Option(help="Where both files go.")] = RESULTS,
) -> None:
    """Measure; what is in the output of an earlier run is not measured again."""
    for folder in filter(None, (output, kept)):
        folder.mkdir(parents=True, exist_ok=True)
    file = output / "many_sources.json"
    results: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.is_file() else {}
    for name, first in FOR_CHOOSING.items():
        if fnmatch(name, only) and name not in results:
            material, right = gold_material(name)
            results[name] = measure(Asked(hear_all(material, kept), right), first)
            write_json(file, results)
    with atomic_file(output / "many_sources.md") as out:
        out.write(markdown(results).encode())


if __name__ == "__main__":
    typer.run(main)
