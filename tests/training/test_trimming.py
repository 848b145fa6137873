"""A vocabulary trimmed to a language, and probabilities that were calibrated."""

from __future__ import annotations

import pytest
import spacy
from spacy.tokens import DocBin

from tests import tiny_models
from tests.training.test_token_classifier import SMALL, TEXTS, encoder, found, labelled, ready
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.training.calibration import make_calibrate
from xlner_spacy.training.callbacks import make_trim_vocabulary
from xlner_spacy.training.encoder_layer import encoders_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.unigram_ner(tmp_path_factory.mktemp("tiny") / "ner")


@pytest.fixture
def raw(tmp_path):
    file = tmp_path / "raw.txt"
    file.write_text("Maria vive em Lisboa.\nJoão vive em Porto.\n", encoding="utf8")
    return file


def pieces_of(nlp):
    (shim,) = encoders_of(nlp.get_pipe("xl_ner").model)
    return set(shim.network.tokenizer.get_vocab())


def test_pieces_that_the_language_does_not_need_go(folder, raw, tmp_path):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    texts = ["Maria vive em Lisboa .", "João abriu um escritório em Porto ."]
    before = [(found(doc), [e._.xl_confidence for e in doc.ents]) for doc in nlp.pipe(texts)]
    all_pieces = pieces_of(nlp)
    make_trim_vocabulary(str(raw), pieces=60)(nlp)
    kept = pieces_of(nlp)
    assert {"<s>", "▁Maria", "▁Lisboa", "▁em", "▁João"} <= kept < all_pieces
    assert {"▁Αθήνα", "▁Μαρία"} & kept == set()
    assert {piece for piece in all_pieces if len(piece) == 1} <= kept
    # Only what is written with these pieces has the same entities: "escritório" is spelled out.
    after = [(found(doc), [e._.xl_confidence for e in doc.ents]) for doc in nlp.pipe(texts)]
    assert [entities for entities, _ in after] == [entities for entities, _ in before]
    assert after[0][1] == pytest.approx(before[0][1], abs=1e-4)
    nlp.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    assert pieces_of(again) == kept
    assert [found(doc) for doc in again.pipe(texts)] == [entities for entities, _ in after]


def test_a_trimmed_student_learns(folder, raw):
    nlp, examples, optimizer = ready(encoder(folder))
    make_trim_vocabulary([str(raw)], pieces=60)(nlp)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1


def test_what_cannot_be_trimmed_is_named(raw, tmp_path):
    nlp, _, _ = ready(SMALL)
    with pytest.raises(SetupError, match=r"no component has an xlner\.Encoder\.v1"):
        make_trim_vocabulary(str(raw))(nlp)
    wordpiece = tiny_models.ner(tmp_path / "ner")
    nlp, _, _ = ready(encoder(wordpiece))
    with pytest.raises(SetupError, match="of the kind WordPiece cannot be trimmed"):
        make_trim_vocabulary(str(raw))(nlp)
    with pytest.raises(InputError, match=r"nowhere\.txt"):
        make_trim_vocabulary(str(tmp_path / "nowhere.txt"))(nlp)


def test_calibration_makes_it_as_sure_as_it_is_right(folder, tmp_path):
    """Of ten texts it is right in eight: its probabilities say so."""
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    right, wrong = [("Maria vive .", [(0, 1, "PER")])], [("Maria vive .", [])]
    docs = [labelled(nlp, *text).reference for text in right * 8 + wrong * 2]
    DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    before = nlp("Maria vive .").ents[0]._.xl_confidence
    make_calibrate(str(tmp_path / "dev.spacy"))(nlp)
    after = nlp("Maria vive .").ents[0]._.xl_confidence
    assert abs(after - 0.8) < abs(before - 0.8)
    assert nlp.get_pipe("xl_ner").temperature != 1
    nlp.to_disk(tmp_path / "saved")
    assert spacy.load(tmp_path / "saved")("Maria vive .").ents[0]._.xl_confidence == pytest.approx(
        after, abs=0.02
    )
