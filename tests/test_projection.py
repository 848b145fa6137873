"""Candidates and scores on examples worked out by hand."""

from __future__ import annotations

import pytest

from xlner_spacy.candidates.aligned_ranges import AlignedRanges
from xlner_spacy.candidates.ngrams import Ngrams
from xlner_spacy.errors import SetupError
from xlner_spacy.measures.link_density import LinkDensity
from xlner_spacy.measures.link_f1 import LinkF1
from xlner_spacy.types import Bitext, Link


def bitext(entities, links, n_source=10, n_target=12):
    return Bitext(["s"] * n_source, ["t"] * n_target, entities, [Link(*link) for link in links])


def test_ngrams_begin_and_end_with_linked_words():
    given = bitext([(0, 2), (4, 5)], [(0, 1, 1.0), (1, 3, 1.0), (4, 7, 0.5), (8, 2, 1.0)])
    assert Ngrams()([given]) == [[[(1, 2), (1, 4), (3, 4)], [(7, 8)]]]
    assert Ngrams(max_length=2)([given]) == [[[(1, 2), (3, 4)], [(7, 8)]]]
    assert Ngrams()([bitext([(0, 2)], [])]) == [[[]]]
    with pytest.raises(SetupError, match="max_length"):
        Ngrams(max_length=0)


def test_aligned_ranges_fill_small_gaps_and_take_one_range():
    # Words 1 and 3 with a gap of one; word 7 apart.
    given = bitext([(0, 3)], [(0, 1, 1.0), (1, 3, 1.0), (2, 7, 1.0)])
    assert AlignedRanges()([given]) == [[[(1, 4)]]]
    # Without filling there are three ranges of one word: all as long as the longest.
    # The links are equally sure, so the leftmost is taken.
    assert AlignedRanges(merge_distance=0)([given]) == [[[(1, 2)]]]
    assert AlignedRanges(merge_distance=3)([given]) == [[[(1, 8)]]]


def test_aligned_ranges_choose_the_surest_of_the_long_ones():
    links = [(0, 1, 0.4), (0, 2, 0.4), (1, 6, 0.9), (1, 7, 0.9), (2, 10, 1.0)]
    given = bitext([(0, 3)], links)
    assert AlignedRanges()([given]) == [[[(6, 8)]]]
    # A single word is half as long as the longest range: it competes from 0.5 on.
    surest = bitext([(0, 3)], [*links[:4], (2, 10, 1.0), (0, 10, 1.0)])
    assert AlignedRanges(length_ratio=0.5)([surest]) == [[[(10, 11)]]]
    assert AlignedRanges()([bitext([(0, 1)], [])]) == [[[]]]


def test_link_f1():
    # The entity has two links of weight 1 and 0.5; target word 3 has one from elsewhere.
    given = bitext([(0, 2)], [(0, 1, 1.0), (1, 3, 0.5), (8, 3, 1.0)])
    ((scores,),) = LinkF1()([given], [[[(1, 2), (1, 4), (3, 4)]]])
    assert scores == pytest.approx(
        [2 * 1.0 / (1.5 + 1.0), 2 * 1.5 / (1.5 + 2.5), 2 * 0.5 / (1.5 + 1.5)]
    )


def test_unlinked_words_cost_nothing_in_link_f1_but_in_the_papers_score():
    given = bitext([(0, 2)], [(0, 1, 1.0), (1, 3, 1.0)])
    assert LinkF1()([given], [[[(1, 4)]]]) == [[[1.0]]]
    # Two links, two source words, three target words.
    assert LinkDensity()([given], [[[(1, 4), (1, 2)]]]) == [[[2 / 5, 1 / 3]]]


def test_the_papers_score_counts_links_alike():
    given = bitext([(0, 1)], [(0, 1, 0.1), (0, 2, 0.9)])
    assert LinkDensity()([given], [[[(1, 3)]]]) == [[[2 / 3]]]


def test_trust_is_the_mean_over_words_of_their_best_links():
    given = bitext([(0, 2)], [(0, 1, 0.2), (1, 2, 0.6), (1, 5, 1.0)])
    # Best links inside the span: .2 and .6 of the source words, .2 and .6 of the target words.
    near, wider, nowhere = given.trust(0, [(1, 3), (1, 4), (7, 8)])
    assert near == pytest.approx((0.2 + 0.6 + 0.2 + 0.6) / 4)
    # Word 3 has none.
    assert wider == pytest.approx((0.2 + 0.6 + 0.2 + 0.6) / 5)
    assert nowhere == 0.0
