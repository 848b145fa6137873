"""The work of one text grows in proportion to it: counted, without a clock."""

from __future__ import annotations

import pytest
import spacy

from xlner_spacy.corpus.conll import GoldSentence
from xlner_spacy.document.bounds import MAX_ENTITY_WORDS
from xlner_spacy.evaluation.projection import given
from xlner_spacy.types import Link


def diagonal(pairs, **languages):
    return [[Link(n, n, 1.0) for n in range(min(map(len, pair)))] for pair in pairs]


def projected(names: int, words_each: int, aligner=diagonal):
    """A text that is nothing but names, beside itself as its translation."""
    words = ["João", "Silva"] * (names * words_each // 2)
    entities = [(n * words_each, (n + 1) * words_each, "PER") for n in range(names)]
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config={"source_langs": ["en"]}).use(aligner=aligner)
    source = GoldSentence(words, entities, None, None, 1)
    target = GoldSentence(words, [], None, None, 1)
    return nlp(given(nlp, target, {"en": source}, "pt"))


@pytest.mark.long
@pytest.mark.parametrize("words_each", [2, MAX_ENTITY_WORDS])
def test_twice_the_text_makes_twice_the_candidates(words_each):
    few, many = (projected(n, words_each) for n in (20, 40))
    assert len(few.ents) == 20
    assert len(many.ents) == 40
    assert len(many.spans["xl_candidates"]) <= 2.2 * len(few.spans["xl_candidates"])


@pytest.mark.long
def test_with_links_between_all_words_too():
    def every(pairs, **languages):
        return [
            [Link(s, t, 0.5) for s in range(len(source)) for t in range(len(target))]
            for source, target in pairs
        ]

    few, many = (projected(n, 10, every) for n in (25, 50))
    assert len(many.spans["xl_candidates"]) <= 2.2 * len(few.spans["xl_candidates"])


def test_what_is_longer_than_any_name_is_reported_not_projected():
    doc = projected(1, 2 * MAX_ENTITY_WORDS)
    assert not doc.ents
    (lost,) = doc._.xl_unplaced
    assert "long" in lost["reason"]
    assert not doc.spans["xl_candidates"]
