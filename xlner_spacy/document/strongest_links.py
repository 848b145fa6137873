"""A bound on the links that candidates are made of, for alignments that link all with all.

Real aligners give a word a few links. A function of a user's, or a threshold of 0, may give
it one with each word of the other text, and the candidates would be as many as the product of
entities, words and lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest

from ..types import Link

# Links of a text that are all used. The default aligner had 3 a source word on Europarl.
FEW = 2000
# For texts with more: links of a source word on average.
A_WORD = 10


def strongest(links: Sequence[Sequence[float]], n_source: int, n_target: int) -> list[Link]:
    """All links, or where there are very many the most confident ones of each source word; of
    equals those nearest to the diagonal.

    links: As in `Doc._.xl_alignments`: source word, target word, confidence, whether it is weak.
    n_source, n_target (int): Words of the two texts.
    """
    most = max(FEW, A_WORD * n_source)
    if len(links) > most:
        of_word: dict[float, list[Sequence[float]]] = {}
        for link in links:
            of_word.setdefault(link[0], []).append(link)
        each = max(1, most // len(of_word))
        slope = n_target / max(1, n_source)
        strong = [link for own in of_word.values() for link in _first(own, each, slope)]
        links = sorted(strong, key=tuple)
    return [Link(int(s), int(t), c, bool(weak)) for s, t, c, weak in links]


def _first(own: list[Sequence[float]], count: int, slope: float) -> list[Sequence[float]]:
    def rank(link: Sequence[float]) -> tuple[float, float, float]:
        source, target, confidence = link[:3]
        return -confidence, abs(target - (source + 0.5) * slope + 0.5), target

    return nsmallest(count, own, key=rank)
