"""Peak memory, each contestant in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
from pathlib import Path
from typing import Any

from .given import EN_DE, ENGINES, afresh, europarl, portuguese, simalign, word_pairs


def memory(pairs: int, texts: int) -> dict[str, int]:
    """MB that a process takes at the most that has spaCy and torch imported and does it."""
    contestants: dict[str, tuple[Any, ...]] = {
        "nothing": (_nothing,),
        "simalign": (_simalign, pairs),
        **{f"alignment, {engine}": (_ours, pairs, engine) for engine in ENGINES},
        "nlp.pipe": (_pipe, texts),
    }
    context = multiprocessing.get_context("spawn")
    report = {}
    for name, (work, *given) in contestants.items():
        with context.Pool(1) as pool:
            report[name] = pool.apply(_peak, (work, *given))
    return report


def _peak(work: Any, *given: Any) -> int:
    work(*given)
    status = Path("/proc/self/status")
    if status.is_file():  # what the system says of a process elsewhere is its parent's, too
        (peak,) = [row for row in status.read_text().splitlines() if row.startswith("VmHWM")]
        return round(int(peak.split()[1]) / 1024)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _nothing() -> None:
    pass


def _simalign(count: int) -> None:
    package = simalign("itermax")
    for pair in word_pairs(europarl(count)):
        package.get_word_aligns(*pair)


def _ours(count: int, engine: str) -> None:
    from xlner_spacy.aligners.simalign import SimAlign

    afresh(SimAlign(engine=engine))(word_pairs(europarl(count)), **EN_DE)


def _pipe(count: int) -> None:
    import spacy

    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector")
    for _ in nlp.pipe(portuguese(count), batch_size=128):
        pass
