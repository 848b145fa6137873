"""The pipeline end to end on Portuguese texts; what importing it takes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import spacy
from spacy.language import Language

from xlner_spacy.cli.translation_cache import cache_translations

from .given import afresh, portuguese
from .timing import in_turns, rate, ratios, spread

BATCH = 128


def end_to_end(count: int, repeats: int) -> dict[str, Any]:
    """`nlp.pipe` beside a loop, two processes, and a second run with translations kept."""
    texts = portuguese(count)
    nlp, component = _projector()
    list(nlp.pipe(texts[:4]))
    shares: dict[str, float] = {}

    def pipe() -> None:
        before = dict(component.seconds)
        list(nlp.pipe(texts, batch_size=BATCH))
        spent = {stage: value - before[stage] for stage, value in component.seconds.items()}
        shares.update({stage: value / sum(spent.values()) for stage, value in spent.items()})

    with TemporaryDirectory() as folder:
        second, _ = _projector()
        (cache,) = cache_translations(second, Path(folder))
        list(second.pipe(texts, batch_size=BATCH))
        first_misses = cache.misses
        runs: dict[str, Callable[[], Any]] = {
            "loop": lambda: [nlp(text) for text in texts],
            "pipe": pipe,
            "two processes": lambda: list(nlp.pipe(texts, batch_size=BATCH, n_process=2)),
            "second run": lambda: list(second.pipe(texts, batch_size=BATCH)),
        }
        took, _ = in_turns(runs, repeats)
    return {
        "texts": len(texts),
        "texts_a_second": {name: rate(len(texts), turns) for name, turns in took.items()},
        "times_loop": {name: ratios(took["loop"], took[name]) for name in took if name != "loop"},
        "shares_of_pipe": {stage: round(share, 3) for stage, share in shares.items()},
        "translated_in_the_second_runs": cache.misses - first_misses,
    }


def _projector() -> tuple[Language, Any]:
    """The default pipeline for Portuguese, and its component."""
    nlp = spacy.blank("pt")
    component: Any = nlp.add_pipe("xl_projector")
    for stage in component.stages:
        for part in ("aligner", "annotator", "voice"):
            if hasattr(stage, part):
                afresh(getattr(stage, part))
    return nlp, component


IMPORT = """
import time
started = time.perf_counter()
import spacy
between = time.perf_counter()
import xlner_spacy
print(between - started, time.perf_counter() - between)
"""


def importing(repeats: int) -> dict[str, Any]:
    """Seconds that spaCy takes to import, and what xlner_spacy adds, each in a new process."""
    rows = [
        subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
        for _ in range(repeats)
    ]
    seconds = [[float(value) for value in row.stdout.split()] for row in rows]
    return {
        name: spread([row[n] for row in seconds], 3)
        for n, name in enumerate(("spacy", "xlner_spacy"))
    }
