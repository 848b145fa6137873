"""One alignment out of two directional ones (Koehn et al. 2005, IWSLT).

A directional model gives each word of one side at most one partner; run in both directions
it gives two alignments that agree in part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..settings import check_choice
from ..types import Aligner, Link

Heuristic = Literal["intersection", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and"]
DEFAULT: Heuristic = "grow-diag-final-and"

# The order is that of the paper's pseudo-code: beside and above first, then diagonal.
_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))

Point = tuple[int, int]


class Symmetrized:
    """Combines the links of an aligner with those of one that goes the other way.

    forward (Aligner): Gets (source words, target words).
    backward (Aligner): Gets (target words, source words), and the languages in that order.
    heuristic (str): "intersection", "union", "grow-diag", "grow-diag-final" or
        "grow-diag-final-and". See `symmetrize`.
    RAISES: SetupError for a heuristic that there is not.
    """

    description: ClassVar[Description] = Description(
        "two aligners, symmetrised",
        model="two aligners",
    )

    def __init__(self, forward: Aligner, backward: Aligner, heuristic: Heuristic = DEFAULT) -> None:
        check_choice("Symmetrized", "heuristic", heuristic, Heuristic)
        self.forward = forward
        self.backward = backward
        self.heuristic = heuristic

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted."""
        forward = self.forward(pairs, source_lang=source_lang, target_lang=target_lang)
        swapped = self.backward(
            [(target, source) for source, target in pairs],
            source_lang=target_lang,
            target_lang=source_lang,
        )
        backward = map(turned, swapped)
        return [
            symmetrize(one, other, self.heuristic)
            for one, other in zip(forward, backward, strict=True)
        ]


def turned(links: Iterable[Link]) -> list[Link]:
    """Links the other way round."""
    given = (Link(*link) for link in links)
    return [link._replace(source=link.target, target=link.source) for link in given]


def symmetrize(
    forward: Iterable[Link], backward: Iterable[Link], heuristic: Heuristic = DEFAULT
) -> list[Link]:
    """Combine two alignments of a sentence pair. Both have the source word first.

    intersection: The links of both. union: the links of either.
    grow-diag: The intersection, and again and again those links of the union that are next
        to one that is there, diagonally too, and have a word without a link.
    grow-diag-final: And then of the forward, then of the backward links those that have a
        word without a link.
    grow-diag-final-and: The same, but of those that have two words without a link.

    RETURNS: Sorted links. The confidence is the mean of those of both directions, where a
        link that a direction has not counts 0. Weak is what no direction has as a strong one.
    """
    ahead, back = ([Link(*link) for link in links] for links in (forward, backward))
    strong = {link[:2] for link in (*ahead, *back) if not link.weak}
    one = {link[:2]: link.confidence for link in ahead}
    other = {link[:2]: link.confidence for link in back}
    union = sorted(one.keys() | other.keys())
    linked = _Linked(union if heuristic == "union" else one.keys() & other.keys())
    if heuristic.startswith("grow-diag"):
        _grow(linked, union)
    if heuristic.endswith(("-final", "-and")):
        for direction in (one, other):
            _finish(linked, sorted(direction), needs_both=heuristic.endswith("-and"))
    return [
        Link(*point, (one.get(point, 0.0) + other.get(point, 0.0)) / 2, point not in strong)
        for point in sorted(linked.points)
    ]


class _Linked:
    """Links, and the words that have one."""

    def __init__(self, points: Iterable[Point]) -> None:
        self.points: set[Point] = set()
        self.sources: set[int] = set()
        self.targets: set[int] = set()
        for point in points:
            self.add(point)

    def add(self, point: Point) -> None:
        self.points.add(point)
        self.sources.add(point[0])
        self.targets.add(point[1])

    def free(self, point: Point) -> int:
        """How many of the two words have no link."""
        return (point[0] not in self.sources) + (point[1] not in self.targets)


def _grow(linked: _Linked, union: list[Point]) -> None:
    possible = set(union)
    before = -1
    while len(linked.points) != before:
        before = len(linked.points)
        for source, target in union:
            if (source, target) in linked.points:
                for down, right in _NEIGHBOURS:
                    point = (source + down, target + right)
                    if point in possible and linked.free(point):
                        linked.add(point)


def _finish(linked: _Linked, points: list[Point], needs_both: bool) -> None:
    for point in points:
        if linked.free(point) > needs_both:
            linked.add(point)
