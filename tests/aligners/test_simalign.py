"""SimAlign: the links of the simalign package, in batches, for texts of any length."""

from __future__ import annotations

import numpy as np
import pytest
from simalign import SentenceAligner

from tests import tiny_models
from xlner_spacy.aligners.simalign import EMBEDDED_LAYER, METHODS, SimAlign
from xlner_spacy.errors import SetupError
from xlner_spacy.offline.encoder import encoder_path

PAIRS = [
    ("Petrobras opened an office in Maputo .", "A Petrobras abriu um escritório em Maputo ."),
    ("Maria lives in Lisbon", "A Maria vive em Lisboa"),
    (
        "The Court of Justice has its seat in Luxembourg .",
        "O Tribunal de Justiça tem sede no Luxemburgo .",
    ),
    ("Yes", "Sim"),
    ("unbelievably internationalised words", "palavras inacreditavelmente internacionalizadas"),
]
SPLIT = [(source.split(), target.split()) for source, target in PAIRS]
LETTER = {"inter": "a", "itermax": "i", "mwmf": "m"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("token_type", ["bpe", "word"])
def test_links_are_those_of_the_simalign_package(method, token_type):
    theirs = SentenceAligner(
        str(encoder_path()), token_type, matching_methods=LETTER[method], layer=EMBEDDED_LAYER
    )
    ours = SimAlign(method=method, token_type=token_type)(SPLIT)
    for (source, target), links in zip(SPLIT, ours, strict=True):
        assert [link[:2] for link in links] == theirs.get_word_aligns(source, target)[method]


def test_confidences_rank_a_clear_link_over_a_doubtful_one():
    ((*_, maputo),) = [
        SimAlign()([(["office", "in", "Maputo"], ["escritório", "em", "Maputo"])])[0]
    ]
    assert maputo[:2] == (2, 2)
    assert maputo.confidence > 0.9
    links = SimAlign()([(["Yes", "indeed", "Maputo"], ["gato", "azul", "Maputo"])])[0]
    assert max(links, key=lambda link: link.confidence)[:2] == (2, 2)


def test_each_distinct_sentence_is_encoded_once_and_in_batches(monkeypatch):
    aligner = SimAlign(batch_size=3)
    sizes = []
    encode = aligner._loader.get_embed_list
    monkeypatch.setattr(
        aligner._loader,
        "get_embed_list",
        lambda batch: (sizes.append(len(batch)), encode(batch))[1],
    )
    aligner(SPLIT + SPLIT)
    assert sum(sizes) == 10
    assert max(sizes) == 3


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """An encoder that takes 30 pieces."""
    return str(tiny_models.encoder(tmp_path_factory.mktemp("models") / "encoder"))


def test_texts_longer_than_the_model_takes_are_encoded_in_windows(tiny):
    words = ("Maria vive em Lisboa , " * 30).split()
    aligner = SimAlign(tiny, layer=2, method="inter")
    encoded = aligner.encode([tuple(words)])[tuple(words)]
    assert set(encoded.words) == set(range(len(words)))
    assert list(encoded.words) == sorted(encoded.words)
    # Each window by itself gives what it gives inside of the long text.
    first = tuple(words[:30])
    alone = aligner.encode([first])[first]
    np.testing.assert_allclose(alone.vectors, encoded.vectors[:30], atol=1e-5)


def test_words_that_the_model_has_nothing_for(tiny):
    aligner = SimAlign(tiny, layer=2)
    assert aligner([]) == []
    assert aligner([([], ["Lisboa"]), (["Lisboa"], [])]) == [[], []]
    assert aligner([(["\u200b", "Lisboa"], ["Lisboa"])])[0][-1][:2] == (1, 0)
    long_word = "ab" * 100
    (links,) = aligner([([long_word, "Lisboa"], ["Lisboa"])])
    assert (1, 0) in [link[:2] for link in links]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "inter, itermax, mwmf"),
        ({"token_type": "char"}, "bpe or word"),
        ({"temperature": 0}, "temperature"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(SetupError, match=message):
        SimAlign(**settings)


def test_layer_that_the_model_does_not_have(tiny):
    with pytest.raises(SetupError, match="from 0 to 3"):
        SimAlign(tiny, layer=99)([(["a"], ["b"])])


def test_missing_model(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SetupError, match="aligner cannot load the model"):
        SimAlign(str(tmp_path / "nowhere"))([(["a"], ["b"])])
