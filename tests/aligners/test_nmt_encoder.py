"""TransAlign: the encoder of a translation model aligns words."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
import transformers

from tests import tiny_models
from xlner_spacy.aligners.awesome import SoftmaxExtraction
from xlner_spacy.aligners.nmt_encoder import make_nmt_encoder
from xlner_spacy.aligners.simalign import SimilarityExtraction
from xlner_spacy.errors import SetupError

EN_PT = {"source_lang": "en", "target_lang": "pt"}

PAIR = (("Maria", "vive", "em", "Lisboa"), ("João", "vive", "em", "Porto", "."))
MODELS = {"nllb": tiny_models.nllb, "m2m100": tiny_models.m2m100, "marian": tiny_models.marian}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {name: str(make(folder / name)) for name, make in MODELS.items()}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("extraction", ["softmax", "itermax"])
def test_words_are_aligned(folders, name, extraction):
    aligner = make_nmt_encoder(folders[name], extraction)
    (links,) = aligner([PAIR], **EN_PT)
    assert links
    assert links == sorted(links)
    assert all(link.source < 4 and link.target < 5 and 0 < link.confidence <= 1 for link in links)
    assert pickle.loads(pickle.dumps(aligner))([PAIR], **EN_PT) == [links]
    assert set(aligner.seconds) == {"load", "encode", "link"}


def test_each_side_is_encoded_with_its_own_language(folders):
    """As transformers encodes it: code, pieces, end; the last layer."""
    aligner = make_nmt_encoder(folders["nllb"])
    ((source, target),) = aligner.encode([PAIR], "en", "pt")
    model = transformers.AutoModel.from_pretrained(folders["nllb"]).eval().get_encoder()
    for words, code, found in ((PAIR[0], "eng_Latn", source), (PAIR[1], "por_Latn", target)):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folders["nllb"], src_lang=code)
        inputs = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            theirs = model(**inputs).last_hidden_state[0, 1:-1].numpy()
        np.testing.assert_allclose(found.unit * found.norms[:, None], theirs, atol=1e-5)


def test_a_layer_in_the_middle_is_not_normalised_as_the_last_one_is(folders):
    aligner = make_nmt_encoder(folders["nllb"], layer=0)
    ((source, _),) = aligner.encode([PAIR], "en", "pt")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders["nllb"], src_lang="eng_Latn")
    model = transformers.AutoModel.from_pretrained(folders["nllb"]).eval().get_encoder()
    inputs = tokenizer(list(PAIR[0]), is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        theirs = model(**inputs, output_hidden_states=True).hidden_states[0][0, 1:-1].numpy()
    np.testing.assert_allclose(source.unit * source.norms[:, None], theirs, atol=1e-5)


def test_the_paper_s_extraction_is_the_default(folders):
    aligner = make_nmt_encoder(folders["nllb"])
    assert aligner.extract == SoftmaxExtraction(0.001, 1.0, False)
    aligner = make_nmt_encoder(folders["nllb"], "inter")
    assert aligner.extract == SimilarityExtraction("inter", 0.05)


@pytest.mark.parametrize("name", ["nllb", "m2m100"])
def test_language_that_the_model_does_not_know(folders, name):
    aligner = make_nmt_encoder(folders[name], target_code="xyz_Latn")
    with pytest.raises(SetupError, match="xyz_Latn"):
        aligner([PAIR], **EN_PT)


def test_unknown_extraction():
    with pytest.raises(SetupError, match="softmax, inter, itermax, mwmf"):
        make_nmt_encoder(extraction="magic")
