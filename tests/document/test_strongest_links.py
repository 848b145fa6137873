"""Alignments that link all with all: bounded in time and memory, nothing else changed."""

from __future__ import annotations

import tracemalloc
from random import Random

import pytest
import spacy

from xlner_spacy.corpus.conll import GoldSentence
from xlner_spacy.document.strongest_links import A_WORD, FEW, strongest
from xlner_spacy.evaluation.projection import given
from xlner_spacy.types import Link


def every_pair(n_source, n_target, confidence):
    return [[s, t, confidence(), False] for s in range(n_source) for t in range(n_target)]


def test_few_links_are_all_used():
    links = every_pair(40, 50, lambda: 0.5)
    assert len(links) == FEW
    assert strongest(links, 40, 50) == [Link(*link) for link in links]


def test_of_very_many_links_each_word_keeps_its_most_confident_ones():
    links = every_pair(100, 100, Random(0).random)
    kept = strongest(links, 100, 100)
    assert len(kept) == FEW
    for word in range(100):
        own = sorted((c for s, _, c, _ in links if s == word), reverse=True)
        assert sorted((c for s, _, c, _ in kept if s == word), reverse=True) == own[: FEW // 100]


def test_of_equal_links_those_near_the_diagonal_stay():
    kept = strongest(every_pair(300, 600, lambda: 1.0), 300, 600)
    assert {sum(link.source == word for link in kept) for word in range(300)} == {A_WORD}
    assert max(abs(link.target - 2 * link.source) for link in kept) <= A_WORD


@pytest.mark.long
@pytest.mark.parametrize("confidence", ["equal", "random"])
def test_hundred_entities_in_500_words_with_all_words_linked(confidence):
    rng = Random(1)
    words = [f"Name{n}" for n in range(500)]
    entities = [(5 * n, 5 * n + rng.randint(1, 5), "PER") for n in range(100)]
    nlp = spacy.blank("de")
    component = nlp.add_pipe("xl_projector", config={"source_langs": ["en"]})

    def aligner(pairs, **languages):
        one = rng.random if confidence == "random" else lambda: 1.0
        return [every_pair(len(source), len(target), one) for source, target in pairs]

    component.use(aligner=aligner)
    pair = GoldSentence(words, entities, None, None, 1), GoldSentence(words, [], None, None, 1)
    docs = [given(nlp, pair[1], {"en": pair[0]}, "de") for _ in range(2)]
    list(component.pipe(docs[:1]))  # scipy is imported once
    after_links = [stage for stage in component.stages if stage.name in ("propose", "match")]
    (align,) = (stage for stage in component.stages if stage.name == "align")
    component.run_stage(align, docs[1:])
    tracemalloc.start()
    for stage in after_links:
        component.run_stage(stage, docs[1:])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # 600,000 without a bound.
    assert len(docs[1].spans["xl_candidates"]) < 60_000
    assert peak < 50 * 2**20
    assert len(docs[1]._.xl_alignments[0]) == 500 * 500
    assert len(docs[1].ents) > 80
