"""The report as Markdown and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

Report = dict[str, Any]


def markdown(report: Report) -> str:
    """The report as tables; what was left out of the run is left out here."""
    parts = {
        "alignment": _alignment,
        "projection": _projection,
        "matching": _matching,
        "recognising": _recognising,
        "end_to_end": _end_to_end,
        "quality": _quality,
        "memory_mb": _memory,
        "import_seconds": _import,
        "growth": _growth,
    }
    lines = _head(report)
    for name, part in parts.items():
        if name in report:
            lines += ["", *part(report[name])]
    return "\n".join(lines) + "\n"


def _head(report: Report) -> list[str]:
    machine, settings = report["machine"], report["settings"]
    where = f"On the GPU {machine['gpu']}." if machine["gpu"] else "On a GPU: not measured."
    return [
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, torch "
        f"{machine['torch']}, {machine['date']}; load of the machine at the start "
        f"{machine['load']}. {where}",
        "",
        f"{settings['pairs']} pairs of Europarl en-de, {settings['texts']} texts of UNER-PUD pt. "
        f"Ratios are times as fast: median (smallest to largest) of {settings['repeats']} turns.",
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        "| " + "--- | " * len(head),
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]


def _ratio(values: Sequence[float]) -> str:
    middle, smallest, largest = values
    return f"{middle} ({smallest} to {largest})"


def _alignment(part: Report) -> list[str]:
    head = ["alignment", "engine", "times simalign, wall", "CPU", "pairs/s", "simalign pairs/s"]
    return _table(
        [*head, "links that differ", "in pairs", "linking's share"],
        [
            [
                method,
                engine,
                _ratio(r["times_simalign"]["wall"]),
                _ratio(r["times_simalign"]["cpu"]),
                r["pairs_a_second"],
                r["simalign_pairs_a_second"],
                f"{r['links_that_differ']} of {r['links']}",
                r["pairs_that_differ"],
                f"{r['linking_share']:.1%}",
            ]
            for method, engines in part.items()
            for engine, r in engines.items()
        ],
    )


def _projection(part: Report) -> list[str]:
    head = ["projection step, default", "times simalign + greedy, wall", "CPU", "pairs/s"]
    return _table(
        [*head, "all after encoding"],
        [
            [
                engine,
                _ratio(r["times_theirs"]["wall"]),
                _ratio(r["times_theirs"]["cpu"]),
                r["pairs_a_second"],
                f"{r['share_after_encoding']:.1%}",
            ]
            for engine, r in part.items()
        ],
    )


def _matching(part: Report) -> list[str]:
    rows = [
        [name, _ratio(ms), _ratio(part["times"][name]["wall"]) if name in part["times"] else ""]
        for name, ms in part["ms_a_sentence"].items()
    ]
    return [
        *_table(["matching alone", "ms a sentence", "exact is so many times as fast"], rows),
        "",
        f"The optimum is that of the paper's programme in {part['same_optimum']} of "
        f"{part['sentences']} sentences, {part['with_proposals']} of which have entities to place.",
    ]


def _recognising(part: Report) -> list[str]:
    languages = list(next(iter(part.values()))["f1"])
    head = ["embedded recogniser", "texts/s", "times torch, wall", "CPU"]
    return _table(
        [*head, *(f"F1 UNER-PUD {lang}" for lang in languages)],
        [
            [
                engine,
                r["texts_a_second"],
                _ratio(r["times_torch"]["wall"]),
                _ratio(r["times_torch"]["cpu"]),
                *(f"{r['f1'][lang]:.4f}" for lang in languages),
            ]
            for engine, r in part.items()
        ],
    )


def _end_to_end(part: Report) -> list[str]:
    rows = [
        [name, rate, _ratio(part["times_loop"][name]["wall"]) if name in part["times_loop"] else ""]
        for name, rate in part["texts_a_second"].items()
    ]
    shares = ", ".join(f"{name} {share:.1%}" for name, share in part["shares_of_pipe"].items())
    return [
        *_table([f"end to end, {part['texts']} texts", "texts/s", "times the loop"], rows),
        "",
        f"Shares of `nlp.pipe`: {shares}. Sentences translated in the second runs: "
        f"{part['translated_in_the_second_runs']}.",
    ]


def _quality(part: Report) -> list[str]:
    engines = list(next(iter(part.values())))
    rows = [[corpus, *(f"{f1[e]:.4f}" for e in engines)] for corpus, f1 in part.items()]
    return _table(["F1 of projected gold entities", *engines], rows)


def _memory(part: Report) -> list[str]:
    return _table(["peak memory of a process", "MB"], part.items())


def _import(part: Report) -> list[str]:
    return _table(["import", "seconds"], [[name, _ratio(values)] for name, values in part.items()])


def _growth(part: Report) -> list[str]:
    lines: list[str] = []
    for what, unit in (("words", "a pair"), ("batch_size", "a pair"), ("entities", "a text")):
        columns = list(dict.fromkeys(n for row in part[what].values() for n in row))
        head = [f"ms {unit}, by {what.replace('_', ' ')}", *map(str, columns)]
        rows = [[name, *(row.get(n, "") for n in columns)] for name, row in part[what].items()]
        lines += ["", *_table(head, rows)]
    return [*lines[1:], "", "simalign leaves out what is beyond 512 word pieces; we encode all."]


def plot(report: Report, file: Path) -> None:
    """Ratios of alignment, shares of the pipeline, and how times grow."""
    figure, ((bars, shares, words), (batches, entities, rest)) = plt.subplots(2, 3, figsize=(16, 9))
    _bars(bars, report["alignment"])
    if "end_to_end" in report:
        parts = report["end_to_end"]["shares_of_pipe"]
        shares.barh(list(parts), [100 * share for share in parts.values()])
        shares.invert_yaxis()
    shares.set_title("shares of nlp.pipe, %")
    for axes, what in ((words, "words"), (batches, "batch_size"), (entities, "entities")):
        for name, row in report["growth"][what].items():
            axes.plot([int(n) for n in row], list(row.values()), marker="o", label=name)
        axes.set(xscale="log", yscale="log", xlabel=what.replace("_", " "))
        axes.set_title(f"ms by {what.replace('_', ' ')}")
        axes.legend()
    memory = report["memory_mb"]
    rest.barh(list(memory), list(memory.values()))
    rest.invert_yaxis()
    rest.set_title("peak memory, MB")
    figure.tight_layout()
    figure.savefig(file, dpi=90)


def _bars(axes: Any, alignment: Report) -> None:
    rows = [
        (f"{method}, {engine}", r["times_simalign"]["wall"])
        for method, engines in alignment.items()
        for engine, r in engines.items()
    ]
    middles = [ratio[0] for _, ratio in rows]
    spread = [[r[0] - r[1] for _, r in rows], [r[2] - r[0] for _, r in rows]]
    axes.barh([name for name, _ in rows], middles, xerr=spread)
    axes.invert_yaxis()
    axes.set_title("alignment: times as fast as simalign")
