"""CTranslate2: the same models, converted, do what they do in Transformers."""

from __future__ import annotations

import logging
import math
import pickle

import numpy as np
import pytest
import spacy
import torch
import transformers

from tests import tiny_models
from xlner_spacy.errors import SetupError
from xlner_spacy.translators.huggingface import HuggingFaceTranslator
from xlner_spacy.types import ScoringTranslator

pytest.importorskip("ctranslate2")

import itertools

from xlner_spacy.translators.ctranslate2 import CTranslate2Translator

FAMILIES = {
    "nllb": tiny_models.nllb,
    "m2m100": tiny_models.m2m100,
    "marian": tiny_models.marian,
}
PAIR = {"from_lang": "pt", "to_lang": "en"}
TEXTS = [*tiny_models.SENTENCES, "Lisboa.", "Maria vive em Porto."]
ANSWERS = ["João vive.", "A Petrobras", "", "Lisboa.", "Maria vive em Maputo, João em Lisboa."]


@pytest.fixture(scope="module", params=FAMILIES)
def folders(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    original = FAMILIES[request.param](folder / request.param)
    return original, tiny_models.converted(folder / "ct2", original)


@pytest.fixture
def both(folders):
    original, converted = folders
    return (
        HuggingFaceTranslator(str(original), device="cpu", batch_size=2),
        CTranslate2Translator(str(converted), str(original), device="cpu", batch_size=2),
    )


def test_translates_as_the_original_does(both):
    huggingface, ctranslate2 = both
    answers = ctranslate2(TEXTS, **PAIR)
    for answer, original in zip(answers, huggingface(TEXTS, **PAIR), strict=True):
        # An output that is cut for its length: Marian ends it with "</s>" where the engine
        # has one piece more.
        assert answer.startswith(original)
        assert len(answer) - len(original) <= 1
    assert len(set(answers)) > 1
    assert ctranslate2([], **PAIR) == []
    assert [ctranslate2([text], **PAIR)[0] for text in TEXTS] == answers


def test_scores_as_the_original_does(both):
    huggingface, ctranslate2 = both
    for translator in both:
        assert isinstance(translator, ScoringTranslator)
        assert translator.score([], [], **PAIR) == []
    scores = ctranslate2.score(TEXTS, ANSWERS, **PAIR)
    assert scores == pytest.approx(huggingface.score(TEXTS, ANSWERS, **PAIR), abs=1e-4)
    assert len(set(scores)) == len(TEXTS)
    assert all(score < 0 for score in scores)


def test_a_score_is_the_mean_log_probability_of_the_pieces(folders):
    """Worked out from the definition, one piece after the other."""
    original, _ = folders
    translator = HuggingFaceTranslator(str(original), device="cpu")
    (score,) = translator.score(["Maria vive em Lisboa."], ["João vive."], **PAIR)
    tokenizer, model, direction = translator._prepare("pt", "en")
    given = tokenizer(direction.prefix + "Maria vive em Lisboa.", return_tensors="pt")
    wanted = tokenizer(text_target="João vive.")["input_ids"]
    said = [model.config.decoder_start_token_id]
    logs = []
    for piece in wanted:
        with torch.inference_mode():
            output = model(**given, decoder_input_ids=torch.tensor([said]), use_cache=False)
        logits = output.logits[0, -1].clone()
        if model.config.model_type == "marian":
            logits[model.config.pad_token_id] = -math.inf
        logs.append(logits.log_softmax(-1)[piece].item())
        said.append(piece)
    logs = logs[1:] if direction.forced_bos_token_id is not None else logs
    assert score == pytest.approx(sum(logs) / len(logs), abs=1e-5)


def test_attention_of_the_first_head_of_the_last_layer(folders):
    """Word by word what Transformers says piece by piece for that head."""
    original, converted = folders
    source, target = ["Maria", "vive", "em", "Lisboa", "."], ["João", "vive", "em", "Porto"]
    ctranslate2 = CTranslate2Translator(str(converted), str(original), device="cpu")
    (table,) = ctranslate2.attention([source], [target], **PAIR)
    assert table.shape == (5, 4)

    translator = HuggingFaceTranslator(str(original), device="cpu")
    tokenizer, _, direction = translator._prepare("pt", "en")
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(
        original, attn_implementation="eager"
    )
    given = tokenizer(direction.prefix + " ".join(source), return_tensors="pt")
    pieces = [tokenizer(text_target=w, add_special_tokens=False)["input_ids"] for w in target]
    first = [] if direction.forced_bos_token_id is None else [direction.forced_bos_token_id]
    said = [model.config.decoder_start_token_id, *first, *(p for word in pieces for p in word)]
    with torch.inference_mode():
        heads = model(
            **given, decoder_input_ids=torch.tensor([said]), output_attentions=True
        ).cross_attentions[-1][0]
    row = len(first)
    n_source = [len(tokenizer(w, add_special_tokens=False)["input_ids"]) for w in source]
    lead = given["input_ids"].shape[1] - 1 - sum(n_source)
    columns = np.cumsum([lead, *n_source])
    for t, word in enumerate(pieces):
        rows = heads[0, row : row + len(word)].mean(0)
        row += len(word)
        expected = [float(rows[a:b].sum()) for a, b in itertools.pairwise(columns)]
        assert table[:, t] == pytest.approx(expected, abs=1e-4)


def test_attention_does_not_depend_on_the_batch(folders):
    original, converted = folders
    translator = CTranslate2Translator(str(converted), str(original), device="cpu", batch_size=3)
    sources = [["Maria"], [], ["Maria", "vive", "em", "Lisboa"], ["João", "vive"]]
    targets = [["Lisboa", "vive", "."], ["vive"], ["em"], ["a", "b", "c", "d"]]
    tables = translator.attention(sources, targets, **PAIR)
    assert [t.shape for t in tables] == [(1, 3), (0, 1), (4, 1), (2, 4)]
    for source, target, table in zip(sources, targets, tables, strict=True):
        (alone,) = translator.attention([source], [target], **PAIR)
        np.testing.assert_allclose(table, alone, atol=1e-5)
        assert (table.sum(axis=0) <= 1 + 1e-6).all()


def test_texts_longer_than_the_model_takes(folders, caplog):
    original, converted = folders
    translator = CTranslate2Translator(str(converted), str(original), device="cpu")
    long = "Maria vive em Lisboa. " * 60
    with caplog.at_level(logging.WARNING):
        answers = translator([long, "Lisboa."], **PAIR)
    assert answers == ["", *translator(["Lisboa."], **PAIR)]
    assert f"for a text of {len(long)} characters" in caplog.text
    assert "Maria vive" not in caplog.text
    assert translator.score([long, "Lisboa."], ["a", "a"], **PAIR)[0] == -math.inf
    table, _ = translator.attention([long.split(), ["Lisboa"]], [["a"], ["a"]], **PAIR)
    assert not table.any()


@pytest.fixture
def nllb(tmp_path):
    original = tiny_models.nllb(tmp_path / "nllb")
    return original, tiny_models.converted(tmp_path / "ct2", original)


def test_in_a_pipeline_in_two_processes(nllb):
    """A forked process has not got the engine's threads and must not wait for them."""
    original, converted = nllb
    nlp = spacy.blank("pt")
    block = {
        "@xl_translators": "xlner.CTranslate2.v1",
        "model": str(converted),
        "tokenizer": str(original),
        "device": "cpu",
    }
    nlp.add_pipe("xl_translator", config={"translator": block})
    here = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(TEXTS)]
    there = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(TEXTS, n_process=2)]
    assert there == here


def test_the_engine_is_left_out_of_pickles(nllb):
    original, converted = nllb
    translator = CTranslate2Translator(str(converted), str(original), device="cpu")
    answers = translator(TEXTS, **PAIR)
    assert pickle.loads(pickle.dumps(translator))(TEXTS, **PAIR) == answers


def test_tokenizer_beside_the_model_and_languages_in_its_name(tmp_path):
    original = tiny_models.marian(tmp_path / "opus-mt-pt-en")
    folder = tiny_models.converted(tmp_path / "ct2-pt-en", original)
    name = str(tmp_path / "ct2-{from_lang}-{to_lang}")
    with pytest.raises(SetupError, match=r'(?s)ct2-pt-en.*Set "tokenizer"'):
        CTranslate2Translator(name)(["Lisboa."], **PAIR)
    tokenizer = str(tmp_path / "opus-mt-{from_lang}-{to_lang}")
    apart = CTranslate2Translator(name, tokenizer, num_beams=3)(TEXTS, **PAIR)
    for file in (*original.glob("*.spm"), *original.glob("*token*"), original / "vocab.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    assert CTranslate2Translator(name, num_beams=3)(TEXTS, **PAIR) == apart


def test_what_cannot_be_loaded(nllb, tmp_path, monkeypatch):
    original, converted = nllb

    def translate(model, **settings):
        CTranslate2Translator(str(model), str(original), **settings)(["Lisboa."], **PAIR)

    with pytest.raises(SetupError, match="ct2-transformers-converter"):
        translate(original)  # not converted
    with pytest.raises(SetupError, match="compute_type='int3'"):
        translate(converted, device="cpu", compute_type="int3")
    with pytest.raises(SetupError, match="device='abacus'"):
        translate(converted, device="abacus")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SetupError, match="nowhere"):
        translate("nowhere/at-all")
    with pytest.raises(SetupError, match="batch_size=0"):
        translate(converted, batch_size=0)
    with pytest.raises(SetupError, match="does not know the language code 'tlh"):
        CTranslate2Translator(str(converted), str(original))(["a"], from_lang="pt", to_lang="tlh")
