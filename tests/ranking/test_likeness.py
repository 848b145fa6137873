"""NN-Rank: shares of nearest neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from xlner_spacy.ranking.likeness import likeness, shares
from xlner_spacy.ranking.sample_texts import sample_of, sample_texts


def around(*degrees):
    """Unit vectors in the plane."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_the_source_that_lies_nearest_has_the_neighbours():
    sources = {"far": around(170, 180, 190), "near": around(1, 2, 3), "between": around(40, 45, 50)}
    assert shares(around(0, 0.5), sources, k=3) == {"far": 0, "near": 1, "between": 0}
    assert shares(around(0, 90), sources, k=2) == {"far": 0, "near": 0.5, "between": 0.5}


def test_a_source_does_not_gain_by_having_more_vectors():
    found = shares(around(0), {"one": around(1), "three": around(2, 3, 4)}, k=100)
    assert found == {"one": 0.5, "three": 0.5}
    found = shares(around(0), {"one": around(1), "four": around(2, 90, 91, 92)}, k=2)
    assert found == {"one": 0.8, "four": 0.2}


def test_no_vectors():
    nothing = np.zeros((0, 0), np.float32)
    assert shares(nothing, {"one": around(1)}) == {"one": 0}
    assert shares(around(1), {"one": nothing, "two": around(1)}) == {"one": 0, "two": 1}
    assert shares(around(1), {"one": nothing}) == {"one": 0}
    assert shares(around(1), {}) == {}


def test_every_language_has_the_same_sentences():
    texts = sample_texts()
    assert {len(own) for own in texts.values()} == {len(texts["en"])}
    assert all(text.strip() == text != "" for own in texts.values() for text in own)
    assert sample_of("pt-BR") == sample_of("pt") == texts["pt"]
    assert sample_of("tlh") == []


@pytest.mark.models
def test_galician_is_more_like_portuguese_than_like_chinese():
    langs = ("pt", "de", "zh")
    found = likeness(sample_of("gl")[:5], {lang: sample_of(lang)[:5] for lang in langs})
    assert found["pt"] > found["de"] > found["zh"]
    assert sum(found.values()) == pytest.approx(1)
