"""How time grows with the length of sentences, the size of batches, the number of entities."""

from __future__ import annotations

import random
from typing import Any

from xlner_spacy.aligners.awesome import Awesome
from xlner_spacy.matchers.exact import Exact
from xlner_spacy.matchers.ilp import ILP
from xlner_spacy.types import Proposal

from .given import EN_DE, ENGINES, Gold, afresh, europarl, simalign, word_pairs
from .timing import least

LENGTHS = (10, 25, 50, 100, 200, 400)
BATCHES = (1, 2, 4, 8, 16, 32, 64)
ENTITIES = (1, 5, 10, 25, 50, 100)
TOO_LONG = 5000  # milliseconds after which larger problems are not tried


def growth() -> dict[str, Any]:
    """Milliseconds by words, by pairs in a batch, and by entities."""
    gold = europarl(100)
    return {"words": _words(gold), "batch_size": _batches(gold), "entities": _entities()}


def _words(gold: Gold) -> dict[str, dict[int, float]]:
    """One pair of so many words on both sides. simalign cuts at 512 word pieces."""
    pairs = word_pairs(gold)
    sources = [word for source, _ in pairs for word in source]
    targets = [word for _, target in pairs for word in target]
    package = simalign("itermax")
    report = {
        "simalign": {
            n: least(lambda n=n: package.get_word_aligns(sources[:n], targets[:n]), 3)
            for n in LENGTHS
        }
    }
    for engine in ENGINES:
        aligner = afresh(Awesome(engine=engine))
        report[engine] = {
            n: least(lambda n=n, a=aligner: a([(sources[:n], targets[:n])], **EN_DE), 3)
            for n in LENGTHS
        }
    return report


def _batches(gold: Gold) -> dict[str, dict[int, float]]:
    pairs = word_pairs(gold)[: max(BATCHES)]
    report = {}
    for engine in ENGINES:
        aligner = afresh(Awesome(engine=engine))
        report[engine] = {
            n: round(least(lambda n=n, a=aligner: _in_batches(a, pairs, n), 2) / len(pairs), 2)
            for n in BATCHES
        }
    return report


def _in_batches(aligner: Any, pairs: list, size: int) -> None:
    for start in range(0, len(pairs), size):
        aligner(pairs[start : start + size], **EN_DE)


def _entities() -> dict[str, dict[int, float]]:
    """The largest of five problems."""
    report: dict[str, dict[int, float]] = {}
    for name, matcher in {"exact": Exact(power=3.0), "ILP, HiGHS": ILP(power=3.0)}.items():
        matcher(crowded(random.Random(9), 10))
        report[name] = {}
        for n in ENTITIES:
            problems = [crowded(random.Random(seed), n) for seed in range(5)]
            report[name][n] = max(least(lambda p=p, m=matcher: m(p), 3) for p in problems)
            if report[name][n] > TOO_LONG:
                break
    return report


def crowded(rng: random.Random, entities: int) -> list[Proposal]:
    """So many entities, each with ten places where others want to be, five words apart."""
    problem = set()
    for entity in range(entities):
        middle = rng.randrange(5 * entities)
        for _ in range(10):
            start = min(max(middle + rng.randrange(-4, 5), 0), 490)
            problem.add((entity, start, start + rng.randrange(1, 6)))
    return [Proposal(*place, rng.random()) for place in sorted(problem)]
