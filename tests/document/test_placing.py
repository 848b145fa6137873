"""How matchers' choices get onto the Doc: several places of one entity, confidences."""

from __future__ import annotations

import pytest
import spacy

from xlner_spacy import give_translation

TEXT = "Maputo cresce: Maputo é a capital."
SOURCE = "Maputo, the capital, is growing."


def projected(**blocks):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config=blocks).use(
        aligner=lambda pairs, **_: [[(0, 0, 0.9), (0, 3, 0.8)] for _ in pairs]
    )
    return nlp(give_translation(nlp.make_doc(TEXT), SOURCE, entities=[(0, 6, "LOC")]))


SINGLE_WORDS = {"@xl_candidates": "xlner.Ngrams.v1", "max_length": 1}


@pytest.mark.parametrize(
    "matcher",
    [
        {"@xl_matchers": "xlner.ILP.v1", "n": 2},
        {"@xl_matchers": "xlner.ILP.v1", "n": 2, "projections": "exactly"},
        {"@xl_matchers": "xlner.Greedy.v1", "max_projections": 2},
    ],
)
def test_one_entity_in_two_places(matcher):
    doc = projected(candidates=SINGLE_WORDS, matcher=matcher)
    assert [(ent.start, ent.text) for ent in doc.ents] == [(0, "Maputo"), (3, "Maputo")]
    assert [ent._.xl_source["text"] for ent in doc.ents] == ["Maputo"] * 2
    assert doc._.xl_unplaced == []


def test_by_default_an_entity_has_one_place():
    doc = projected(candidates=SINGLE_WORDS)
    assert [ent.start for ent in doc.ents] == [0]


def test_a_score_without_links_is_the_confidence():
    every_word = {**SINGLE_WORDS, "linked_edges": False}
    measure = {"@xl_measures": "xlner.CharacterSimilarity.v1"}
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config={"candidates": every_word, "measure": measure}).use(
        aligner=lambda pairs, **_: [[] for _ in pairs]
    )
    doc = nlp(give_translation(nlp.make_doc(TEXT), SOURCE, entities=[(0, 6, "LOC")]))
    assert [(ent.text, ent._.xl_confidence) for ent in doc.ents] == [("Maputo", 1.0)]
