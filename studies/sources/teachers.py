"""Teachers of one source each, heads of several pooled, and which sources are taken together."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ..cells import Cell, Record
from ..places import work
from .heads import Training, gold_targets, train
from .texts import Texts, texts_in, together

Subset = tuple[str, ...]
HEADS = "heads.pt"
ALONE = "alone"


def subsets_of(
    sources: Sequence[str], families: Mapping[str, Sequence[str]], n_random: int
) -> list[Subset]:
    """The subsets of sources that are measured: all single sources, all of one family, and of every size some others, drawn
    with a fixed seed."""
    rng = random.Random(0)
    found: list[Subset] = []
    for k in range(1, len(sources) + 1):
        every = list(combinations(sources, k))
        alike = [own for own in every if family_of(own, families)]
        others = [own for own in every if own not in alike]
        drawn = others if k == 1 or len(others) <= n_random else rng.sample(others, n_random)
        found += [own for own in every if own in drawn or own in alike]
    return found


def family_of(subset: Subset, families: Mapping[str, Sequence[str]]) -> str:
    """The family that all of two sources or more are of; "" if there is none."""
    return next((n for n, own in families.items() if len(subset) > 1 and {*subset} <= {*own}), "")


def trained(
    seed: int, sources: Mapping[str, Cell], subsets: Sequence[Subset], share: float, steps: int
) -> Cell:
    """Heads of one seed: a teacher for each source, and one for each subset, of all its texts together.

    sources: The texts of each. share (float): Of the texts of each source that a seed draws.
    """
    training = Training(steps)
    settings = {
        "seed": seed,
        "subsets": [*map(list, subsets)],
        "share": share,
        "training": training._asdict(),
    }
    make = partial(_train_all, seed, sources, subsets, share, training)
    return Cell(f"heads/{seed}", settings, make, [*sources.values()])


def _train_all(
    seed: int,
    sources: Mapping[str, Cell],
    subsets: Sequence[Subset],
    share: float,
    training: Training,
    folder: Path,
) -> Record:
    texts = {name: _drawn(texts_in(cell), share, seed) for name, cell in sources.items()}
    heads = {}
    for subset in tqdm(subsets, unit="head", leave=False):
        own = together([texts[name] for name in subset])
        heads[subset] = train(own, gold_targets(own.texts), training, seed)
    torch.save(heads, folder / HEADS)
    return {"texts": {name: len(own.texts) for name, own in texts.items()}}


def _drawn(texts: Texts, share: float, seed: int) -> Texts:
    n = len(texts.texts)
    numbers = np.random.default_rng(seed).permutation(n)[: max(1, round(share * n))]
    return texts.some(sorted(numbers.tolist()))


def heads_in(cell: Cell) -> dict[Subset, Any]:
    """What a cell of `trained` has made."""
    found: dict[Subset, Any] = torch.load(cell.folder(work()) / HEADS, weights_only=False)
    return found


def names_of(subset: Subset) -> str:
    """da+en"""
    return "+".join(subset)


def of_size(subsets: Sequence[Subset], k: int) -> Iterator[Subset]:
    """Those of k sources."""
    return (own for own in subsets if len(own) == k)
