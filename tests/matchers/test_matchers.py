"""The matchers: exact against brute force, ties by the stated rule, solvers alike."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.errors import SetupError
from xlner_spacy.matchers.greedy import Greedy
from xlner_spacy.matchers.ilp import ILP
from xlner_spacy.matchers.ties import EQUAL, by_entity, overlap
from xlner_spacy.types import Proposal

# Few distinct scores, so that ties are the rule.
scores = st.sampled_from([0.25, 0.5, 0.75, 1.0])


@st.composite
def proposals(draw, max_entities=4, max_words=7):
    found = {}
    for entity in range(draw(st.integers(1, max_entities))):
        for _ in range(draw(st.integers(0, 4))):
            start = draw(st.integers(0, max_words - 1))
            end = draw(st.integers(start + 1, max_words))
            found[entity, start, end] = Proposal(entity, start, end, draw(scores))
    return list(found.values())


def fits(chosen):
    return not any(overlap(a, b) for n, a in enumerate(chosen) for b in chosen[:n])


def brute_force(given_proposals):
    """The first optimum by the stated rule: every combination, in order of preference."""
    groups = by_entity(given_proposals)
    best, best_total = [], 0.0
    for combination in product(*[[*options, None] for options in groups.values()]):
        chosen = [p for p in combination if p]
        total = sum(p.score for p in chosen)
        if fits(chosen) and total > best_total + EQUAL:
            best, best_total = chosen, total
    return best


@settings(max_examples=150, deadline=None)
@given(proposals())
def test_ilp_is_the_first_optimum_of_brute_force(found):
    assert ILP()(found) == brute_force(found)


@settings(max_examples=15, deadline=None)
@given(proposals())
def test_solvers_agree_on_ties(found):
    assert ILP(solver="cbc")(found) == ILP(solver="highs")(found)


@settings(max_examples=150, deadline=None)
@given(proposals(max_entities=6, max_words=12))
def test_order_of_the_proposals_does_not_matter(found):
    for matcher in (ILP(), Greedy()):
        assert matcher(found) == matcher(found[::-1])


@settings(max_examples=150, deadline=None)
@given(proposals(max_entities=6, max_words=12))
def test_greedy_fits_and_is_never_better_than_exact(found):
    chosen = Greedy()(found)
    assert fits(chosen)
    assert len({p.entity for p in chosen}) == len(chosen)
    exact = sum(p.score for p in ILP()(found))
    assert sum(p.score for p in chosen) <= exact + EQUAL


def test_exact_is_better_where_entities_compete():
    # Greedy takes the best proposal and leaves the second entity without a place.
    found = [Proposal(0, 0, 3, 0.9), Proposal(0, 0, 1, 0.6), Proposal(1, 1, 3, 0.8)]
    assert Greedy()(found) == [found[0]]
    assert ILP()(found) == [found[1], found[2]]


def test_of_equals_the_shorter_then_the_leftmost_then_the_earlier_entity():
    long, short, right = Proposal(0, 0, 3, 0.5), Proposal(0, 1, 2, 0.5), Proposal(0, 3, 4, 0.5)
    rival = Proposal(1, 1, 2, 0.5)
    for matcher in (ILP(), Greedy()):
        assert matcher([long, right, short]) == [short]
        assert matcher([rival, short]) == [short]


def test_min_score_and_worthless_proposals():
    found = [Proposal(0, 0, 1, 0.3), Proposal(1, 2, 3, 0.0)]
    for matcher in (ILP(), Greedy()):
        assert matcher(found) == [found[0]]
    for matcher in (ILP(min_score=0.4), Greedy(min_score=0.4)):
        assert matcher(found) == []


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_hundred_entities_that_compete(solver):
    found = [
        Proposal(e, s, s + n, 1 / (1 + abs(s - 3 * e)) / n)
        for e in range(100)
        for s in range(3 * e, 3 * e + 4)
        for n in (1, 2, 3)
    ]
    chosen = ILP(solver=solver)(found)
    assert fits(chosen)
    assert len(chosen) == 100


def test_unknown_solver():
    with pytest.raises(SetupError, match="gurobi"):
        ILP(solver="gurobi")
