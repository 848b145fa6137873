"""Symmetrisation: the heuristics of Koehn et al. 2005, on an example worked by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.aligners.exact_words import ExactWords
from xlner_spacy.aligners.symmetrized import Heuristic, Symmetrized, symmetrize
from xlner_spacy.errors import SetupError
from xlner_spacy.types import Link

EN_PT = {"source_lang": "en", "target_lang": "pt"}

# Source words down, target words across; F forward only, B backward only, X both.
#       0 1 2 3 4 5 6
#   0   X . . . . . .
#   1   . F . . . . .    next to (0, 0), both words free: grow adds it
#   2   . B . . . . .    next to (1, 1) and source 2 is free: grow adds it
#   3   . . . X . . .
#   4   . . . . . F .    next to nothing, both words free: final and final-and add it
#   5   . . . B . . F    (5, 3) has a free source, is next to nothing; (5, 6) has two free
PICTURE = ["X......", ".F.....", ".B.....", "...X...", ".....F.", "...B..F"]
FORWARD = [Link(s, t, 0.8) for s, row in enumerate(PICTURE) for t, x in enumerate(row) if x in "XF"]
BACKWARD = [
    Link(s, t, 0.6) for s, row in enumerate(PICTURE) for t, x in enumerate(row) if x in "XB"
]
BOTH = {(0, 0), (3, 3)}
GROWN = {*BOTH, (1, 1), (2, 1)}


@pytest.mark.parametrize(
    ("heuristic", "wanted"),
    [
        ("intersection", BOTH),
        ("union", {*GROWN, (4, 5), (5, 3), (5, 6)}),
        ("grow-diag", GROWN),
        # Of the forward links first: (5, 6) takes source 5, and (5, 3) has no free word then.
        ("grow-diag-final", {*GROWN, (4, 5), (5, 6)}),
        ("grow-diag-final-and", {*GROWN, (4, 5), (5, 6)}),
    ],
)
def test_example_by_hand(heuristic, wanted):
    assert {link[:2] for link in symmetrize(FORWARD, BACKWARD, heuristic)} == wanted


def test_final_takes_a_link_with_one_free_word_and_final_and_does_not():
    forward, backward = [Link(0, 0, 1.0), Link(0, 4, 1.0)], [Link(0, 0, 1.0)]
    assert [k[:2] for k in symmetrize(forward, backward, "grow-diag-final")] == [(0, 0), (0, 4)]
    assert [k[:2] for k in symmetrize(forward, backward, "grow-diag-final-and")] == [(0, 0)]


def test_growing_goes_on_from_what_was_grown():
    forward = [Link(n, n, 1.0) for n in range(6)]
    backward = [Link(5, 5, 1.0)]
    assert len(symmetrize(forward, backward, "grow-diag")) == 6


def test_confidence_is_the_mean_of_both_directions():
    found = {link[:2]: link.confidence for link in symmetrize(FORWARD, BACKWARD, "union")}
    assert found[0, 0] == pytest.approx(0.7)
    assert found[1, 1] == pytest.approx(0.4)
    assert found[2, 1] == pytest.approx(0.3)


LINKS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=15, unique=True).map(
    lambda points: [Link(*point, 1.0) for point in points]
)


@settings(max_examples=200, deadline=None)
@given(forward=LINKS, backward=LINKS)
def test_each_heuristic_is_between_intersection_and_union(forward, backward):
    found = {h: {k[:2] for k in symmetrize(forward, backward, h)} for h in get_args(Heuristic)}
    order = ["intersection", "grow-diag", "grow-diag-final-and", "union"]
    for smaller, larger in pairwise(order):
        assert found[smaller] <= found[larger]
    assert found["grow-diag"] <= found["grow-diag-final"] <= found["union"]
    if found["intersection"]:
        words = {s for s, _ in found["grow-diag-final"]}
        assert words == {s for s, _ in found["union"]}


def test_two_aligners_are_combined():
    told = []

    def first_word(pairs, **languages):
        """Links the first word of the second text to each of the first."""
        told.append(languages)
        return [[Link(s, 0, 1.0) for s in range(len(source))] for source, _ in pairs]

    aligner = Symmetrized(ExactWords(), first_word, "union")
    (links,) = aligner([(["Ana", "vem"], ["vem", "Rui"])], **EN_PT)
    assert [link[:2] for link in links] == [(0, 0), (0, 1), (1, 0)]
    # It goes the other way, and so do the languages that it is told.
    assert told == [{"source_lang": "pt", "target_lang": "en"}]


def test_unknown_heuristic():
    with pytest.raises(SetupError, match="grow-diag-final-and"):
        Symmetrized(ExactWords(), ExactWords(), "magic")


def test_weak_is_what_no_direction_has_as_a_strong_link():
    forward, backward = [Link(0, 0, 0.9), Link(1, 1, 0.1, weak=True)], [Link(0, 0, 0.2, weak=True)]
    found = symmetrize(forward, backward, "union")
    assert [(link.source, link.weak) for link in found] == [(0, False), (1, True)]


def test_links_that_can_be_read_once():
    """As from a function of the user's that yields them, without saying whether they are weak."""
    once = (link for link in [(0, 0, 0.5), (1, 1, 0.5)])
    assert symmetrize(once, iter([(0, 0, 0.7)]), "intersection") == [Link(0, 0, 0.6)]
