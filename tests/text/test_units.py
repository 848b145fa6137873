"""Words of raw texts, as a token classifier labels them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import tiny_models
from xlner_spacy.text.units import units

TOKENIZER = tiny_models.bert_tokenizer()


def offsets(text):
    """Every character a word piece, the spaces left out."""
    return [(n, n + 1) for n, c in enumerate(text) if not c.isspace()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A Petrobras, em Maputo.", ["A", "Petrobras", ",", "em", "Maputo", "."]),
        ("L'Union de l’Europe", ["L'", "Union", "de", "l’", "Europe"]),
        ("U.S. 3.5% x@y.pt", ["U.S", ".", "3.5", "%", "x@y.pt"]),
        ("(São-Tomé)", ["(", "São-", "Tomé", ")"]),
        ("«Água»!", ["«", "Água", "»", "!"]),
        ("नई दिल्ली में", ["नई", "दिल्ली", "में"]),
        ("在IBM工作", ["在", "IBM", "工", "作"]),
        ("  ", []),
        ("", []),
    ],
)
def test_words(text, expected):
    assert [text[unit.start : unit.end] for unit in units(text, offsets(text))] == expected


@given(st.text(max_size=60))
def test_units_are_in_order_and_leave_no_letter_out(text):
    found = units(text, offsets(text))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(unit.start < unit.end for unit in found)
    covered = {n for unit in found for n in range(unit.start, unit.end)}
    assert covered >= {n for n, c in enumerate(text) if c.isalnum()}


@given(st.text(max_size=40))
def test_pieces_of_a_real_tokenizer(text):
    (encoding,) = TOKENIZER([[text]], is_split_into_words=True, add_special_tokens=False).encodings
    for unit in units(text, encoding.offsets):
        assert 0 <= unit.start < unit.end <= len(text)
