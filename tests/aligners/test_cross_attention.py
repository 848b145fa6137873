"""Alignment by a translator's attention."""

from __future__ import annotations

import numpy as np
import pytest

from xlner_spacy.aligners.cross_attention import CrossAttention
from xlner_spacy.errors import BackendError, SetupError

PAIR = (["the", "red", "house"], ["a", "casa", "vermelha"])
# Rows: source words; columns: target words. The rest of a column went to special tokens.
FORWARD = np.array([[0.6, 0.1, 0.0], [0.1, 0.1, 0.8], [0.1, 0.7, 0.0]])
# The other way: rows are the words of what is the source then, Portuguese. "the" looks
# nowhere, "red" at "casa".
BACKWARD = np.array([[0.0, 0.1, 0.0], [0.0, 0.6, 0.9], [0.0, 0.2, 0.1]])


class Attentive:
    """A translator that looks where it was told to."""

    def attention(self, sources, targets, *, from_lang, to_lang):
        one = {("en", "pt"): FORWARD, ("pt", "en"): BACKWARD}[from_lang, to_lang]
        return [one for _ in sources]


def test_each_target_word_gets_the_source_word_it_looks_at_most():
    aligner = CrossAttention(Attentive(), "en", "pt", both_directions=False)
    links, nothing = aligner([PAIR, ([], ["a"])])
    assert [link[:2] for link in links] == [(0, 0), (1, 2), (2, 1)]
    assert [link.confidence for link in links] == pytest.approx([6 / 8, 8 / 8, 7 / 9])
    assert nothing == []


def test_both_directions_by_hand():
    # Backward: "red" (1) looks at "casa" (1), "house" (2) at "casa" (1).
    aligner = CrossAttention(Attentive(), "en", "pt", heuristic="intersection")
    ((link,),) = aligner([PAIR])
    assert link == (2, 1, pytest.approx((7 / 9 + 9 / 10) / 2))
    aligner = CrossAttention(Attentive(), "en", "pt", heuristic="union")
    assert [link[:2] for link in aligner([PAIR])[0]] == [(0, 0), (1, 1), (1, 2), (2, 1)]


def test_translator_that_gives_no_attention():
    with pytest.raises(SetupError, match="attention"):
        CrossAttention(print, "en", "pt")


def test_attention_of_another_shape():
    with pytest.raises(BackendError, match=r"\(3, 3\)"):
        CrossAttention(Attentive(), "en", "pt")([(["a"], ["b"])])


def test_ctranslate2_translator_gives_what_is_needed(tmp_path):
    pytest.importorskip("ctranslate2")
    from xlner_spacy.translators.ctranslate2 import CTranslate2Translator

    assert callable(CTranslate2Translator.attention)
