"""Alignment beside the simalign package, and the whole projection step beside it and greedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import spacy

from xlner_spacy.aligners.awesome import Awesome
from xlner_spacy.aligners.simalign import SimAlign
from xlner_spacy.evaluation.projection import given

from .given import EN_DE, ENGINES, METHODS, Gold, afresh, paper_greedy, simalign, word_pairs
from .timing import in_turns, rate, ratios

WARM = 8  # pairs that are aligned before the clock starts


def alignment(gold: Gold, repeats: int) -> dict[str, Any]:
    """Our aligner on each engine beside the simalign package, by method."""
    pairs = word_pairs(gold)
    report = {}
    for method in METHODS:
        package = simalign(method)
        ours = {engine: afresh(SimAlign(method=method, engine=engine)) for engine in ENGINES}
        for aligner in ours.values():
            aligner(pairs[:WARM], **EN_DE)
        for pair in pairs[:WARM]:
            package.get_word_aligns(*pair)
        runs: dict[str, Callable[[], Any]] = {
            "simalign": lambda p=package: [p.get_word_aligns(*pair) for pair in pairs],
            **{engine: lambda a=aligner: a(pairs, **EN_DE) for engine, aligner in ours.items()},
        }
        took, results = in_turns(runs, repeats)
        theirs = [set(map(tuple, links[method])) for links in results["simalign"]]
        report[method] = {
            engine: {
                "pairs_a_second": rate(len(pairs), took[engine]),
                "simalign_pairs_a_second": rate(len(pairs), took["simalign"]),
                "times_simalign": ratios(took["simalign"], took[engine]),
                **_differences(theirs, results[engine]),
                "linking_share": _share(aligner.seconds, "link"),
            }
            for engine, aligner in ours.items()
        }
    return report


def _differences(theirs: list[set[Any]], found: list[list[Any]]) -> dict[str, int]:
    ours = [{(link.source, link.target) for link in links} for links in found]
    differ = [len(a ^ b) for a, b in zip(ours, theirs, strict=True)]
    return {
        "links": sum(map(len, theirs)),
        "links_that_differ": sum(differ),
        "pairs_that_differ": sum(map(bool, differ)),
    }


def _share(seconds: dict[str, float], *parts: str) -> float:
    """Of the time without loading."""
    return round(
        sum(seconds[p] for p in parts) / sum(v for k, v in seconds.items() if k != "load"), 4
    )


def projection(gold: Gold, repeats: int) -> dict[str, Any]:
    """From gold entities to placed ones, beside simalign and the paper's greedy matching."""
    nlp = spacy.blank("de")
    component: Any = nlp.add_pipe("xl_projector", config={"source_langs": ["en"]})
    package = simalign("itermax")
    aligners = {engine: afresh(Awesome(engine=engine)) for engine in ENGINES}
    matching = {engine: 0.0 for engine in ENGINES}

    def ours(engine: str, gold: Gold) -> None:
        component.use(aligner=aligners[engine])
        before = dict(component.seconds)
        docs = [given(nlp, target, {"en": source}, "de") for source, target in gold]
        list(component.pipe(docs, batch_size=256))
        matching[engine] += sum(component.seconds[s] - before[s] for s in ("propose", "match"))

    def theirs() -> None:
        for source, target in gold:
            links = package.get_word_aligns(list(source.words), list(target.words))["itermax"]
            entities = [entity[:2] for entity in source.entities]
            paper_greedy(entities, links, len(target.words))

    for engine in ENGINES:
        ours(engine, gold[:WARM])
    runs: dict[str, Callable[[], Any]] = {
        "simalign + greedy": theirs,
        **{engine: lambda e=engine: ours(e, gold) for engine in ENGINES},
    }
    took, _ = in_turns(runs, repeats)
    return {
        engine: {
            "pairs_a_second": rate(len(gold), took[engine]),
            "times_theirs": ratios(took["simalign + greedy"], took[engine]),
            "share_after_encoding": _share(
                aligners[engine].seconds | {"match": matching[engine]}, "link", "match"
            ),
        }
        for engine in ENGINES
    }
