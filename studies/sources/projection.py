"""Gold entities of several languages, projected: every voter on every subset of sources. Nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import spacy

from xlner_spacy.evaluation.sources import (
    LEARNT_FROM,
    RANKED_BY,
    VOTERS,
    Asked,
    Decide,
    among,
    ask,
    order_without_labels,
    placed,
)
from xlner_spacy.voters.agreement import Agreement

from ..cells import Cell, Record
from ..measuring import f1, save_counts
from ..places import find
from .teachers import names_of

ALONE, FIRST = "alone", "first by the ranking"
LEARNT = "BEA, learnt"


def projected(name: str, target: str, files: Mapping[str, str], limit: int) -> Cell:
    """Measure all voters on all subsets of sources.

    files: Of each language, the target's among them. limit (int): The first sentences; 0: all.
    """
    make = partial(_measure, target, files, limit)
    settings = {"target": target, "files": dict(files), "limit": limit}
    return Cell(f"projection/{name}", settings, make)


def key(voter: str, sources: str) -> str:
    """The name of a system in the counts."""
    return f"{voter}|{sources}"


def _measure(target: str, files: Mapping[str, str], limit: int, folder: Path) -> Record:
    sources = [lang for lang in files if lang != target]
    nlp = spacy.blank(target)
    nlp.add_pipe("xl_projector", config={"source_langs": sources, "own_voice": False})
    golds = {source: find(files[source]) for source in sources}
    asked = ask(nlp, find(files[target]), golds, target, limit=limit or None)
    counts = {}
    for k in range(1, len(sources) + 1):
        for subset in combinations(sources, k):
            for voter, decide in _voters(k).items():
                counts[key(voter, names_of(subset))] = _counts(asked, subset, decide)
    order, ordered_by = order_without_labels(asked, sources, target)
    for k in range(1, len(sources) + 1):
        decide = VOTERS[RANKED_BY] if k > 1 else Agreement()
        counts[key(FIRST, str(k))] = _counts(asked, order[:k], decide)
    save_counts(folder, counts)
    figures = {name: round(float(f1(own.sum(axis=0))), 4) for name, own in counts.items()}
    return {"order": order, "ordered_by": ordered_by, "texts": len(asked.gold), "f1": figures}


def _voters(k: int) -> Mapping[str, Decide]:
    if k == 1:
        return {ALONE: Agreement()}
    return {name: own for name, own in VOTERS.items() if k >= LEARNT_FROM or name != LEARNT}


def _counts(asked: Asked, subset: Sequence[str], decide: Decide) -> np.ndarray:
    """Of each sentence the entities that are right, found, and in the gold labels."""
    rows: list[Any] = []
    votes = decide(among(asked.polls, subset))
    for found, gold in zip(map(placed, votes), asked.gold, strict=True):
        rows.append((len(found & gold), len(found), len(gold)))
    return np.array(rows).reshape(-1, 3)
