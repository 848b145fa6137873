"""Alignment by a translator's attention."""

from __future__ import annotations

import numpy as np
import pytest
import spacy

from xlner_spacy.aligners.cross_attention import CrossAttention
from xlner_spacy.errors import BackendError, SetupError

from .. import tiny_models

EN_PT = {"source_lang": "en", "target_lang": "pt"}

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
    aligner = CrossAttention(Attentive(), both_directions=False)
    links, nothing = aligner([PAIR, ([], ["a"])], **EN_PT)
    assert [link[:2] for link in links] == [(0, 0), (1, 2), (2, 1)]
    assert [link.confidence for link in links] == pytest.approx([6 / 8, 8 / 8, 7 / 9])
    assert nothing == []


def test_both_directions_by_hand():
    # Backward: "red" (1) looks at "casa" (1), "house" (2) at "casa" (1).
    aligner = CrossAttention(Attentive(), heuristic="intersection")
    ((link,),) = aligner([PAIR], **EN_PT)
    assert link == (2, 1, pytest.approx((7 / 9 + 9 / 10) / 2), False)
    aligner = CrossAttention(Attentive(), heuristic="union")
    assert [link[:2] for link in aligner([PAIR], **EN_PT)[0]] == [(0, 0), (1, 1), (1, 2), (2, 1)]


def test_translator_that_gives_no_attention():
    with pytest.raises(SetupError, match="attention"):
        CrossAttention(print)


def test_attention_of_another_shape():
    with pytest.raises(BackendError, match=r"\(3, 3\)"):
        CrossAttention(Attentive())([(["a"], ["b"])], **EN_PT)


def test_with_a_translation_model(tmp_path):
    """End to end, from a config: a model with random weights, so only the shape of the
    answer can be known."""
    pytest.importorskip("ctranslate2")
    original = tiny_models.m2m100(tmp_path / "m2m100")
    block = {
        "@xl_aligners": "xlner.CrossAttention.v1",
        "translator": {
            "@xl_translators": "xlner.CTranslate2.v1",
            "model": str(tiny_models.converted(tmp_path / "converted", original)),
            "tokenizer": str(original),
            "device": "cpu",
        },
    }
    aligner = spacy.registry.resolve({"aligner": block})["aligner"]
    source, target = ["Maria", "vive", "em", "Lisboa"], ["João", "vive", "em", "Porto", "."]
    links, nothing = aligner([(source, target), ([], target)], **EN_PT)
    assert links == sorted(links)
    assert nothing == []
    assert all(0 <= s < 4 and 0 <= t < 5 and 0 <= c <= 1 for s, t, c, _ in links)
    assert len({link.target for link in links}) >= 1
