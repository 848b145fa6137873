"""The tokenizer for scripts without spaces."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy import give_translation
from xlner_spacy.text.languages import blank


def test_khmer_by_characters_and_the_rest_by_words():
    tokens = [token.text for token in blank("km")("ភ្នំពេញ។ Uber, 2020")]
    assert tokens == ["ភ្នំ", "ពេ", "ញ", "។", "Uber", ",", "2020"]
    assert [token.text for token in blank("sw")("Ninaishi Nairobi.")] == [
        "Ninaishi",
        "Nairobi",
        ".",
    ]


@pytest.mark.long
@given(st.text(max_size=30))
def test_no_text_is_changed(text):
    assert blank("km")(text).text == text


def test_it_is_saved_with_the_pipeline(tmp_path):
    blank("lo").to_disk(tmp_path / "lo")
    assert len(spacy.load(tmp_path / "lo")("ວຽງຈັນ")) == len(blank("lo")("ວຽງຈັນ")) > 3


def test_an_entity_of_khmer():
    nlp = blank("km")
    nlp.add_pipe("xl_projector", config={"target_lang": "km"})
    doc = nlp.make_doc("គាត់រស់នៅភ្នំពេញ")
    give_translation(doc, "He lives in Phnom Penh.", entities=[(12, 22, "LOC")])
    (ent,) = nlp(doc).ents
    assert ent.label_ == "LOC"
    assert "ភ្នំពេញ".startswith(ent.text) or ent.text.startswith("ភ្នំពេញ") or ent.text in "ភ្នំពេញ"
