"""Sequences of tags: the best legal one, and the probability of each entity, by brute force."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.solving.bioes import Bioes
from xlner_spacy.solving.lattice import best, sums

SCHEME = Bioes(["PER", "LOC"])


def legal(tags):
    first, last, after = SCHEME.lattice
    return first[tags[0]] and last[tags[-1]] and all(after[a, b] for a, b in pairwise(tags))


def by_brute_force(probabilities):
    """Every legal sequence of tags with its share."""
    rows = range(len(probabilities))
    found = {
        tags: float(np.prod([probabilities[n, tag] for n, tag in zip(rows, tags, strict=True)]))
        for tags in product(range(len(SCHEME)), repeat=len(probabilities))
        if legal(tags)
    }
    total = sum(found.values())
    return {tags: share / total for tags, share in found.items()}


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 10**6))
def test_against_all_sequences(lengths, seed):
    rng = np.random.default_rng(seed)
    texts = [rng.dirichlet(np.full(len(SCHEME), 0.3), size=n) for n in lengths]
    decoded = best(SCHEME.lattice, texts)
    found = SCHEME.entities(texts)
    for text, tags, known, entities in zip(
        texts, decoded, sums(SCHEME.lattice, texts), found, strict=True
    ):
        every = by_brute_force(np.maximum(text, 1e-12))
        assert every[tuple(tags)] == pytest.approx(max(every.values()))
        for n in range(len(text)):
            for tag in range(len(SCHEME)):
                share = sum(s for own, s in every.items() if own[n] == tag)
                assert known.marginals[n, tag] == pytest.approx(share, abs=1e-9)
        assert [e[:3] for e in entities] == SCHEME.spans(tags.tolist())
        for start, end, label, probability in entities:
            inside = tuple(SCHEME.tags_of(start, end, label))
            share = sum(s for own, s in every.items() if own[start:end] == inside)
            assert probability == pytest.approx(share, abs=1e-9)


def test_what_is_known_in_part_decides_about_its_neighbours():
    """If the middle word is inside a person's name, the word before is not outside."""
    even = np.full((3, len(SCHEME)), 1 / len(SCHEME))
    allowed = np.ones_like(even)
    allowed[1] = 0
    allowed[1, SCHEME.index["I-PER"]] = 1
    (posterior,) = SCHEME.completed([even], [allowed])
    assert posterior[0, SCHEME.index["B-PER"]] == pytest.approx(1)
    assert posterior[2, SCHEME.index["E-PER"]] == pytest.approx(1)


def test_the_marginal_likelihood_has_this_gradient():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(3, len(SCHEME)))
    allowed = np.ones_like(scores)
    allowed[0] = np.eye(len(SCHEME))[SCHEME.index["B-LOC"]]

    def shares(values):
        found = np.exp(values)
        return found / found.sum(axis=1, keepdims=True)

    def loss(values):
        given = shares(values)
        return -np.log(
            sum(
                np.prod([given[n, tag] for n, tag in enumerate(tags)])
                for tags in product(range(len(SCHEME)), repeat=3)
                if legal(tags) and all(allowed[n, tag] for n, tag in enumerate(tags))
            )
        )

    (posterior,) = SCHEME.completed([shares(scores)], [allowed])
    gradient = shares(scores) - posterior
    step = 1e-5
    for place in [(0, 1), (1, 2), (1, 3), (2, 0), (2, 4)]:
        moved = np.zeros_like(scores)
        moved[place] = step
        slope = (loss(scores + moved) - loss(scores - moved)) / (2 * step)
        assert gradient[place] == pytest.approx(slope, abs=1e-6)


def test_texts_without_words():
    assert SCHEME.entities([]) == []
    empty = np.zeros((0, len(SCHEME)))
    one = np.eye(len(SCHEME))[[SCHEME.index["S-LOC"]]]
    assert [len(own) for own in SCHEME.entities([empty, one, empty])] == [0, 1, 0]


def test_tags_and_spans_say_the_same():
    for start, end in [(0, 1), (0, 2), (1, 4)]:
        tags = [0] * 5
        tags[start:end] = SCHEME.tags_of(start, end, "LOC")
        assert SCHEME.spans(tags) == [(start, end, "LOC")]
    assert SCHEME.of_biluo("L-PER") == SCHEME.index["E-PER"]
    with pytest.raises(KeyError):
        SCHEME.of_biluo("U-MISC")
