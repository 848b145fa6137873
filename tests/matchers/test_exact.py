"""The matcher of our own: the ILP's result on everything, without a solver on most."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.matchers.test_matchers import KINDS, brute_force, fits, proposals
from xlner_spacy.candidates.ngrams import Ngrams
from xlner_spacy.matchers import exact
from xlner_spacy.matchers.exact import Exact, walk
from xlner_spacy.matchers.greedy import Greedy
from xlner_spacy.matchers.ilp import ILP
from xlner_spacy.measures.link_f1 import LinkF1
from xlner_spacy.solving.prices import Prices
from xlner_spacy.solving.ties import EQUAL
from xlner_spacy.types import Bitext, Link, Proposal

# Any number, and few distinct ones, so that there are ties.
any_scores = st.floats(0.001, 1.0)


@st.composite
def rescored(draw, found=proposals(max_entities=6, max_words=10)):  # noqa: B008
    return [p._replace(score=draw(any_scores)) for p in draw(found)]


def total(chosen):
    return sum(p.score for p in chosen)


@settings(max_examples=150, deadline=None)
@given(proposals())
def test_exact_is_the_first_optimum_of_brute_force(found):
    assert Exact()(found) == brute_force(found)


@pytest.mark.parametrize(("kind", "n"), KINDS)
@settings(max_examples=60, deadline=None)
@given(st.one_of(proposals(max_entities=6, max_words=10), rescored()))
def test_exact_is_the_ilp(kind, n, found):
    chosen = Exact(projections=kind, n=n)(found)
    assert chosen == ILP(projections=kind, n=n)(found)
    assert Exact(projections=kind, n=n)(found[::-1]) == chosen


@pytest.mark.parametrize(("steps", "small"), [(0, 100), (10**6, 0), (0, 0)])
@settings(max_examples=40, deadline=None)
@given(st.one_of(proposals(max_entities=6, max_words=10), rescored()))
def test_whatever_way_is_taken_the_result_is_the_same(steps, small, found):
    """Always the solver; always leaving proposals out first; both."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "walk", lambda *given: walk(*given, max_steps=steps))
        patch.setattr(exact, "SMALL", small)
        assert Exact()(found) == ILP()(found)


near_scores = st.sampled_from([0.5, 0.5000006, 0.5000012, 0.5000018])
far_scores = st.sampled_from([1e-7, 0.001, 0.3, 1.0, 1e9 / 3, 1e10, 1e10 / 7, 1e300])


@st.composite
def odd(draw, scores, found=proposals(max_entities=6, max_words=10)):  # noqa: B008
    return [p._replace(score=draw(scores)) for p in draw(found)]


@pytest.mark.parametrize("kind", ["at_most", "exactly"])
@settings(max_examples=150, deadline=None)
@given(st.one_of(odd(near_scores), odd(far_scores)))
def test_scores_that_are_nearly_equal_or_far_from_one_another(kind, found):
    """What is equal is a matter of rounding here: that it is an optimum but for that is not."""
    chosen, best = Exact(projections=kind)(found), ILP(projections=kind)(found)
    assert fits(chosen)
    assert total(chosen) >= total(best) * (1 - 1e-5)
    if kind == "exactly":
        assert len(chosen) == len(best)


@settings(max_examples=100, deadline=None)
@given(rescored())
def test_prices_leave_nothing_out_that_an_optimum_contains(found):
    if found:
        best = ILP()(found)
        prices = Prices(found, [p.score for p in found])
        assert prices.bound >= total(best) - EQUAL
        assert set(best) <= set(prices.within(total(best)))
        assert set(best) <= set(prices.within(total(Greedy()(found))))


def dense(links_of_a_word, spread):
    """100 entities of two words, with links to places within `spread` in a text of 500."""
    random = Random(0)
    entities = [(5 * n, 5 * n + 2) for n in range(100)]
    links = {}
    for first, last in entities:
        for word in range(first, last):
            for _ in range(links_of_a_word):
                place = first + random.randint(-spread, spread)
                links[word, max(0, min(499, place))] = random.random()
    bitext = Bitext(["s"] * 500, ["t"] * 500, entities, [Link(*p, c) for p, c in links.items()])
    spans = Ngrams()([bitext])
    scores = LinkF1()([bitext], spans)
    return [
        Proposal(entity, *span, value)
        for entity, row in enumerate(spans[0])
        for span, value in zip(row, scores[0][entity], strict=True)
    ]


@pytest.mark.parametrize(("links_of_a_word", "spread"), [(4, 6), (10, 20), (10, 500)])
def test_hundred_entities_with_many_links(links_of_a_word, spread):
    found = dense(links_of_a_word, spread)
    chosen = Exact()(found)
    assert fits(chosen)
    assert len(chosen) > 50
    assert total(chosen) >= total(Greedy()(found)) - EQUAL


def test_nothing_to_match():
    assert Exact()([]) == ILP()([]) == []
    assert Exact()([Proposal(0, 0, 1, 0.0)]) == []
