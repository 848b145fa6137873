"""Entities of tag probabilities."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from xlner_spacy.models.tagging import Tags

NAMES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
TAGS = Tags(NAMES)


def allowed(sequence):
    before = "O"
    for n in sequence:
        name = NAMES[n]
        if name.startswith("I-") and before[2:] != name[2:]:
            return False
        before = name
    return True


@pytest.mark.parametrize("seed", range(20))
def test_the_best_sequence_is_that_of_brute_force(seed):
    log_probs = np.log(np.random.default_rng(seed).dirichlet(np.ones(5) / 2, size=5))
    sequences = [s for s in product(range(5), repeat=5) if allowed(s)]
    best = max(sequences, key=lambda s: sum(log_probs[n, t] for n, t in enumerate(s)))
    found = TAGS.decode(log_probs)
    tags = ["O"] * 5
    for entity in found:
        tags[entity.start] = f"B-{entity.label}"
        for n in range(entity.start + 1, entity.end):
            tags[n] = f"I-{entity.label}"
        inside = [log_probs[n, best[n]] for n in range(entity.start, entity.end)]
        assert entity.probability == pytest.approx(np.exp(np.mean(inside)))
    assert tags == [NAMES[n] for n in best]


def test_nothing():
    assert TAGS.decode(np.zeros((0, 5))) == []
