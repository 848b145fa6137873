"""Words of one language compared by their letters and their places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import normalize

import numpy as np


def one_to_one(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs that come first, each source and each target once."""
    sources: set[int] = set()
    targets: set[int] = set()
    found = []
    for s, t in pairs:
        if s not in sources and t not in targets:
            sources.add(s)
            targets.add(t)
            found.append((s, t))
    return found


def distances(n_source: int, n_target: int) -> np.ndarray:
    """How far apart two words are in their texts, 0 to 1, shape (n_source, n_target)."""
    source = (np.arange(n_source) + 0.5) / n_source
    target = (np.arange(n_target) + 0.5) / n_target
    return np.asarray(np.abs(source[:, np.newaxis] - target))


def folded(words: Sequence[str]) -> list[str]:
    return [normalize("NFC", normalize("NFC", word).casefold()) for word in words]
