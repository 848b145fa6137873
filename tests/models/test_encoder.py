"""Vectors of words in context: batches, windows, layers, one encoder for several aligners."""

from __future__ import annotations

import gc
import pickle

import numpy as np
import pytest
import torch
import transformers

from tests import tiny_models
from xlner_spacy.aligners.awesome import Awesome
from xlner_spacy.aligners.simalign import SimAlign
from xlner_spacy.errors import SetupError
from xlner_spacy.models.encoder import shared_encoder
from xlner_spacy.models.encoder_settings import EncoderSettings

EN_PT = {"source_lang": "en", "target_lang": "pt"}

SENTENCES = [
    ("Maria", "vive", "em", "Lisboa", "."),
    ("João",),
    ("A", "Petrobras", "abriu", "um", "escritório", "."),
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """An encoder that takes 30 pieces."""
    return str(tiny_models.encoder(tmp_path_factory.mktemp("models") / "encoder"))


def run_transformers(folder: str, words, layer: int) -> np.ndarray:
    """The vectors of one sentence as transformers gives them, special pieces left out."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    inputs = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**inputs, output_hidden_states=True).hidden_states[layer]
    return hidden[0, 1:-1].numpy()


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_vectors_are_those_of_the_layer(tiny, layer):
    encoded = shared_encoder(EncoderSettings(tiny, layer)).encode(SENTENCES)
    for words, found in encoded.items():
        theirs = run_transformers(tiny, words, layer)
        np.testing.assert_allclose(found.unit * found.norms[:, None], theirs, atol=1e-5)


def test_a_word_is_the_mean_of_its_pieces(tiny):
    pieces = shared_encoder(EncoderSettings(tiny, 2)).encode(SENTENCES)[SENTENCES[2]]
    words = shared_encoder(EncoderSettings(tiny, 2, "word")).encode(SENTENCES)[SENTENCES[2]]
    assert list(words.words) == [0, 1, 2, 3, 4, 5]
    raw = pieces.unit * pieces.norms[:, None]
    for n in range(6):
        mean = raw[pieces.words == n].mean(axis=0)
        np.testing.assert_allclose(words.unit[n] * words.norms[n], mean, atol=1e-5)


def test_each_distinct_sentence_is_encoded_once_and_in_batches(tiny, monkeypatch):
    aligner = SimAlign(tiny, layer=2, batch_size=2)
    sizes = []
    run = aligner.encoder._run
    monkeypatch.setattr(
        aligner.encoder, "_run", lambda batch, *ids: (sizes.append(len(batch)), run(batch, *ids))[1]
    )
    pairs = [((word, "vive"), (word,)) for word in ("Maria", "João", "Ana", "Rui", "Eva")]
    aligner(pairs + pairs, **EN_PT)
    assert sum(sizes) == 10
    assert max(sizes) == 2


def test_the_target_is_encoded_once_for_several_source_languages(tiny, monkeypatch):
    aligner = SimAlign(tiny, layer=2)
    encoded = []
    run = aligner.encoder._run
    monkeypatch.setattr(
        aligner.encoder, "_run", lambda batch, *ids: (encoded.extend(batch), run(batch, *ids))[1]
    )
    targets = [("Maria", "vive"), ("Rui",)]
    english, spanish = [("Maria", "lives"), ("Rui", "!")], [("María", "vive"), ("El", "Rui")]
    first = aligner(list(zip(english, targets, strict=True)), source_lang="en", target_lang="pt")
    assert len(encoded) == 4
    aligner(list(zip(spanish, targets, strict=True)), source_lang="es", target_lang="pt")
    assert len(encoded) == 6
    # And whatever came before, the links are the same.
    aligner.encoder._kept.clear()
    again = aligner(list(zip(english, targets, strict=True)), source_lang="en", target_lang="pt")
    assert again == first


def test_texts_longer_than_the_model_takes_are_encoded_in_windows(tiny):
    words = tuple(("Maria vive em Lisboa , " * 30).split())
    encoder = shared_encoder(EncoderSettings(tiny, 2))
    encoded = encoder.encode([words])[words]
    assert list(encoded.words) == list(range(len(words)))
    # Each window by itself gives what it gives inside of the long text.
    first = words[:30]
    alone = encoder.encode([first])[first]
    np.testing.assert_allclose(alone.unit, encoded.unit[:30], atol=1e-5)


def test_windows_end_between_words(tiny):
    words = (*(["Maria"] * 29), "abab", "Lisboa")  # "abab" has four pieces
    encoder = shared_encoder(EncoderSettings(tiny, 2))
    encoded = encoder.encode([words])[words]
    assert list(encoded.words) == [*range(29), 29, 29, 29, 29, 30]
    rest = encoder.encode([words[29:]])[words[29:]]
    np.testing.assert_allclose(rest.unit, encoded.unit[29:], atol=1e-5)


def test_a_word_longer_than_the_model_takes_keeps_all_its_pieces(tiny):
    words = ("ab" * 40, "Lisboa")
    encoded = shared_encoder(EncoderSettings(tiny, 2)).encode([words])[words]
    assert (encoded.words == 0).sum() == 80
    assert (encoded.words == 1).sum() == 1


def test_aligners_with_the_same_settings_share_an_encoder(tiny):
    one, other = SimAlign(tiny, layer=2, method="inter"), Awesome(tiny, layer=2)
    assert one.encoder is other.encoder
    assert SimAlign(tiny, layer=1).encoder is not one.encoder
    assert pickle.loads(pickle.dumps(one)).encoder is one.encoder


def test_the_second_aligner_need_not_encode(tiny, monkeypatch):
    pairs = [(SENTENCES[0], SENTENCES[2])]
    one, other = SimAlign(tiny, layer=2, method="inter"), SimAlign(tiny, layer=2, method="mwmf")
    one(pairs, **EN_PT)
    monkeypatch.setattr(one.encoder, "_run", None)
    assert other(pairs, **EN_PT)


def test_what_is_kept_is_bounded(tiny):
    encoder = shared_encoder(EncoderSettings(tiny, 2, batch_size=7))
    size = sum(e.unit.nbytes for e in encoder.encode(SENTENCES).values())
    encoder.kept_bytes = 2 * size
    for n in range(5):
        encoder.encode([*SENTENCES, (str(n),)])
    assert len(encoder._kept) == 1
    encoder.kept_bytes = 0
    encoder.encode([("nada",)])
    assert not encoder._kept


def test_a_model_that_nobody_uses_is_forgotten(tiny):
    shared_encoder(EncoderSettings(tiny, 1, batch_size=5)).load()
    gc.collect()
    assert "_loaded" not in vars(shared_encoder(EncoderSettings(tiny, 1, batch_size=5)))


def test_layer_that_the_model_does_not_have(tiny):
    with pytest.raises(SetupError, match="from 0 to 3"):
        shared_encoder(EncoderSettings(tiny, 99)).load()
