"""BEA: posteriors by hand, what is learnt without labels, and the file of it."""

from __future__ import annotations

import json
from math import exp, log

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import psi

from tests.voters.test_voters import WEIGHTS, ballot, outcomes
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.solving.bayesian import NOTHING, Habits, items, learn
from xlner_spacy.types import Ballot, Poll
from xlner_spacy.voters.bea import BEA, read_habits, write_habits


def test_all_voters_are_alike_without_a_model():
    ballots = [
        ("one", 0, 1, "PER", 1.0),
        ("two", 0, 1, "PER", 1.0),
        ("one", 2, 3, "PER", 1.0),
        ("one", 4, 5, "LOC", 1.0),
        ("two", 4, 5, "ORG", 1.0),
        ("three", 4, 5, "ORG", 1.0),
    ]
    # .225 x .8 x .8 x .1 against .1 x .075 x .075 x .7 of "no entity"; and
    # .225 x .8 x .1 x .1 against .1 x .075 x .7 x .7
    two, alone = 0.0144 / (0.0144 + 0.00039375), 0.0018 / (0.0018 + 0.003675)
    # .225 x .0333 x .8 x .8 for ORG, .225 x .8 x .0333 x .0333 for LOC, .1 x .075^3
    org, loc, none = 0.225 * 0.64 / 30, 0.225 * 0.8 / 900, 0.1 * 0.075**3
    total = org + loc + none
    assert outcomes(BEA(), ballots) == [
        (0, 1, "PER", round(two, 4), "placed"),
        (4, 5, "ORG", round(org / total, 4), "placed"),
        (2, 3, "PER", round(alone, 4), "too few votes"),
        (4, 5, "LOC", round(loc / total, 4), "another label won"),
    ]


def test_a_confidence_counts_by_its_root_and_a_weight_as_so_many_voters():
    ballots = [("one", 0, 1, "PER", 0.25)]
    person = log(0.225) + 0.5 * (0.5 * log(0.8) + 0.5 * log(0.1)) + 3 * log(0.1)
    none = log(0.1) + 0.5 * (0.5 * log(0.075) + 0.5 * log(0.7)) + 3 * log(0.7)
    support = round(1 / (1 + exp(none - person)), 4)
    assert outcomes(BEA(), ballots, {"one": 0.5, "two": 3.0}) == [
        (0, 1, "PER", support, "too few votes")
    ]
    # All that were asked agree, so it is placed.
    assert outcomes(BEA(), [("one", 0, 1, "PER", 0.0)], {"one": 1.0})[0][4] == "placed"


def test_a_near_miss_with_the_same_label_is_not_against_it():
    def said(label):
        ballots = [Ballot("one", 0, 2, "PER", 1.0), Ballot("two", 0, 3, label, 1.0)]
        first, _ = items(Poll(ballots, WEIGHTS))
        return {said.who: dict(said.shares) for said in first.said}

    assert said("PER") == {"one": {"PER": 1.0, NOTHING: 0.0}, "three": {NOTHING: 1.0}}
    assert said("LOC")["two"] == {NOTHING: 1.0}


def test_one_voter_with_two_labels_shares_its_voice():
    ballots = [Ballot("one", 0, 1, "PER", 1.0), Ballot("one", 0, 1, "LOC", 0.25)]
    ((item),) = items(Poll(ballots, {"one": 1.0}))
    assert item.said[0].shares == pytest.approx({"PER": 2 / 3, "LOC": 1 / 3, NOTHING: 0.0})


def drawn(n, rates, seed=0):
    """Polls of voters that name an entity's label with the rate given, and otherwise another."""
    random = np.random.default_rng(seed)
    labels = ["PER", "LOC", "ORG"]
    polls, gold = [], []
    for _ in range(n):
        true = labels[random.integers(3)]
        others = [label for label in labels if label != true]
        ballots = [
            Ballot(who, 0, 1, true if random.random() < rate else others[random.integers(2)], 1.0)
            for who, rate in rates.items()
        ]
        polls.append(Poll(ballots, dict.fromkeys(rates, 1.0)))
        gold.append(true)
    return polls, gold


RATES = {"good": 0.95, "fair": 0.8, "poor": 0.45, "bad": 0.35}


def right(polls, gold, voter):
    found = [next(vote.label for vote in votes if not vote.outcome) for votes in voter(polls)]
    return sum(map(str.__eq__, found, gold)) / len(gold)


def test_how_often_each_voter_is_right_is_learnt_without_labels(tmp_path):
    polls, gold = drawn(3000, RATES)
    habits = learn(polls)
    assert habits.labels == (NOTHING, "LOC", "ORG", "PER")
    # 50 items of the prior are in each row, of a thousand.
    for who, rate in RATES.items():
        rates = habits.voters[who] / habits.voters[who].sum(axis=1, keepdims=True)
        assert np.diagonal(rates)[1:] == pytest.approx(rate, abs=0.06)
    write_habits(tmp_path / "model.json", habits)
    learnt = right(polls, gold, BEA(str(tmp_path / "model.json")))
    assert learnt > right(polls, gold, BEA()) + 0.1


def test_poor_voters_are_removed_and_heard_where_they_are_alone(tmp_path):
    habits = learn(drawn(500, RATES)[0], keep=2)
    assert habits.removed == ("bad", "poor")
    write_habits(tmp_path / "model.json", habits)
    voter = BEA(str(tmp_path / "model.json"))
    ballots = [(who, 0, 1, "PER", 1.0) for who in ("bad", "poor")]
    weights = dict.fromkeys(RATES, 1.0)
    assert outcomes(voter, ballots, weights)[0][4] == "too few votes"
    both = outcomes(voter, ballots, {"bad": 1.0, "poor": 1.0})
    assert both[0][4] == "placed"
    # The kept ones speak as if the others had not been asked.
    ballots = [("fair", 0, 1, "PER", 1.0)]
    alone = outcomes(voter, ballots, {"fair": 1.0, "good": 1.0})
    assert outcomes(voter, ballots, weights) == alone


def test_an_unknown_voter_is_the_mean_and_an_unknown_label_as_the_prior_says():
    polls, _ = drawn(300, RATES)
    habits = learn(polls)
    mean = Habits(
        habits.labels, habits.truth, {"new": np.mean(list(habits.voters.values()), axis=0)}
    )
    poll = Poll([Ballot("new", 0, 1, "PER", 0.7)], {"new": 1.0})
    ((_, found),) = habits.posteriors(poll)
    ((_, expected),) = mean.posteriors(poll)
    assert found == pytest.approx(expected)
    other = Poll([Ballot("good", 0, 1, "MISC", 1.0)], {"good": 1.0})
    ((_, found),) = habits.posteriors(other)
    # .225 x .8 by the prior against "no entity", which hardly ever was, times the prior's .075
    none = exp(psi(habits.truth[0]) - psi(habits.truth.sum())) * 0.075
    assert found["MISC"] == pytest.approx(0.18 / (0.18 + none))


def test_the_counts_add_up():
    """Each item has one true label, and each voter says one thing of it."""
    polls, _ = drawn(200, RATES)
    weights = {"good": 2.0, "fair": 1.0, "poor": 1.0, "bad": 0.5}
    polls = [poll._replace(weights=weights) for poll in polls]
    found = [item for poll in polls for item in items(poll)]
    habits = learn(polls)
    assert habits.truth.sum() == pytest.approx(len(habits.labels) + len(found))
    prior = habits.voters["good"].sum() - 2 * len(found)
    for who, weight in weights.items():
        assert habits.voters[who].sum() - prior == pytest.approx(weight * len(found))


def test_it_takes_three_voters_to_learn():
    polls, _ = drawn(20, {"en": 0.9, "es": 0.8})
    with pytest.raises(InputError, match=r"'en', 'es'.*three"):
        learn(polls)
    with pytest.raises(InputError, match="none"):
        learn([])
    with pytest.raises(SetupError, match="keep=1"):
        learn(polls, keep=1)


@given(rows=st.lists(st.lists(ballot, max_size=6), max_size=5), data=st.data())
def test_what_is_learnt_from_any_ballots(rows, data):
    known = [Ballot(who, 0, 1, "PER", 1.0) for who in WEIGHTS]
    rows = [known, *rows]
    habits = learn(Poll(row, WEIGHTS) for row in rows)
    for row in rows:
        for item, posteriors in habits.posteriors(Poll(row, WEIGHTS)):
            assert set(posteriors) == {NOTHING, *item.ballots}
            assert sum(posteriors.values()) == pytest.approx(1.0)
    shuffled = [data.draw(st.permutations(row)) for row in rows]
    again = learn(Poll(row, WEIGHTS) for row in shuffled)
    assert np.array_equal(again.truth, habits.truth)
    assert all(np.array_equal(again.voters[who], habits.voters[who]) for who in WEIGHTS)


def test_a_model_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "model.json"
    habits = learn(drawn(50, RATES)[0], keep=3)
    write_habits(path, habits)
    again = read_habits(path)
    assert (again.labels, again.removed) == (habits.labels, habits.removed)
    assert np.array_equal(again.truth, habits.truth)
    assert all(np.array_equal(again.voters[who], habits.voters[who]) for who in RATES)
    with pytest.raises(InputError, match="nowhere"):
        write_habits(tmp_path / "nowhere" / "model.json", habits)


@pytest.mark.parametrize(
    "damage",
    [
        {"method": "xlner.Other.v1"},
        {"labels": ["PER"]},
        {"labels": ["PER", "PER", "LOC"]},
        {"labels": "PER"},
        {"truth": [1.0, 2.0, float("nan"), 1.0]},
        {"truth": [1.0, 2.0, -1.0, 1.0]},
        {"voters": {}},
        {"voters": []},
        {"voters": {"good": [[1.0]]}},
        {"removed": ["nobody"]},
    ],
    ids=str,
)
def test_a_damaged_model_is_refused(tmp_path, damage):
    path = tmp_path / "model.json"
    write_habits(path, learn(drawn(50, RATES)[0]))
    record = {**json.loads(path.read_text(encoding="utf8")), **damage}
    path.write_text(json.dumps(record), encoding="utf8")
    with pytest.raises(SetupError, match=r"model\.json[\s\S]*xlner train-voter"):
        BEA(str(path))([Poll([], {})])


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"method": ', "\x00\xff"])
def test_no_model_is_refused(tmp_path, text):
    path = tmp_path / "model.json"
    if text is not None:
        path.write_text(text, encoding="latin1")
    block = {"@xl_voters": "xlner.BEA.v1", "model": str(path)}
    voter = spacy.registry.resolve({"voter": block})["voter"]
    with pytest.raises(SetupError, match=r"model\.json[\s\S]*xlner train-voter"):
        voter([Poll([], {})])
