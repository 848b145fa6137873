"""Voters: each one's rule by hand, and the rules that hold for all of them."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy.document.placing import Ground, settle
from xlner_spacy.errors import SetupError
from xlner_spacy.registry import voters
from xlner_spacy.types import Ballot, Poll
from xlner_spacy.voters.agreement import Agreement
from xlner_spacy.voters.bea import BEA
from xlner_spacy.voters.consensus import Consensus
from xlner_spacy.voters.priority import Priority
from xlner_spacy.voters.rover import Rover

VOTERS = [
    BEA(),
    Rover(),
    Rover(threshold=0.0, alpha=0.0),
    Rover(alpha=1.0),
    Agreement(),
    Priority(),
    Consensus(),
]
WEIGHTS = {"one": 1.0, "two": 1.0, "three": 1.0}


def outcomes(voter, ballots, weights=WEIGHTS):
    (votes,) = voter([Poll([Ballot(*b) for b in ballots], weights)])
    return [
        (v.start, v.end, v.label, round(v.support, 4), v.outcome) for v in settle(votes, Ground())
    ]


BALLOTS = [
    ("one", 0, 2, "PER", 0.4),
    ("two", 0, 1, "PER", 0.9),
    ("three", 0, 2, "PER", 0.8),
    ("three", 3, 4, "LOC", 1.0),
]


def test_rover_by_hand():
    # (0.5 x 2 + 0.5 x (0.4 + 0.8)) / 3, (0.5 + 0.5) / 3, (0.5 + 0.5 x 0.9) / 3
    assert outcomes(Rover(), BALLOTS) == [
        (0, 2, "PER", 0.5333, "placed"),
        (3, 4, "LOC", 0.3333, "too few votes"),
        (0, 1, "PER", 0.3167, "too few votes"),
    ]


def test_agreement_by_hand():
    assert outcomes(Agreement(), BALLOTS) == [
        (0, 2, "PER", 0.6667, "placed"),
        (3, 4, "LOC", 0.3333, "placed"),
        (0, 1, "PER", 0.3333, "its place was taken"),
    ]
    # Of two that one voter each wants it is the surer.
    assert outcomes(Agreement(), BALLOTS[:2])[0][:2] == (0, 1)
    # A vote of greater weight.
    heavy = {**WEIGHTS, "two": 3.0}
    assert outcomes(Agreement(), BALLOTS, heavy)[0] == (0, 1, "PER", 0.6, "placed")


def test_consensus_takes_the_surest_span_and_the_likeliest_label():
    weights = {"projection": 1.5, "recogniser": 1.0}
    ballots = [
        # Two pieces of one name, and the whole of it with the wrong label.
        ("projection", 0, 5, "LOC", 0.5),
        ("recogniser", 0, 2, "ORG", 0.9),
        ("recogniser", 3, 5, "LOC", 0.4),
        # Each alone: 1.5 x 0.9 / 2.5, and 0.7 / 2.5
        ("projection", 7, 8, "PER", 0.9),
        ("recogniser", 9, 10, "PER", 0.7),
    ]
    assert outcomes(Consensus(), ballots, weights) == [
        (7, 8, "PER", 0.54, "placed"),
        (0, 2, "ORG", 0.36, "placed"),
        (0, 2, "LOC", 0.3, "another label won"),
        (9, 10, "PER", 0.28, "too few votes"),
        (3, 5, "LOC", 0.16, "too few votes"),
    ]
    # The surer span of the two, with the label of both.
    surer = [("projection", 0, 5, "LOC", 0.95), *ballots[1:3]]
    assert outcomes(Consensus(), surer, weights)[0] == (0, 5, "LOC", 0.73, "placed")
    # One voter gets what it wants, however unsure it is.
    alone = outcomes(Consensus(), [("one", 0, 1, "PER", 0.01)], {"one": 1.0})
    assert alone == [(0, 1, "PER", 0.01, "placed")]
    for threshold in (-0.1, 1, "high"):
        with pytest.raises(SetupError, match="threshold"):
            Consensus(threshold)


def test_priority_by_hand():
    assert outcomes(Priority(), BALLOTS) == [
        (0, 2, "PER", 0.4, "placed"),
        (0, 1, "PER", 0.9, "its place was taken"),
        (3, 4, "LOC", 1.0, "placed"),
    ]
    heavy = {**WEIGHTS, "two": 2.0}
    assert outcomes(Priority(), BALLOTS, heavy)[0] == (0, 1, "PER", 0.9, "placed")


@pytest.mark.parametrize(
    ("voter", "first"),
    [
        (Rover(threshold=0.0), (4, 5, "LOC")),  # the shorter, then the leftmost, then the label
        (Agreement(), (3, 5, "PER")),  # the first voter's
        (Priority(), (3, 5, "PER")),
    ],
)
def test_equals(voter, first):
    ballots = [
        ("three", 4, 5, "PER", 0.5),
        ("two", 4, 5, "LOC", 0.5),
        ("one", 3, 5, "PER", 0.5),
    ]
    votes = outcomes(voter, ballots)
    assert votes[0][:3] == first
    assert [vote[4] for vote in votes].count("placed") == 1


@pytest.mark.parametrize("voter", VOTERS)
def test_nobody_votes_and_nobody_was_asked(voter):
    assert voter([Poll([], WEIGHTS), Poll([], {})]) == [[], []]
    assert voter([]) == []


@pytest.mark.parametrize("voter", VOTERS)
def test_who_was_not_asked_has_no_vote(voter):
    poll = Poll([Ballot("four", 0, 1, "PER", 1.0)], WEIGHTS)
    with pytest.raises(SetupError, match=r"'four'.*'one', 'two', 'three'"):
        voter([poll])


def test_a_source_is_that_of_the_loudest():
    ballots = [Ballot("one", 0, 1, "PER", 0.5), Ballot("two", 0, 1, "PER", 0.9)]
    for voter, loudest in [(Rover(), "two"), (Agreement(), "two"), (Priority(), "one")]:
        ((vote,),) = voter([Poll(ballots, {"one": 1.0, "two": 1.0})])
        assert vote.ballots[0].who == loudest
    ((vote,),) = Rover()([Poll(ballots, {"one": 3.0, "two": 1.0})])
    assert vote.ballots[0].who == "one"


def test_settings_are_checked_in_a_config():
    assert set(voters.get_all()) >= {"xlner.Rover.v1", "xlner.Agreement.v1", "xlner.Priority.v1"}
    for wrong in ({"threshold": 1.0}, {"threshold": float("nan")}, {"alpha": -0.1}):
        with pytest.raises(SetupError, match=next(iter(wrong))):
            spacy.registry.resolve({"v": {"@xl_voters": "xlner.Rover.v1", **wrong}})


ballot = st.builds(
    lambda who, start, length, label, confidence: Ballot(
        who, start, start + length, label, confidence
    ),
    st.sampled_from(list(WEIGHTS)),
    st.integers(0, 6),
    st.integers(1, 4),
    st.sampled_from(["PER", "LOC"]),
    st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 1.0]) | st.floats(0, 1),
)
weights = st.fixed_dictionaries({who: st.sampled_from([0.1, 1.0, 3.0]) for who in WEIGHTS})


@pytest.mark.parametrize("voter", VOTERS)
@given(data=st.data(), ballots=st.lists(ballot, max_size=10), weights=weights)
def test_for_any_ballots(voter, data, ballots, weights):
    (votes,) = voter([Poll(ballots, weights)])
    # The order in which ballots come decides nothing.
    shuffled = data.draw(st.permutations(ballots))
    assert voter([Poll(shuffled, weights)]) == [votes]
    # Each claim is voted on once, with those that made it.
    heard = [(vote, b) for vote in votes for b in vote.ballots]
    assert len(heard) == len({b[:4] for b in ballots})
    assert {b[:4] for _, b in heard} == {b[:4] for b in ballots}
    assert len({vote[:3] for vote in votes}) == len(votes)
    assert all(0 <= vote.support <= 1 and b.label == vote.label for vote, b in heard)
    if not isinstance(voter, Consensus):
        assert all(b[1:4] == vote[:3] for vote, b in heard)
    # Nothing that is placed overlaps, lies on words that were taken or crosses a boundary.
    taken = data.draw(st.sets(st.integers(0, 9), max_size=3))
    sentences = sorted(data.draw(st.lists(st.integers(0, 1), min_size=10, max_size=10)))
    placed = [
        vote
        for vote in settle(votes, Ground(frozenset(taken), sentences))
        if vote.outcome == "placed"
    ]
    words = [word for vote in placed for word in range(vote.start, vote.end)]
    assert len(set(words)) == len(words)
    assert taken.isdisjoint(words)
    assert all(sentences[vote.start] == sentences[vote.end - 1] for vote in placed)
    # Whatever a voter did not rule out was left out for want of room only.
    for vote in votes:
        if not vote.outcome and vote[:3] not in {v[:3] for v in placed}:
            crosses = sentences[vote.start] != sentences[vote.end - 1]
            assert crosses or not (taken | set(words)).isdisjoint(range(vote.start, vote.end))


@given(first=st.lists(ballot, max_size=6), second=st.lists(ballot, max_size=6))
def test_a_text_is_decided_by_its_own_ballots(first, second):
    polls = [Poll(first, WEIGHTS), Poll(second, WEIGHTS)]
    for voter in VOTERS:
        assert voter(polls) == [*voter(polls[:1]), *voter(polls[1:])]
