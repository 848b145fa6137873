"""Aligning two texts of one language by the letters of their words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.aligners.exact_words import ExactWords
from xlner_spacy.aligners.fuzzy_words import FuzzyWords
from xlner_spacy.errors import SetupError
from xlner_spacy.types import Link

EN_PT = {"source_lang": "en", "target_lang": "pt"}


def links(aligner, source: str, target: str) -> list[tuple[int, int]]:
    return [link[:2] for link in aligner([(source.split(), target.split())], **EN_PT)[0]]


def test_equal_words_are_linked_in_order():
    source = "A Maria vive em Lisboa e a Ana vive em Braga"
    target = "A Maria mora em Lisboa e Ana mora em Braga"
    wanted = [(0, 0), (1, 1), (3, 3), (4, 4), (5, 5), (7, 6), (9, 8), (10, 9)]
    assert links(ExactWords(), source, target) == wanted


def test_equal_words_in_another_order_come_after():
    # The longest common subsequence is "visitou Ana ontem"; "Rui" is left on both sides.
    assert links(ExactWords(), "Rui visitou Ana ontem", "visitou Ana ontem Rui") == [
        (0, 3),
        (1, 0),
        (2, 1),
        (3, 2),
    ]


def test_of_equal_words_left_the_nearest_is_taken():
    # "x y z" is the common subsequence; "Ana", last in the source, goes to the later one.
    assert (5, 2) in links(ExactWords(), "x y z b c Ana", "Ana ou Ana x y z")


def test_case_and_form_of_unicode_do_not_matter():
    assert links(ExactWords(), "STRASSE Jose\u0301", "straße José") == [(0, 0), (1, 1)]


def test_similar_words_are_linked_by_hand():
    # Twice the common letters by all letters. Lissabon, Lisboa: "lisbo", 10/14 = .714;
    # Maputo, Maputos: 12/13 = .923.
    found = FuzzyWords(min_similarity=0.7)(
        [(["Lissabon", "ist", "Maputo"], ["Maputos", "Lisboa", "x"])], **EN_PT
    )[0]
    assert [link[:2] for link in found] == [(0, 1), (2, 0)]
    assert [round(link.confidence, 3) for link in found] == [0.714, 0.923]
    assert links(FuzzyWords(min_similarity=0.8), "Lissabon", "Lisboa") == []


def test_of_equal_words_the_one_in_the_same_place_is_taken():
    assert links(FuzzyWords(), "Ana e Ana", "Ana ou Ana") == [(0, 0), (2, 2)]
    assert links(FuzzyWords(), "x y z Ana", "Ana b c d e Ana") == [(3, 5)]


@pytest.mark.parametrize(
    "options", [{"min_similarity": 0}, {"min_similarity": 1.1}, {"position_bonus": -1}]
)
def test_wrong_settings(options):
    with pytest.raises(SetupError, match=next(iter(options))):
        FuzzyWords(**options)


WORDS = st.lists(st.text(min_size=1, max_size=4) | st.sampled_from("abc"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(source=WORDS, target=WORDS)
@pytest.mark.parametrize("aligner", [ExactWords(), FuzzyWords()])
def test_links_are_one_to_one_sorted_and_complete(aligner, source, target):
    (found,) = aligner([(source, target)], **EN_PT)
    assert found == sorted(found)
    assert all(isinstance(link, Link) and 0 < link.confidence <= 1 for link in found)
    assert len({link.source for link in found}) == len({link.target for link in found})
    assert len({link.source for link in found}) == len(found)
    (same,) = aligner([(source, source)], **EN_PT)
    assert [link[:2] for link in same] == [(n, n) for n in range(len(source))]


@settings(max_examples=200, deadline=None)
@given(source=WORDS, target=WORDS)
def test_no_two_equal_words_are_left(source, target):
    (found,) = ExactWords()([(source, target)], **EN_PT)
    left = {w for n, w in enumerate(source) if n not in {link.source for link in found}}
    assert left.isdisjoint(w for n, w in enumerate(target) if n not in {k.target for k in found})
