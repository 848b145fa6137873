"""What a vote says of each source, without labels."""

from __future__ import annotations

import pytest

from xlner_spacy.ranking.agreeing import agreement_of
from xlner_spacy.types import Ballot, Poll


def poll(**labels):
    """One name; what each source calls it, or None if it does not find it."""
    ballots = [Ballot(who, 0, 1, label, 1.0) for who, label in labels.items() if label]
    return Poll(ballots, dict.fromkeys(labels, 1.0))


def test_who_agrees_with_the_others_is_expected_to_be_right():
    polls = [poll(en="PER", es="PER", fr="PER")] * 20
    polls += [poll(en="PER", es="PER", fr="ORG")] * 20
    polls += [poll(en="LOC", es="LOC", fr=None)] * 20
    polls += [poll(en="LOC", es=None, fr=None)] * 5
    found = agreement_of(polls)
    assert found.voters == ("en", "es", "fr")
    assert found.entities == 65
    assert 0.8 < found.f1["es"] <= 1
    assert 0.8 < found.f1["en"] <= 1
    assert found.f1["fr"] < 0.6


def test_of_two_nothing_can_be_told():
    found = agreement_of([poll(en="PER", es="ORG")] * 20)
    assert (found.f1, found.voters, found.entities) == ({}, ("en", "es"), 20)


def test_without_entities_nothing_can_be_told():
    assert agreement_of([poll(en=None, es=None, fr=None)] * 5).f1 == {}
    assert agreement_of([]) == ({}, (), 0)


def test_a_source_that_finds_nothing():
    found = agreement_of([poll(en="PER", es="PER", fr="PER", de=None)] * 30)
    assert found.f1["de"] == 0
    assert found.f1["en"] == pytest.approx(found.f1["fr"])
