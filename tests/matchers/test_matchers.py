"""The matchers: exact against brute force, ties by the stated rule, solvers alike."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.errors import SetupError
from xlner_spacy.matchers.bipartite import Bipartite
from xlner_spacy.matchers.exact import Exact
from xlner_spacy.matchers.greedy import Greedy
from xlner_spacy.matchers.ilp import ILP
from xlner_spacy.solving.ties import EQUAL, by_entity, overlap
from xlner_spacy.types import Proposal

# Few distinct scores, so that ties are the rule.
scores = st.sampled_from([0.25, 0.5, 0.75, 1.0])


@st.composite
def proposals(draw, max_entities=4, max_words=7, max_options=4):
    found = {}
    for entity in range(draw(st.integers(1, max_entities))):
        for _ in range(draw(st.integers(0, max_options))):
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


def first_best(given_proposals, allowed, worth):
    """The first best subset by the stated rule: proposals in order of preference, each
    rather in than out."""
    ordered = [p for options in by_entity(given_proposals).values() for p in options]
    best, best_key = [], (0.0, ())
    for size in range(len(ordered) + 1):
        for chosen in combinations(ordered, size):
            if allowed(chosen):
                key = round(worth(chosen), 6), tuple(p in chosen for p in ordered)
                if key > best_key:
                    best, best_key = list(chosen), key
    return sorted(best, key=lambda p: (p.entity, p.start))


def number_of_places(kind, n):
    """What the paper's constraints allow, and what a set is worth if they cannot be met."""

    def allowed(chosen):
        most = len(chosen) if kind == "at_least" else n
        return fits(chosen) and all(c <= most for c in Counter(p.entity for p in chosen).values())

    def worth(chosen):
        met = sum(min(n, c) for c in Counter(p.entity for p in chosen).values())
        return sum(p.score for p in chosen) + (0 if kind == "at_most" else 1000 * met)

    return allowed, worth


KINDS = [(kind, n) for kind in ("at_most", "at_least", "exactly") for n in (1, 2)]


@pytest.mark.parametrize(("kind", "n"), KINDS)
@settings(max_examples=40, deadline=None)
@given(proposals(max_entities=3, max_options=3))
def test_numbers_of_places_as_brute_force_has_them(kind, n, found):
    matcher = ILP(projections=kind, n=n, min_score=0.5)
    possible = [p for p in found if p.score >= 0.5]
    assert matcher(found) == first_best(possible, *number_of_places(kind, n))
    assert matcher(found[::-1]) == matcher(found)


@pytest.mark.parametrize(("kind", "n"), KINDS[1:])
@settings(max_examples=5, deadline=None)
@given(proposals())
def test_solvers_agree_on_numbers_of_places(kind, n, found):
    cbc, highs = (ILP(solver=s, projections=kind, n=n) for s in ("cbc", "highs"))
    assert cbc(found) == highs(found)


def test_at_least_places_every_entity_though_another_would_score_more():
    wide, narrow = Proposal(0, 0, 3, 1.0), Proposal(1, 1, 2, 0.5)
    other = Proposal(0, 2, 3, 0.2)
    assert ILP()([wide, narrow, other]) == [wide]
    assert ILP(projections="exactly")([wide, narrow, other]) == [other, narrow]
    # There is no room for both: one place is missing, and the sum decides whose.
    assert ILP(projections="exactly")([wide, narrow]) == [wide]


def test_an_entity_that_is_named_twice():
    twice = [Proposal(0, 0, 1, 0.9), Proposal(0, 5, 6, 0.8), Proposal(0, 8, 9, 0.1)]
    assert ILP(n=2)(twice) == Greedy(max_projections=2)(twice) == twice[:2]
    assert ILP(projections="at_least", min_score=0.5)(twice) == twice[:2]
    assert ILP(projections="at_least")(twice) == twice


@settings(max_examples=100, deadline=None)
@given(proposals())
def test_bipartite_is_brute_force_on_distinct_spans(found):
    """Each span at most once; then greedily what does not overlap."""

    def allowed(chosen):
        spans = {(p.start, p.end) for p in chosen}
        return len(spans) == len(chosen) == len({p.entity for p in chosen})

    best, best_total = [], 0.0
    for combination in product(*[[*options, None] for options in by_entity(found).values()]):
        chosen = [p for p in combination if p]
        if allowed(chosen) and sum(p.score for p in chosen) > best_total + EQUAL:
            best, best_total = chosen, sum(p.score for p in chosen)
    assert Bipartite()(found) == Greedy()(best)
    assert Bipartite()(found[::-1]) == Bipartite()(found)


def test_bipartite_shares_out_spans_and_then_resolves_overlaps():
    # Both want words 0-2; together they are best served if the second takes what is left.
    found = [Proposal(0, 0, 2, 0.9), Proposal(1, 0, 2, 0.8), Proposal(1, 4, 5, 0.7)]
    assert Bipartite()(found) == [found[0], found[2]]
    # The spans are distinct but share word 1: the better stays, and the free place of the
    # other is not looked for. That is what the exact matching does better.
    found = [Proposal(0, 0, 2, 0.9), Proposal(1, 1, 3, 0.8), Proposal(1, 4, 5, 0.7)]
    assert Bipartite()(found) == [found[0]]
    assert ILP()(found) == [found[0], found[2]]
    assert Bipartite(min_score=0.95)(found) == []


def test_wrong_numbers_of_places():
    with pytest.raises(SetupError, match="at_most, at_least, exactly"):
        ILP(projections="some")
    with pytest.raises(SetupError, match="n=0"):
        ILP(n=0)
    with pytest.raises(SetupError, match="max_projections"):
        Greedy(max_projections=0)


@pytest.mark.parametrize("matcher", [ILP, Exact])
def test_with_a_power_a_name_stays_whole(matcher):
    # "Sri Lanka": one entity has it as a whole, or two have a half each.
    whole, half, other = Proposal(0, 3, 5, 0.95), Proposal(0, 3, 4, 0.6), Proposal(1, 4, 5, 0.6)
    assert matcher()([whole, half, other]) == [half, other]
    assert matcher(power=3)([whole, half, other]) == [whole]
    assert matcher(power=3, min_score=0.7)([half, other]) == []
    with pytest.raises(SetupError, match="power"):
        matcher(power=0)


def test_a_power_does_not_make_low_scores_alike():
    low, lower = Proposal(1, 0, 1, 0.0099), Proposal(0, 0, 1, 0.001)
    assert Exact(power=3)([lower, low]) == [low]


@pytest.mark.parametrize("matcher", [ILP, Exact])
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("n", "x"),
        ("n", 1.5),
        ("n", True),
        ("min_score", "a"),
        ("min_score", float("nan")),
        ("time_limit", None),
        ("time_limit", 0),
        ("power", "2"),
    ],
)
def test_settings_of_another_type(matcher, setting, value):
    with pytest.raises(SetupError, match=f"ILP: {setting}="):
        matcher(**{setting: value})


@pytest.mark.parametrize("matcher", [Greedy, Bipartite])
@pytest.mark.parametrize("value", ["a", None, float("nan")])
def test_least_scores_that_are_no_numbers(matcher, value):
    with pytest.raises(SetupError, match=f"{matcher.__name__}: min_score="):
        matcher(min_score=value)
    with pytest.raises(SetupError, match="max_projections"):
        Greedy(max_projections=1.5)


@pytest.mark.parametrize("matcher", [ILP, Exact])
def test_the_solver_that_is_not_installed_is_missed_when_it_is_needed(matcher, monkeypatch):
    monkeypatch.setitem(sys.modules, "pulp", None)
    options = [Proposal(e, s, s + 2, 0.5 + s / 10) for e in range(2) for s in range(3)]
    chosen = matcher(projections="at_most")([options[0]])
    assert chosen == [options[0]]
    with pytest.raises(SetupError, match=r"(?s)needs the Python package pulp.*pip install pulp"):
        matcher(projections="at_most", n=2)(options)
