"""Exact matching is the optimum of the integer programme on every sentence of a corpus."""

from __future__ import annotations

import pytest

from xlner_spacy.matchers.exact import Exact


@pytest.fixture(scope="module")
def problems(data):
    """What the default has to choose from, of all pairs."""
    from benchmarks.speed.given import europarl, proposals

    return proposals(europarl(799))


@pytest.mark.long
@pytest.mark.data
@pytest.mark.parametrize("power", [1.0, 3.0])
def test_the_optimum_is_the_ilps_on_every_sentence_of_europarl(problems, power):
    from benchmarks.speed.matching import plain_ilp

    assert len(problems) == 799
    assert sum(map(bool, problems)) > 400
    for proposals in problems:
        found = sum(p.score**power for p in Exact(power=power)(proposals))
        assert found == pytest.approx(plain_ilp(proposals, "HiGHS", power), abs=1e-6)
