"""Links out of similarities: what the simalign package gives, on every matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simalign import SentenceAligner

from xlner_spacy.models import extraction
from xlner_spacy.types import Link


def of_the_package(method: str, similarity: np.ndarray) -> np.ndarray:
    if method == "itermax":
        return SentenceAligner.iter_max(similarity) > 0
    if method == "mwmf":
        return SentenceAligner.get_max_weight_match(similarity) > 0
    forward, backward = SentenceAligner.get_alignment_matrix(similarity)
    return forward * backward > 0


@st.composite
def matrices(draw, values):
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    numbers = draw(st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return np.array(numbers, dtype=dtype).reshape(shape)


# Few values make many ties, and zeros and negative numbers meet what masks do.
TIED = st.sampled_from([-1.0, -0.5, 0.0, 0.45, 0.5, 0.9, 1.0])
# 0.9 x 0.5 is 0.45: what a half-free pair counts may tie with a free one.
CLOSE = st.sampled_from([0.45, 0.5, 0.81, 0.9, 1.0])


@pytest.mark.parametrize("method", ["inter", "itermax"])
@settings(max_examples=300, deadline=None)
@given(similarity=st.one_of(matrices(TIED), matrices(CLOSE), matrices(st.floats(-1, 1, width=32))))
def test_links_are_those_of_the_package_down_to_ties(method, similarity):
    ours = extraction.METHODS[method](similarity)
    np.testing.assert_array_equal(ours, of_the_package(method, similarity))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 12), columns=st.integers(1, 12))
def test_maximum_weight_matching_is_that_of_the_package(seed, rows, columns):
    similarity = np.random.default_rng(seed).random((rows, columns), dtype=np.float32)
    np.testing.assert_array_equal(extraction.mwmf(similarity), of_the_package("mwmf", similarity))


@settings(max_examples=200, deadline=None)
@given(similarity=matrices(st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0])))
def test_maximum_weight_matching_with_ties_and_pairs_that_cannot_be(similarity):
    """There may be several best matchings: one has as many pairs and weighs as much."""
    ours, theirs = extraction.mwmf(similarity), of_the_package("mwmf", similarity)
    assert ours.sum() == theirs.sum()
    assert similarity[ours].sum() == similarity[theirs].sum()
    assert ours.sum(axis=0).max() <= 1
    assert ours.sum(axis=1).max() <= 1
    assert similarity[ours].all()


def test_the_second_round_of_itermax_by_hand():
    similarity = np.array(
        [
            [0.9, 0.3, 0.1, 0.1],
            [0.2, 0.8, 0.6, 0.1],
            [0.1, 0.7, 0.3, 0.2],
            [0.1, 0.1, 0.2, 0.9],
        ]
    )
    first = {(0, 0), (1, 1), (3, 3)}  # 2 wants 1, but 1 wants 1
    assert set(zip(*np.nonzero(extraction.inter(similarity)), strict=True)) == first
    # Source 2 and target 2 are free. Row 2 becomes .09 .63 .3 .18: it wants target 1, whose
    # column becomes 0 0 .63 0: they are linked. Target 2 wants source 1 (.54), which wants it.
    found = set(zip(*np.nonzero(extraction.itermax(similarity)), strict=True))
    assert found == {*first, (2, 1), (1, 2)}


def test_softmaxes_by_hand():
    # exp(0) = 1, exp(log 3) = 3
    forward, backward = extraction.softmaxes(np.log([[1.0, 3.0], [1.0, 1.0]]))
    np.testing.assert_allclose(forward, [[1 / 4, 3 / 4], [1 / 2, 1 / 2]])
    np.testing.assert_allclose(backward, [[1 / 2, 3 / 4], [1 / 2, 1 / 4]])


def test_words_are_linked_by_their_most_confident_pieces():
    linked = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    confidence = np.array([[0.2, 0.3, 0.9], [0.9, 0.6, 0.9], [0.9, 0.9, 0.5]])
    found = extraction.word_links(linked, confidence, np.array([0, 0, 4]), np.array([1, 3, 3]))
    assert found == [Link(0, 1, 0.2), Link(0, 3, 0.6), Link(4, 3, 0.5)]
    assert extraction.word_links(linked & False, confidence, np.arange(3), np.arange(3)) == []


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_mutual_probability_of_words(data):
    of_source = sorted(data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=8)))
    of_target = sorted(data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=8)))
    numbers = st.floats(-3, 3, width=32)
    size = len(of_source) * len(of_target)
    scores = np.array(data.draw(st.lists(numbers, min_size=size, max_size=size)))
    forward, backward = extraction.softmaxes(scores.reshape(len(of_source), len(of_target)))
    given = np.array(of_source), np.array(of_target)
    found = extraction.mutual_probability(forward, backward, *given)
    for i, source in enumerate(sorted(set(of_source))):
        for j, target in enumerate(sorted(set(of_target))):
            block = np.ix_(given[0] == source, given[1] == target)
            of_t = forward[block].sum(axis=1).mean()
            of_s = backward[block].sum(axis=0).mean()
            assert found[i, j] == pytest.approx(np.sqrt(of_t * of_s))


def test_links_of_words_are_weak_by_word():
    linked = np.ones((3, 2), dtype=bool)
    words = np.array([0, 0, 4]), np.array([1, 3])
    weak = np.array([[False, True], [True, False]])
    found = extraction.word_links(linked, linked * 0.5, *words, weak)
    assert [(*link[:2], link.weak) for link in found] == [
        (0, 1, False),
        (0, 3, True),
        (4, 1, True),
        (4, 3, False),
    ]


@pytest.mark.parametrize("method", extraction.METHODS)
def test_nothing_to_link(method):
    assert extraction.METHODS[method](np.zeros((0, 3))).shape == (0, 3)
