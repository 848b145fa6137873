"""AWESOME-align: links that both directions find probable."""

from __future__ import annotations

import numpy as np
import pytest

from tests import tiny_models
from xlner_spacy.aligners.awesome import Awesome, SoftmaxExtraction
from xlner_spacy.errors import SetupError
from xlner_spacy.models import adapters, embedded
from xlner_spacy.models.encoder import Encoded

EN_PT = {"source_lang": "en", "target_lang": "pt"}


def encoded(vectors, words=None) -> Encoded:
    vectors = np.array(vectors, dtype=float)
    norms = np.linalg.norm(vectors, axis=1)
    words = np.arange(len(vectors)) if words is None else np.array(words)
    return Encoded(vectors / norms[:, None], norms, words)


# Dot products of these: [[log 9, 0], [0, log 9]] and a row [0, log 3] where said.
NINE = np.sqrt(np.log(9))
SOURCE = [[NINE, 0], [0, NINE]]


def test_links_and_confidences_by_hand():
    # exp of the dot products: [[9, 1], [1, 9]]: the diagonal has probability .9 both ways.
    links = SoftmaxExtraction(threshold=0.5)(encoded(SOURCE), encoded(SOURCE))
    assert [link[:2] for link in links] == [(0, 0), (1, 1)]
    assert [link.confidence for link in links] == pytest.approx([0.9, 0.9])
    # The others have .1 both ways.
    links = SoftmaxExtraction(threshold=0.05)(encoded(SOURCE), encoded(SOURCE))
    assert [link[:2] for link in links] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert links[1].confidence == pytest.approx(0.1)


def test_both_directions_must_find_it_probable():
    # exp of the dot products: [[9, 1], [1, 9], [1, 9]]. Given source 1 or 2, target 1 has .9;
    # given target 1, each of them has 9/19 = .474. Given target 0, source 0 has 9/11.
    source = encoded([*SOURCE, SOURCE[1]])
    links = SoftmaxExtraction(threshold=0.4)(source, encoded(SOURCE))
    assert [link[:2] for link in links] == [(0, 0), (1, 1), (2, 1)]
    expected = [(0.9 * 9 / 11) ** 0.5, (0.9 * 9 / 19) ** 0.5, (0.9 * 9 / 19) ** 0.5]
    assert [link.confidence for link in links] == pytest.approx(expected)
    links = SoftmaxExtraction(threshold=0.5)(source, encoded(SOURCE))
    assert [link[:2] for link in links] == [(0, 0)]


def test_temperature_and_normalisation():
    # Divided by 2: exp gives [[3, 1], [1, 3]].
    half = SoftmaxExtraction(threshold=0.5, temperature=2)
    assert half(encoded(SOURCE), encoded(SOURCE))[0].confidence == pytest.approx(0.75)
    # Cosines are 1 and 0, whatever the lengths: e / (e + 1).
    cosine = SoftmaxExtraction(threshold=0.5, normalize=True)
    links = cosine(encoded(SOURCE), encoded([[7.0, 0], [0, 0.1]]))
    assert [link.confidence for link in links] == pytest.approx([np.e / (np.e + 1)] * 2)


def test_words_are_linked_if_any_of_their_pieces_are():
    source = encoded([*SOURCE, SOURCE[1]], words=[0, 0, 1])
    links = SoftmaxExtraction(threshold=0.4)(source, encoded(SOURCE, words=[5, 6]))
    assert [link[:2] for link in links] == [(0, 5), (0, 6), (1, 6)]


@pytest.mark.models
def test_embedded_encoder():
    (links,) = Awesome()(
        [
            (
                ["Petrobras", "opened", "an", "office"],
                ["A", "Petrobras", "abriu", "um", "escritório"],
            )
        ],
        **EN_PT,
    )
    assert [link[:2] for link in links] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert all(0 < link.confidence <= 1 for link in links)


def test_the_paper_s_settings_for_other_models(tmp_path):
    aligner = Awesome(str(tiny_models.encoder(tmp_path / "encoder")), layer=2)
    assert aligner.extract == SoftmaxExtraction(threshold=0.001, temperature=1, normalize=False)
    ((link, *_),) = aligner([(["Lisboa"], ["Lisboa"])], **EN_PT)
    assert link == (0, 0, pytest.approx(1), False)
    assert aligner([], **EN_PT) == []
    assert aligner([([], ["Lisboa"]), (["Lisboa"], [])], **EN_PT) == [[], []]
    assert set(aligner.seconds) == {"load", "encode", "link"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 1}, "threshold"),
        ({"temperature": 0}, "temperature"),
        ({"weak_below": 1.5}, "weak_below"),
        ({"token_type": "char"}, "bpe, word"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(SetupError, match=message):
        Awesome(**settings)


@pytest.mark.models
@pytest.mark.parametrize("spoil", ["cut", "gone"])
def test_an_adapter_that_is_damaged_is_named(tmp_path, monkeypatch, spoil):
    copy = tmp_path / "aligner.safetensors"
    if spoil == "cut":
        copy.write_bytes(adapters.SKILLS["aligner"].read_bytes()[:100_000])
    monkeypatch.setitem(adapters.SKILLS, "aligner", copy)
    # A layer that no other test uses, for encoders are shared.
    aligner = Awesome(layer=3)
    with pytest.raises(SetupError, match=r"aligner\.safetensors is damaged or missing.*\nInstall"):
        aligner([(["Good", "morning"], ["Bom", "dia"])], **EN_PT)


@pytest.mark.models
def test_fine_tuned_the_encoder_links_fewer_words_that_are_none_of_each_other():
    source = "The interface is in 24 official languages , but most metadata are in few ."
    target = "A felület 24 hivatalos nyelven érhető el , de a legtöbb metaadat kevés nyelven van ."
    pair = (source.split(), target.split())
    right = {(1, 1), (4, 2), (5, 3), (6, 4), (8, 8), (9, 10), (10, 11), (14, 15)}
    wrong = []
    for aligner in (Awesome(), Awesome(model=str(embedded.encoder_path()), layer=7)):
        aligner.extract = SoftmaxExtraction(temperature=0.05, normalize=True, min_confidence=0.05)
        (links,) = aligner([pair], source_lang="en", target_lang="hu")
        assert right <= {link[:2] for link in links}
        wrong.append(sum(link.confidence for link in links if link[:2] not in right))
    assert wrong[0] < 0.8 * wrong[1]
