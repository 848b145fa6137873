"""The simalign package as a part: the links of xlner.SimAlign.v1, and the texts it fails on."""

from __future__ import annotations

from typing import get_args

import pytest
import spacy

from tests import tiny_models
from xlner_spacy.aligners.simalign import SimAlign
from xlner_spacy.aligners.simalign_package import SimAlignPackage
from xlner_spacy.errors import SetupError
from xlner_spacy.models.encoder_settings import TokenType
from xlner_spacy.models.extraction import Method

LANGS = {"source_lang": "en", "target_lang": "pt"}
SENTENCES = """
Petrobras opened an office in Maputo . | A Petrobras abriu um escritório em Maputo .
Maria lives in Lisbon | A Maria vive em Lisboa
The Court of Justice has its seat in Luxembourg . | O Tribunal de Justiça tem sede no Luxemburgo .
Yes | Sim
unbelievably internationalised words | palavras inacreditavelmente internacionalizadas
He was born in Rio de Janeiro in 1950 . | Nasceu no Rio de Janeiro em 1950 .
The United Nations met on Monday . | As Nações Unidas reuniram-se na segunda-feira .
My father works for Siemens in Munich . | O meu pai trabalha na Siemens em Munique .
António Guterres spoke first . | António Guterres falou primeiro .
The Amazon is longer than the Nile . | O Amazonas é mais longo do que o Nilo .
Benfica beat Porto 2-1 . | O Benfica venceu o Porto por 2-1 .
It rained . | Choveu .
"""
PAIRS = [
    tuple(side.split() for side in line.split(" | ")) for line in SENTENCES.strip().splitlines()
]


@pytest.mark.models
@pytest.mark.parametrize("token_type", get_args(TokenType))
@pytest.mark.parametrize("method", get_args(Method))
def test_links_are_those_of_ours_on_the_embedded_encoder(method, token_type):
    ours = SimAlign(method=method, token_type=token_type, engine="torch")
    package = SimAlignPackage(method=method, token_type=token_type)
    found = package(PAIRS, **LANGS)
    assert [[link[:2] for link in links] for links in found] == [
        [link[:2] for link in links] for links in ours(PAIRS, **LANGS)
    ]
    assert {link.confidence for links in found for link in links} == {1.0}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """An encoder that takes 30 pieces."""
    return str(tiny_models.encoder(tmp_path_factory.mktemp("models") / "encoder"))


def test_nothing_to_align(tiny):
    package = SimAlignPackage(tiny, layer=2)
    assert package([], **LANGS) == []
    pairs = [([], ["Lisboa"]), (["Lisboa"], []), (["\u200b"], ["Lisboa"])]
    assert package(pairs, **LANGS) == [[], [], []]


@pytest.mark.parametrize("token_type", get_args(TokenType))
def test_words_past_the_length_of_the_model_get_no_links(tiny, token_type, caplog):
    package = SimAlignPackage(tiny, layer=2, token_type=token_type)
    (links, after) = package([(["Lisboa"] * 60, ["Lisboa"]), (["Porto"], ["Porto"])], **LANGS)
    assert links
    assert max(link.source for link in links) < 30
    assert "of 60 words are past the length" in caplog.text
    assert [link[:2] for link in after] == [(0, 0)]
    assert package([(["a-" * 40, "Lisboa"], ["Lisboa"])], **LANGS) == [[]]


def test_it_is_made_from_a_config_block(tiny):
    block = {"@xl_aligners": "xlner.SimAlignPackage.v1", "model": tiny, "layer": 1}
    aligner = spacy.registry.resolve({"aligner": block})["aligner"]
    assert [link[:2] for link in aligner([(["Porto"], ["Porto"])], **LANGS)[0]] == [(0, 0)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"method": "magic"}, "inter, itermax, mwmf"), ({"token_type": "char"}, "bpe, word")],
)
def test_wrong_settings(settings, message):
    with pytest.raises(SetupError, match=message):
        SimAlignPackage(**settings)


def test_a_layer_or_a_model_that_is_not_there(tiny, tmp_path, monkeypatch):
    with pytest.raises(SetupError, match="from 0 to 3"):
        SimAlignPackage(tiny, layer=99)(PAIRS, **LANGS)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SetupError, match="aligner cannot load the model"):
        SimAlignPackage(str(tmp_path / "nowhere"))(PAIRS, **LANGS)
