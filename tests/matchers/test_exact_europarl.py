"""Exact matching is the optimum of the integer programme on every sentence of a corpus."""

from __future__ import annotations

import pulp
import pytest
import spacy

from xlner_spacy.benchmarks.corpora import read_pairs
from xlner_spacy.benchmarks.run import given_pair
from xlner_spacy.matchers.exact import Exact
from xlner_spacy.types import Proposal


def plain_ilp(proposals, power):
    """The highest sum: arXiv 2501.18750, section 3, written down as it stands there."""
    model = pulp.LpProblem("match", pulp.LpMaximize)
    chosen = [pulp.LpVariable(f"x{n}", cat="Binary") for n in range(len(proposals))]
    model += pulp.lpSum(p.score**power * x for p, x in zip(proposals, chosen, strict=True))
    for entity in {p.entity for p in proposals}:
        own = [x for p, x in zip(proposals, chosen, strict=True) if p.entity == entity]
        model += pulp.lpSum(own) <= 1
    for word in {word for p in proposals for word in range(p.start, p.end)}:
        covering = [x for p, x in zip(proposals, chosen, strict=True) if p.start <= word < p.end]
        model += pulp.lpSum(covering) <= 1
    model.solve(pulp.HiGHS(msg=False, gapRel=0.0, gapAbs=0.0))
    return pulp.value(model.objective)


@pytest.mark.data
@pytest.mark.parametrize("power", [1.0, 3.0])
def test_the_optimum_is_the_ilps_on_every_sentence_of_europarl(data, power, europarl_proposals):
    assert len(europarl_proposals) > 400
    for proposals in europarl_proposals:
        found = sum(p.score**power for p in Exact(power=power)(proposals))
        assert found == pytest.approx(plain_ilp(proposals, power), abs=1e-6)


@pytest.fixture(scope="module")
def europarl_proposals(data):
    """What the default has to choose from, of all pairs with entities."""
    folder = data / "europarl_ner"
    pairs, _ = read_pairs(folder / "en-europarl.test.conll02", folder / "de-europarl.test.conll02")
    nlp = spacy.blank("de")
    component = nlp.add_pipe("xl_projector", config={"source_lang": "en"})
    docs = [given_pair(nlp, *pair, "en", "de") for pair in pairs]
    list(component.pipe(docs, batch_size=256))
    found = [
        [Proposal(c["entity"], c["start"], c["end"], c["score"]) for c in doc._.xl_candidates]
        for doc in docs
    ]
    return [proposals for proposals in found if proposals]
