"""Hugging Face translators, on tiny models of each family loaded from disk."""

from __future__ import annotations

import logging

import pytest
import spacy

from tests import tiny_models
from xlner_spacy.errors import SetupError
from xlner_spacy.models.seq2seq import find_direction
from xlner_spacy.translators.huggingface import HuggingFaceTranslator

FAMILIES = {
    "nllb": tiny_models.nllb,
    "m2m100": tiny_models.m2m100,
    "marian": tiny_models.marian,
    "madlad": tiny_models.madlad,
}
TEXTS = [*tiny_models.SENTENCES, "Lisboa.", "Maria vive em Porto."]


@pytest.fixture(scope="module", params=FAMILIES)
def folder(request, tmp_path_factory):
    return FAMILIES[request.param](tmp_path_factory.mktemp("models") / request.param)


def test_one_translation_a_text_in_order_whatever_the_batch(folder):
    """Texts are sorted by length and padded inside; nobody must notice."""
    translator = HuggingFaceTranslator(str(folder), batch_size=2)
    together = translator(TEXTS, from_lang="pt", to_lang="en")
    singly = [translator([text], from_lang="pt", to_lang="en")[0] for text in TEXTS]
    assert together == singly
    assert len(set(together)) > 1  # the weights are random, but the texts differ
    assert translator([], from_lang="pt", to_lang="en") == []


def test_texts_longer_than_the_model_takes_are_left_out_with_a_warning(folder, caplog):
    translator = HuggingFaceTranslator(str(folder))
    long = "Maria vive em Lisboa. " * 60
    with caplog.at_level(logging.WARNING):
        answers = translator([long, "Lisboa."], from_lang="pt", to_lang="en")
    assert answers[0] == ""
    assert answers[1:] == translator(["Lisboa."], from_lang="pt", to_lang="en")
    assert f"for a text of {len(long)} characters" in caplog.text
    assert "Maria vive" not in caplog.text


def direction(tmp_path, make, from_lang, to_lang, **codes):
    folder = make(tmp_path / "model")
    tokenizer, _ = HuggingFaceTranslator(str(folder))._load(from_lang, to_lang)
    found = find_direction(
        tokenizer, from_lang, to_lang, codes.get("from_code"), codes.get("to_code"), "model"
    )
    bos = found.forced_bos_token_id
    token = tokenizer.convert_ids_to_tokens(bos) if bos is not None else None
    return found.src_lang, found.prefix, token


def test_languages_are_told_to_each_family_in_its_way(tmp_path_factory):
    def told(make, *args, **kwargs):
        return direction(tmp_path_factory.mktemp("models"), make, *args, **kwargs)

    assert told(tiny_models.nllb, "pt", "en") == ("por_Latn", "", "eng_Latn")
    assert told(tiny_models.nllb, "sw", "en") == ("swh_Latn", "", "eng_Latn")
    assert told(tiny_models.nllb, "zh", "en", from_code="zho_Hant")[0] == "zho_Hant"
    assert told(tiny_models.m2m100, "pt", "en") == ("pt", "", "__en__")
    assert told(tiny_models.marian, "pt", "en") == (None, "", None)
    assert told(tiny_models.madlad, "pt", "en") == (None, "<2en> ", None)

    def romance(folder):
        return tiny_models.marian(folder, ["por", "spa_Latn"])

    assert told(romance, "en", "pt") == (None, ">>por<< ", None)
    assert told(romance, "en", "es") == (None, ">>spa_Latn<< ", None)
    with pytest.raises(SetupError, match="fr or fra"):
        told(romance, "en", "fr")


@pytest.mark.parametrize("make", [tiny_models.nllb, tiny_models.m2m100, tiny_models.madlad])
def test_language_that_the_model_does_not_know(tmp_path, make):
    translator = HuggingFaceTranslator(str(make(tmp_path / "model")))
    with pytest.raises(SetupError, match="does not know the language code"):
        translator(["Lisboa"], from_lang="pt", to_lang="tlh")


def test_model_name_with_languages(tmp_path):
    tiny_models.marian(tmp_path / "opus-mt-pt-en")
    translator = HuggingFaceTranslator(str(tmp_path / "opus-mt-{from_lang}-{to_lang}"))
    assert len(translator(["Lisboa."], from_lang="pt", to_lang="en")) == 1
    with pytest.raises(SetupError, match="opus-mt-en-pt"):
        translator(["Lisbon."], from_lang="en", to_lang="pt")


def test_a_model_that_does_not_translate(tmp_path):
    translator = HuggingFaceTranslator(str(tiny_models.encoder(tmp_path / "bert")))
    with pytest.raises(SetupError, match="cannot load the model"):
        translator(["Lisboa"], from_lang="pt", to_lang="en")


def test_missing_model_names_the_extra_and_the_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    nlp = spacy.blank("xx")
    config = {"@xl_translators": "xlner.HuggingFace.v1", "model": str(tmp_path / "nowhere")}
    nlp.add_pipe("xl_projector", config={"target_lang": "sw", "translator": config})
    with pytest.raises(SetupError, match=r"(?s)nowhere.*\.\[offline\]"):
        nlp("Juma anaishi Nairobi.")


def test_in_a_pipeline(tmp_path):
    model = str(tiny_models.nllb(tmp_path / "nllb"))
    nlp = spacy.blank("xx")
    config = {"@xl_translators": "xlner.HuggingFace.v1", "model": model}
    nlp.add_pipe("xl_projector", config={"target_lang": "sw", "translator": config})
    doc = nlp("Maria vive em Lisboa. João vive em Porto.")
    assert len(doc._.xl_translations[0]["segments"]) == 2
