"""What parts of a user's own must not answer: the error names the part and the answer."""

from __future__ import annotations

import json

import numpy as np
import pytest
import spacy

from tests.shared import blank_with
from xlner_spacy import give_translation
from xlner_spacy.document.span_groups import candidates
from xlner_spacy.types import Link, Proposal


def project(**parts):
    """A text with one entity, and what becomes of it."""
    nlp = blank_with()
    nlp.get_pipe("xl_projector").use(aligner=lambda pairs, **_: [[Link(3, 3, 0.9)] for _ in pairs])
    nlp.get_pipe("xl_projector").use(**parts)
    nlp.set_error_handler(spacy.util.ignore_error)
    doc = nlp.make_doc("Ana mora em Lisboa.")
    give_translation(doc, "Ana lives in Lisbon.", entities=[(13, 19, "LOC")])
    return nlp(doc)


def reason(doc):
    (problem,) = doc._.xl_problems
    return problem["detail"]


@pytest.mark.parametrize(
    "link",
    [(0, 1), None, (0.5, 1, 0.5), (0, 99, 0.5), (0, 1, None), (0, 1, float("nan")), (0, 1, -5)],
)
def test_links(link):
    assert "The aligner gave" in reason(project(aligner=lambda pairs, **_: [[link] for _ in pairs]))


@pytest.mark.parametrize(
    "span", [(0, 100), (1.5, 3), None, (0, 1, 2), (5, 2), (3, 3), (-2, 1), "ab"]
)
def test_candidates(span):
    doc = project(candidates=lambda bitexts: [[[span] for _ in b.entities] for b in bitexts])
    assert "The candidate generator gave" in reason(doc)


@pytest.mark.parametrize("scores", [[], [0.5, 0.5], [float("nan")], [float("inf")], ["0.5"], None])
def test_scores(scores):
    doc = project(measure=lambda bitexts, candidates: [[scores] for _ in bitexts])
    assert "The measure gave" in reason(doc)


@pytest.mark.parametrize("answer", [None, [Proposal(7, 0, 1, 1.0)], ["x"], [(0, 0, 1, 0.3)]])
def test_choices(answer):
    doc = project(matcher=lambda proposals: answer)
    assert "The matcher chose" in reason(doc)
    assert [u["reason"] for u in doc._.xl_unplaced] == ["error in matching"]


def test_choices_that_overlap():
    doc = project(
        candidates=lambda bitexts: [[[(2, 4), (3, 4)]] for _ in bitexts],
        measure=lambda bitexts, candidates: [[[0.5, 0.5]] for _ in bitexts],
        matcher=lambda proposals: proposals,
    )
    assert "overlap" in reason(doc)


def test_numbers_of_numpy_become_plain_ones():
    doc = project(
        aligner=lambda pairs, **_: [[(np.int64(3), np.int64(3), np.float32(0.5))] for _ in pairs],
        candidates=lambda bitexts: [[[(np.int64(3), np.int64(4))]] for _ in bitexts],
        measure=lambda bitexts, candidates: [[[np.float32(0.5)]] for _ in bitexts],
    )
    assert [ent.text for ent in doc.ents] == ["Lisboa"]
    assert json.dumps([doc._.xl_alignments, candidates(doc)])


def test_all_ngrams_are_those_of_the_entitys_sentence():
    nlp = spacy.blank("pt")
    block = {"@xl_candidates": "xlner.Ngrams.v1", "linked_edges": False, "max_length": 3}
    nlp.add_pipe("xl_projector", config={"candidates": block})
    doc = nlp.make_doc("Ana mora em Lisboa. O Rui mora no Porto.")
    translation = "Ana lives in Lisbon. Rui lives in Porto."
    segments = [(0, 19, 0, 20), (20, 40, 21, 40)]
    give_translation(doc, translation, entities=[(34, 39, "LOC")], segments=segments)
    nlp(doc)
    assert [ent.text for ent in doc.ents] == ["Porto"]
    assert min(c["start"] for c in candidates(doc)) == 5
