"""What a part needs is said the same way in `xlner info` and in the error."""

from __future__ import annotations

import pytest

from xlner_spacy.errors import SetupError
from xlner_spacy.models.requirements import Needs, needs_of
from xlner_spacy.translators.ctranslate2 import make_ctranslate2
from xlner_spacy.translators.parallel_text import make_parallel_text


def test_what_is_there():
    needs = Needs(module="spacy", binary="python3", install="nothing")
    assert needs.missing == ""
    needs.check("This part")
    assert str(needs) == "package spacy, program python3"


@pytest.mark.parametrize(
    ("needs", "missing"),
    [
        (Needs(module="no_such", install="pip install it"), "the Python package no_such"),
        (Needs(binary="no-such", install="pip install it"), "the program 'no-such'"),
    ],
)
def test_what_is_not(needs, missing):
    assert needs.missing == missing
    with pytest.raises(SetupError, match=f"(?s)This part needs {missing}.*pip install it"):
        needs.check("This part")


def test_stated_beside_the_factory_or_nowhere():
    assert needs_of(make_ctranslate2).module == "ctranslate2"
    assert str(needs_of(make_parallel_text)) == "nothing more"
    assert needs_of(len) is None
    assert needs_of(object()) is None
