"""Scripts without spaces: tokens of one character are aligned as words."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy import give_translation
from xlner_spacy.models.encoder import shared_encoder
from xlner_spacy.models.encoder_settings import EncoderSettings
from xlner_spacy.text.word_groups import groups, joined, spread
from xlner_spacy.types import Link


@pytest.fixture(scope="module")
def tokenizer():
    return shared_encoder(EncoderSettings(None, 7)).tokenizer


def test_characters_become_words_and_other_words_stay(tokenizer):
    pytest.importorskip("jieba")
    words = [*"他在北京大学和", *"Uber", "，", "New York", "2020"]
    assert joined(words, groups(words, tokenizer)) == (
        *("他", "在", "北京大学", "和", "Uber", "，", "New York", "2020"),
    )


def test_text_with_spaces_is_left_alone(tokenizer):
    words = ["I", "a", "b", "São", "Tomé", "ა"]
    assert joined(words, groups(words, tokenizer)) == tuple(words)


def test_other_scripts_are_cut_into_pieces_of_the_tokenizer(tokenizer):
    words = list("東京タワーに行きます")
    found = joined(words, groups(words, tokenizer))
    assert "".join(found) == "".join(words)
    assert len(found) < len(words)


def test_links_go_to_every_character():
    links = [Link(0, 1, 0.5), Link(1, 0, 0.9)]
    assert spread(links, [range(0, 1), range(1, 2)], [range(0, 1), range(1, 3)]) == [
        Link(0, 1, 0.5),
        Link(0, 2, 0.5),
        Link(1, 0, 0.9),
    ]


characters = st.text(
    alphabet="abÉ1 ，。北京大学はカナกรุงเទខ្មែរ\u0301\U0001f600", min_size=1, max_size=3
)


@given(words=st.lists(characters, max_size=12))
def test_every_word_is_in_one_group(tokenizer, words):
    assert [n for part in groups(words, tokenizer) for n in part] == list(range(len(words)))


def test_chinese_by_characters():
    """spaCy's default for Chinese. What was asked: it works, not merely does not crash."""
    pytest.importorskip("jieba")
    nlp = spacy.blank("zh")
    nlp.add_pipe("xl_projector")
    doc = nlp.make_doc("美国总统奥巴马在北京会见了Uber公司的代表。")
    assert len(doc) == len(doc.text)
    give_translation(
        doc,
        "US President Obama met representatives of Uber in Beijing.",
        entities=[(0, 2, "LOC"), (13, 18, "PER"), (42, 46, "ORG"), (50, 57, "LOC")],
    )
    found = {(ent.text, ent.label_) for ent in nlp(doc).ents}
    assert found >= {("奥巴马", "PER"), ("北京", "LOC"), ("Uber", "ORG")}
