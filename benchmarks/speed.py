"""How fast it is, beside others on the same sentences, in one run.

    XLNER_DATA=... python benchmarks/speed.py [--pairs 60] [--repeats 3] [--texts 200] [--threads N]

writes benchmarks/results/speed.json, speed.md and speed.png. What is compared runs in turns, so
that other load on the machine strikes all alike; ratios are of one turn, and stand beside the
smallest and the largest. CPU time stands beside wall time because it shows what is done, whoever
else uses the cores.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import random
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import spacy
import torch
from simalign import SentenceAligner
from threadpoolctl import threadpool_limits

from xlner_spacy import defaults
from xlner_spacy.aligners.awesome import Awesome
from xlner_spacy.aligners.simalign import EMBEDDED_LAYER, SimAlign
from xlner_spacy.benchmarks.corpora import read_pairs
from xlner_spacy.benchmarks.run import given_pair
from xlner_spacy.corpus.conll import GoldSentence, read_conll
from xlner_spacy.corpus.texts import atomic_file
from xlner_spacy.matchers.exact import Exact
from xlner_spacy.matchers.ilp import ILP
from xlner_spacy.offline.encoder import encoder_path
from xlner_spacy.types import Proposal

DATA = Path(os.environ.get("XLNER_DATA", "assets"))
RESULTS = Path(__file__).parent / "results"
LETTERS = {"inter": "a", "itermax": "i", "mwmf": "m"}
ENGINES = ["torch"]
if importlib.util.find_spec("openvino"):
    ENGINES += ["openvino", "openvino-int8"]
Gold = list[tuple[GoldSentence, GoldSentence]]


class Took(NamedTuple):
    """Seconds of one run."""

    wall: float
    cpu: float


def timed(run: Callable[[], Any]) -> tuple[Took, Any]:
    """What a call took, and its result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return Took(time.perf_counter() - wall, time.process_time() - cpu), result


def in_turns(
    runs: dict[str, Callable[[], Any]], repeats: int
) -> tuple[dict[str, list[Took]], dict[str, Any]]:
    """Each of them `repeats` times, one after the other, after one call that is not counted."""
    results = {name: run() for name, run in runs.items()}
    took: dict[str, list[Took]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            took[name].append(timed(run)[0])
    return took, results


def ratios(slow: Sequence[Took], fast: Sequence[Took]) -> dict[str, list[float]]:
    """How many times as fast, turn by turn: median, smallest, largest; of wall and CPU time."""
    return {
        kind: _spread(
            [getattr(a, kind) / getattr(b, kind) for a, b in zip(slow, fast, strict=True)]
        )
        for kind in Took._fields
    }


def _spread(values: list[float]) -> list[float]:
    return [round(v, 2) for v in (median(values), min(values), max(values))]


def europarl(count: int) -> Gold:
    """So many pairs of Europarl en-de, from all over the file."""
    folder = DATA / "europarl_ner"
    pairs, _ = read_pairs(folder / "en-europarl.test.conll02", folder / "de-europarl.test.conll02")
    return pairs[:: max(1, len(pairs) // count)][:count]


def afresh(aligner: Any) -> Any:
    """Without the memory of sentences that it has encoded."""
    aligner.encoder.kept_bytes = 0
    return aligner


def alignment(gold: Gold, repeats: int) -> dict[str, Any]:
    """Our aligner on each engine beside the simalign package, by method."""
    pairs = [(list(s.words), list(t.words)) for s, t in gold]
    report = {}
    for method, letter in LETTERS.items():
        package = SentenceAligner(
            str(encoder_path()), "bpe", matching_methods=letter, layer=EMBEDDED_LAYER
        )
        ours = {e: afresh(SimAlign(method=method, engine=e)) for e in ENGINES}
        runs: dict[str, Callable[[], Any]] = {
            "simalign": lambda p=package: [p.get_word_aligns(*pair) for pair in pairs],
            **{e: lambda a=aligner: a(pairs) for e, aligner in ours.items()},
        }
        took, results = in_turns(runs, repeats)
        theirs = [set(map(tuple, links[method])) for links in results["simalign"]]
        report[method] = {}
        for engine, aligner in ours.items():
            links = [{(link.source, link.target) for link in found} for found in results[engine]]
            seconds = aligner.seconds
            report[method][engine] = {
                "pairs_a_second": round(len(pairs) / median(t.wall for t in took[engine]), 1),
                "simalign_pairs_a_second": round(
                    len(pairs) / median(t.wall for t in took["simalign"]), 1
                ),
                "times_simalign": ratios(took["simalign"], took[engine]),
                "links": sum(map(len, theirs)),
                "links_that_differ": sum(len(a ^ b) for a, b in zip(links, theirs, strict=True)),
                "linking_share": round(seconds["link"] / (seconds["encode"] + seconds["link"]), 3),
            }
    return report


def projection(gold: Gold, repeats: int) -> dict[str, Any]:
    """From gold entities to placed ones, beside simalign and the paper's greedy matching."""
    nlp = spacy.blank("de")
    component: Any = nlp.add_pipe("xl_projector", config={"source_lang": "en"})
    package = SentenceAligner(
        str(encoder_path()), "bpe", matching_methods="i", layer=EMBEDDED_LAYER
    )

    def ours(engine: str) -> None:
        component.use(aligner=engines[engine])
        docs = [given_pair(nlp, source, target, "en", "de") for source, target in gold]
        list(component.pipe(docs, batch_size=256))

    def theirs() -> None:
        for source, target in gold:
            links = package.get_word_aligns(list(source.words), list(target.words))["itermax"]
            entities = [entity[:2] for entity in source.entities]
            paper_greedy(entities, links, len(target.words))

    engines = {engine: afresh(Awesome(engine=engine)) for engine in ENGINES}
    runs = {"simalign + greedy": theirs, **{e: lambda e=e: ours(e) for e in ENGINES}}
    took, _ = in_turns(runs, repeats)
    return {
        engine: {
            "pairs_a_second": round(len(gold) / median(t.wall for t in took[engine]), 1),
            "times_theirs": ratios(took["simalign + greedy"], took[engine]),
        }
        for engine in ENGINES
    }


def paper_greedy(
    entities: Iterable[tuple[int, int]], links: Iterable[tuple[int, int]], length: int
) -> list[tuple[int, int, int]]:
    """arXiv 2501.18750, written down plainly: all n-grams up to 10 words, greedily."""
    links = list(links)
    scored = []
    for entity, (first, last) in enumerate(entities):
        for start in range(length):
            for end in range(start + 1, min(start + 10, length) + 1):
                count = sum(first <= s < last and start <= t < end for s, t in links)
                scored.append((count / (last - first + end - start), entity, start, end))
    placed: list[tuple[int, int, int]] = []
    for score, entity, start, end in sorted(scored, key=lambda item: -item[0]):
        free = all(entity != e and (end <= s or start >= t) for e, s, t in placed)
        if score > 0 and free:
            placed.append((entity, start, end))
    return placed


def matching(gold: Gold, repeats: int) -> dict[str, Any]:
    """The matchers on the default's proposals of these pairs."""
    problems = proposals(gold)
    matchers = {
        "exact": Exact(power=3.0),
        "PuLP with HiGHS": ILP(solver="highs", power=3.0),
        "PuLP with CBC": ILP(solver="cbc", power=3.0),
    }
    runs: dict[str, Callable[[], Any]] = {
        name: lambda m=matcher: [m(problem) for problem in problems]
        for name, matcher in matchers.items()
    }
    runs["the plain ILP with CBC"] = lambda: [plain_ilp(problem, 3.0) for problem in problems]
    took, results = in_turns(runs, repeats)
    ours = results["exact"]
    best = results["the plain ILP with CBC"]
    same_value = sum(
        abs(sum(p.score**3 for p in found) - value) < 1e-6
        for found, value in zip(ours, best, strict=True)
    )
    return {
        "sentences": len(problems),
        "same_optimum_as_the_plain_ilp": same_value,
        "ms_a_sentence": {
            name: _spread([t.wall / len(problems) * 1000 for t in turns])
            for name, turns in took.items()
        },
        "times": {name: ratios(took[name], took["exact"]) for name in took if name != "exact"},
    }


def plain_ilp(problem: Sequence[Proposal], power: float) -> float:
    """The largest sum, from CBC as PuLP calls it: one programme a sentence, without ties."""
    import pulp

    if not problem:
        return 0.0
    model = pulp.LpProblem("match", pulp.LpMaximize)
    chosen = [pulp.LpVariable(f"x{n}", cat="Binary") for n in range(len(problem))]
    model += pulp.lpSum(p.score**power * x for p, x in zip(problem, chosen, strict=True))
    for entity in {p.entity for p in problem}:
        model += pulp.lpSum(chosen[n] for n, p in enumerate(problem) if p.entity == entity) <= 1
    for word in {word for p in problem for word in range(p.start, p.end)}:
        covering = [chosen[n] for n, p in enumerate(problem) if p.start <= word < p.end]
        model += pulp.lpSum(covering) <= 1
    model.solve(pulp.PULP_CBC_CMD(msg=False))
    return float(pulp.value(model.objective) or 0.0)


def proposals(gold: Gold) -> list[list[Proposal]]:
    """What the default has for its matcher to choose from, for each pair."""
    nlp = spacy.blank("de")
    component: Any = nlp.add_pipe("xl_projector", config={"source_lang": "en"})
    docs = [given_pair(nlp, source, target, "en", "de") for source, target in gold]
    for _ in component.pipe(docs, batch_size=256):
        pass
    return [
        [Proposal(c["entity"], c["start"], c["end"], c["score"]) for c in doc._.xl_candidates]
        for doc in docs
    ]


def end_to_end(count: int, repeats: int) -> dict[str, Any]:
    """Portuguese texts through the whole pipeline: `nlp.pipe` beside a loop, and the stages."""
    gold = read_conll(DATA / "uner_pud" / "pt_pud-ud-test.iob2")[:count]
    texts = [sentence.text or " ".join(sentence.words) for sentence in gold]
    nlp = spacy.blank("pt")
    component: Any = nlp.add_pipe("xl_projector")
    aligners = [s.aligner for s in component.stages if hasattr(s, "aligner")]
    for aligner in aligners:
        afresh(aligner)
    list(nlp.pipe(texts[:4]))
    runs: dict[str, Callable[[], Any]] = {
        "loop": lambda: [nlp(text) for text in texts],
        "pipe": lambda: list(nlp.pipe(texts, batch_size=128)),
    }
    took: dict[str, list[Took]] = {name: [] for name in runs}
    shares: dict[str, float] = {}
    for _ in range(repeats):
        for name, run in runs.items():
            before = dict(component.seconds)
            took[name].append(timed(run)[0])
            if name == "pipe":
                spent = {k: v - before[k] for k, v in component.seconds.items()}
                shares = {k: round(v / sum(spent.values()), 3) for k, v in spent.items()}
    return {
        "texts": len(texts),
        "texts_a_second": round(len(texts) / median(t.wall for t in took["pipe"]), 1),
        "pipe_times_loop": ratios(took["loop"], took["pipe"]),
        "shares_of_pipe": shares,
    }


def growth(gold: Gold) -> dict[str, Any]:
    """Milliseconds by length of the sentences, by batch size, and by number of entities."""
    words = [(list(s.words), list(t.words)) for s, t in gold]
    sources = [word for source, _ in words for word in source]
    targets = [word for _, target in words for word in target]
    some = words[:32]
    report: dict[str, Any] = {"words": {}, "batch_size": {}, "entities": {}}
    for engine in ENGINES:
        aligner = afresh(Awesome(engine=engine))
        report["words"][engine] = {
            n: _least(lambda n=n, a=aligner: a([(sources[:n], targets[:n])]), 3)
            for n in (10, 25, 50, 100, 200, 400)
        }
        report["batch_size"][engine] = {
            n: round(_least(lambda n=n, a=aligner: _in_batches(a, some, n), 2) / len(some), 2)
            for n in (1, 4, 16, 32)
        }
    rng = random.Random(0)
    for matcher_name, matcher in {"exact": Exact(power=3.0), "HiGHS": ILP(power=3.0)}.items():
        report["entities"][matcher_name] = {}
        for n in (1, 5, 10, 25, 50, 100):
            problem = _dense(rng, n)
            report["entities"][matcher_name][n] = _least(lambda p=problem, m=matcher: m(p), 1)
            if report["entities"][matcher_name][n] > 5000:
                break
    return report


def _in_batches(aligner: Any, pairs: list, size: int) -> None:
    for start in range(0, len(pairs), size):
        aligner(pairs[start : start + size])


def _least(run: Callable[[], Any], repeats: int) -> float:
    return round(min(timed(run)[0].wall for _ in range(repeats)) * 1000, 2)


def _dense(rng: random.Random, entities: int) -> list[Proposal]:
    """So many entities in 500 words, each with ten places near to where others want to be."""
    problem = set()
    for entity in range(entities):
        middle = rng.randrange(5 * entities)
        for _ in range(10):
            start = min(max(middle + rng.randrange(-4, 5), 0), 490)
            problem.add((entity, start, start + rng.randrange(1, 6)))
    return [Proposal(*place, rng.random()) for place in sorted(problem)]


def markdown(report: dict[str, Any]) -> str:
    """The report as tables."""
    machine = report["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, torch {machine['torch']}, "
        f"{machine['date']}. Load of the machine at the start: {machine['load']}.",
        "Ratios: median (smallest to largest) of "
        f"{report['settings']['repeats']} turns; times as fast.",
        "",
        "| alignment | engine | times simalign, wall | CPU | pairs/s | simalign pairs/s "
        "| links that differ | linking's share |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for method, engines in report["alignment"].items():
        for engine, r in engines.items():
            lines.append(
                f"| {method} | {engine} | {_ratio(r['times_simalign']['wall'])} "
                f"| {_ratio(r['times_simalign']['cpu'])} | {r['pairs_a_second']} "
                f"| {r['simalign_pairs_a_second']} | {r['links_that_differ']} of {r['links']} "
                f"| {r['linking_share']:.1%} |"
            )
    lines += [
        "",
        "| projection step, default | times simalign + greedy, wall | CPU | pairs/s |",
        "| --- | --- | --- | --- |",
    ]
    for engine, r in report["projection"].items():
        times = r["times_theirs"]
        lines.append(
            f"| {engine} | {_ratio(times['wall'])} | {_ratio(times['cpu'])} | {r['pairs_a_second']} |"
        )
    m = report["matching"]
    lines += [
        "",
        f"| matching alone, {m['sentences']} sentences | ms a sentence |",
        "| --- | --- |",
        *(f"| {name} | {_ratio(ms)} |" for name, ms in m["ms_a_sentence"].items()),
        "",
        f"The optimum is the plain ILP's in {m['same_optimum_as_the_plain_ilp']} of "
        f"{m['sentences']} sentences.",
    ]
    if "end_to_end" in report:
        e = report["end_to_end"]
        shares = ", ".join(f"{name} {share:.1%}" for name, share in e["shares_of_pipe"].items())
        lines += [
            "",
            f"End to end, Portuguese, {e['texts']} texts: {e['texts_a_second']} texts/s; `nlp.pipe` "
            f"is {_ratio(e['pipe_times_loop']['wall'])} times as fast as a loop. Shares: {shares}.",
        ]
    lines += ["", f"Peak memory of this run: {report['peak_mb']} MB."]
    for what, unit in (("words", "a pair"), ("batch_size", "a pair"), ("entities", "a text")):
        rows = report["growth"][what]
        columns = list(dict.fromkeys(n for row in rows.values() for n in row))
        lines += [
            "",
            f"| ms {unit}, by {what.replace('_', ' ')} | {' | '.join(map(str, columns))} |",
            "| --- | " + "--- | " * len(columns),
        ]
        for name, row in rows.items():
            lines.append(f"| {name} | {' | '.join(str(row.get(n, '')) for n in columns)} |")
    return "\n".join(lines) + "\n"


def _ratio(values: Sequence[float]) -> str:
    middle, least, most = values
    return f"{middle} ({least} to {most})"


def plot(report: dict[str, Any], file: Path) -> None:
    """Ratios of alignment, and how the times grow."""
    figure, (bars, *curves) = plt.subplots(1, 4, figsize=(17, 4))
    rows = [
        (f"{method}, {engine}", r["times_simalign"]["wall"])
        for method, engines in report["alignment"].items()
        for engine, r in engines.items()
    ]
    middles = [ratio[0] for _, ratio in rows]
    spread = [[r[0] - r[1] for _, r in rows], [r[2] - r[0] for _, r in rows]]
    bars.barh([name for name, _ in rows], middles, xerr=spread)
    bars.invert_yaxis()
    bars.set_title("alignment: times as fast as simalign")
    for axes, what in zip(curves, ("words", "batch_size", "entities"), strict=True):
        for name, row in report["growth"][what].items():
            axes.plot(list(row), list(row.values()), marker="o", label=name)
        axes.set(xscale="log", yscale="log", xlabel=what.replace("_", " "), ylabel="ms")
        axes.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=90)


def main() -> None:
    """Run everything and write the three files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60, help="pairs of Europarl; 799 are all")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--texts", type=int, default=200, help="Portuguese texts, end to end")
    parser.add_argument(
        "--threads",
        type=int,
        help="for all that is compared; 1 on a machine with other work, where threads that wait "
        "for each other burn the time of all",
    )
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
        threadpool_limits(options.threads)
    report: dict[str, Any] = {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "date": time.strftime("%Y-%m-%d"),
            "load": round(os.getloadavg()[0], 1),
        },
        "settings": vars(options),
    }
    gold = europarl(options.pairs)
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "alignment": lambda: alignment(gold, options.repeats),
        "projection": lambda: projection(gold, options.repeats),
        "matching": lambda: matching(gold, options.repeats),
        "growth": lambda: growth(gold),
    }
    if defaults.choose_translator("en", "pt").offline:
        parts["end_to_end"] = lambda: end_to_end(options.texts, options.repeats)
    for name, part in parts.items():
        took, report[name] = timed(part)
        print(f"{name}: {took.wall:.0f} s", flush=True)
    report["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    RESULTS.mkdir(exist_ok=True)
    with atomic_file(RESULTS / "speed.json") as file:
        file.write((json.dumps(report, indent=1) + "\n").encode("utf8"))
    text = markdown(report)
    with atomic_file(RESULTS / "speed.md") as file:
        file.write(text.encode("utf8"))
    plot(report, RESULTS / "speed.png")
    print(text)


def _processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
