"""Runs in turns, so that other load on the machine strikes all alike, and their ratios."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple


class Took(NamedTuple):
    """Seconds of one run. CPU time, with that of child processes which have ended, shows what is
    done, whoever else uses the cores."""

    wall: float
    cpu: float


def timed(run: Callable[[], Any]) -> tuple[Took, Any]:
    """What a call took, and its result."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    result = run()
    return Took(time.perf_counter() - wall, _cpu_seconds() - cpu), result


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def in_turns(
    runs: dict[str, Callable[[], Any]], repeats: int
) -> tuple[dict[str, list[Took]], dict[str, Any]]:
    """Each of them `repeats` times, one after the other; and the last result of each."""
    took: dict[str, list[Took]] = {name: [] for name in runs}
    results: dict[str, Any] = {}
    for _ in range(repeats):
        for name, run in runs.items():
            seconds, results[name] = timed(run)
            took[name].append(seconds)
    return took, results


def ratios(slow: Sequence[Took], fast: Sequence[Took]) -> dict[str, list[float]]:
    """How many times as fast, turn by turn: median, smallest, largest; of wall and CPU time."""
    return {
        kind: spread([getattr(a, kind) / getattr(b, kind) for a, b in zip(slow, fast, strict=True)])
        for kind in Took._fields
    }


def rate(count: int, turns: Sequence[Took]) -> float:
    """So many things a second."""
    return round(count / median(took.wall for took in turns), 1)


def spread(values: Sequence[float], digits: int = 2) -> list[float]:
    """Median, smallest, largest."""
    return [round(v, digits) for v in (median(values), min(values), max(values))]


def least(run: Callable[[], Any], repeats: int) -> float:
    """Milliseconds of the quickest of some runs."""
    return round(min(timed(run)[0].wall for _ in range(repeats)) * 1000, 2)
