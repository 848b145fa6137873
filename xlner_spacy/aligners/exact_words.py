"""Links between equal words, for two texts of one language.

They link a back-translation with the text it came from: most words are the same there, and
names above all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..text.similar_words import distances, folded, one_to_one
from ..types import Link


class ExactWords:
    """Links equal words one to one, whatever their case. The confidence is 1.

    First those of a longest common subsequence, in order; then, of the others, those whose
    relative positions are nearest.
    """

    description: ClassVar[Description] = Description(
        "equal words",
        package="rapidfuzz",
    )

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (words, words of the same language), sorted."""
        return [_exact(source, target) for source, target in pairs]


def _exact(source: Sequence[str], target: Sequence[str]) -> list[Link]:
    if not source or not target:
        return []
    sources, targets = folded(source), folded(target)
    linked = dict(_common_subsequence(sources, targets))
    taken = set(linked.values())
    places = defaultdict(list)
    for t, word in enumerate(targets):
        if t not in taken:
            places[word].append(t)
    left = [s for s in range(len(sources)) if s not in linked]
    options = [(s, t) for s in left for t in places.get(sources[s], ())]
    apart = distances(len(sources), len(targets))
    options.sort(key=lambda pair: apart[pair])
    linked.update(one_to_one(options))
    return [Link(s, t, 1.0) for s, t in sorted(linked.items())]


def _common_subsequence(source: list[str], target: list[str]) -> list[tuple[int, int]]:
    """The pairs of equal words of a longest common subsequence."""
    from rapidfuzz.distance import LCSseq

    return [
        (block.src_start + n, block.dest_start + n)
        for block in LCSseq.opcodes(source, target)
        if block.tag == "equal"
        for n in range(block.src_end - block.src_start)
    ]
