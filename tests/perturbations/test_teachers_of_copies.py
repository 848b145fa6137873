"""What teachers believe of each token, where a text is changed or joined with another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from xlner_spacy.document.teacher import set_teacher, teacher_of
from xlner_spacy.perturbations.labelled import NEW
from xlner_spacy.perturbations.on_docs import joined, read_labels, with_labels

VOCAB = Vocab()


def taught(words, seed=0):
    """A Doc with what a teacher believes of each of its words."""
    doc = Doc(VOCAB, words=words)
    doc.ents = []
    rows = np.random.default_rng(seed).dirichlet(np.ones(3), size=len(words))
    set_teacher(doc, ["O", "B-PER", "S-PER"], rows, [1.0] * len(words))
    return doc


def test_what_a_teacher_believes_goes_with_its_words():
    doc = taught(["a", "b", "c"])
    _, rows, _ = teacher_of(doc)
    text = read_labels(doc)
    upper = replace(text, words=("A", "B", "C"))
    assert teacher_of(with_labels(doc, upper))[1] == pytest.approx(rows, abs=0.002)
    turned = replace(text, words=("c", "b", "a"), origins=(2, 1, 0))
    assert teacher_of(with_labels(doc, turned))[1] == pytest.approx(rows[::-1], abs=0.002)
    new = replace(text, words=("a", "x", "c"), origins=(0, NEW, 2))
    assert "xl_teacher" not in with_labels(doc, new).spans


def test_joined_texts_have_the_beliefs_of_both():
    first, second = taught(["a", "b"]), taught(["c"], seed=1)
    whole = joined(first, second)
    both = np.concatenate([teacher_of(doc)[1] for doc in (first, second)])
    assert teacher_of(whole)[1] == pytest.approx(both, abs=0.002)
    del second.spans["xl_teacher"]
    assert "xl_teacher" not in joined(first, second).spans
