"""A vocabulary trimmed to a language, and probabilities that were calibrated."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from spacy.tokens import DocBin

from tests import tiny_models
from tests.training.test_token_classifier import SMALL, TEXTS, encoder, found, labelled, ready
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.models.network import _in_4_bits, _in_8_bits, _in_32_bits
from xlner_spacy.training.calibration import make_calibrate
from xlner_spacy.training.callbacks import make_trim_vocabulary
from xlner_spacy.training.encoder_layer import encoders_of

ROOT = Path(__file__).parents[2]


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
    make_trim_vocabulary(str(raw))(nlp)
    kept = pieces_of(nlp)
    assert all_pieces - kept == {"▁Αθήνα", "▁Μαρία", "α", "ι", "ρ"}  # of another script
    after = [(found(doc), [e._.xl_confidence for e in doc.ents]) for doc in nlp.pipe(texts)]
    assert [entities for entities, _ in after] == [entities for entities, _ in before]
    assert after[0][1] == pytest.approx(before[0][1], abs=1e-4)
    nlp.to_disk(tmp_path / "saved")
    again = spacy.load(tmp_path / "saved")
    assert pieces_of(again) == kept
    assert [found(doc) for doc in again.pipe(texts)] == [entities for entities, _ in after]


def test_if_there_is_no_room_for_all_pieces_characters_stay(folder, raw):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    all_pieces = pieces_of(nlp)
    make_trim_vocabulary(str(raw), pieces=35)(nlp)
    kept = pieces_of(nlp)
    assert {"<s>", "▁Maria", "▁Lisboa", "▁em", "▁João", "▁Porto"} <= kept
    assert {"▁escritório", "▁Maputo"} & kept == set()  # not in the texts
    assert {piece for piece in all_pieces if len(piece) == 1 and piece.isascii()} <= kept
    assert found(nlp("João abriu um escritório em Porto .")) == [("João", "PER"), ("Porto", "LOC")]


def test_a_trimmed_student_learns(folder, raw):
    nlp, examples, optimizer = ready(encoder(folder))
    make_trim_vocabulary([str(raw)])(nlp)
    optimizer.learn_rate = 0.01
    for _ in range(120):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1


@given(arrays(np.float32, (3, 64), elements=st.floats(-2, 2, width=32)), st.booleans())
def test_numbers_of_4_and_8_bits(array, are_of_4_bits):
    """4 bits are used where they lose nothing; 8 bits lose half a step at the most."""
    if are_of_4_bits:
        scale = np.abs(array[:, ::32]).astype(np.float16).astype(np.float32)
        steps = np.clip(np.round(array.reshape(3, 2, 32) * 3.5), -7, 7)
        steps[..., 5] = -8
        array = (steps * scale[..., np.newaxis]).reshape(3, 64)
        found = _in_4_bits(array)
        assert found is not None
        assert (_in_32_bits(*found) == array).all()
    numbers, scale = _in_8_bits(array)
    assert (np.abs(_in_32_bits(numbers, scale) - array) <= scale * 0.501).all()


GREEK = ["Η Μαρία ζει στην Αθήνα και εργάζεται σε μια τράπεζα .", "Ο Γιάννης έφυγε χθες ."]
SIGNS = ["Maria 😀 vive em Lisboa 🔥🔥 ❤️ 🇧🇷 .", "João de Αθήνα vive em Porto .", "→ ★ ∞ 😂 a ✔"]


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_texts_that_the_vocabulary_does_not_know_are_counted_once(folder, raw, tmp_path, caplog):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    make_trim_vocabulary(str(raw))(nlp)
    nlp.to_disk(tmp_path / "saved")
    nlp = spacy.load(tmp_path / "saved")
    list(nlp.pipe(SIGNS * 40, batch_size=7))
    assert warnings_of(caplog) == []
    list(nlp.pipe(GREEK * 60, batch_size=7))  # late, and after many known words
    (warning,) = warnings_of(caplog)
    unknown, words, texts = (int(part) for part in re.findall(r"\d+", warning)[:3])
    assert 0.3 < unknown / words < 1
    assert words >= 400
    assert texts < 120
    assert "trimmed to the pieces of Portuguese (pt) text (script Latn)" in warning
    assert "xlner.TrimVocabulary.v1" in warning
    nlp = spacy.load(tmp_path / "saved")
    for text in GREEK * 5:
        nlp(text)
    assert len(warnings_of(caplog)) == 2
    assert warnings_of(caplog)[1].startswith("24 of 27 words in 3 texts have letters that")


def test_training_on_such_texts_warns(folder, raw, caplog):
    nlp, _, optimizer = ready(encoder(folder), [TEXTS[0]])
    make_trim_vocabulary(str(raw))(nlp)
    examples = [labelled(nlp, text, []) for text in GREEK * 4]
    for _ in range(5):
        nlp.update(examples, sgd=optimizer)
    assert len(warnings_of(caplog)) == 1


def test_a_vocabulary_that_is_trimmed_twice_says_so(folder, raw, tmp_path, caplog):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    make_trim_vocabulary(str(raw))(nlp)
    nlp.lang = "el"
    greek = tmp_path / "greek.txt"
    greek.write_text("\n".join(GREEK), encoding="utf8")
    make_trim_vocabulary(str(greek))(nlp)
    list(nlp.pipe(GREEK * 4))
    (warning,) = warnings_of(caplog)
    assert "Portuguese (pt) text (script Latn), then of Greek (el) text (script Grek)" in warning


def test_an_encoder_that_never_knew_a_script_is_not_called_trimmed(folder, caplog):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    list(nlp.pipe([text for text, _ in TEXTS] * 40))
    assert warnings_of(caplog) == []
    list(nlp.pipe(["Мария живёт в Лиссабоне ."] * 100))
    (warning,) = warnings_of(caplog)
    assert "its encoder has no pieces for them" in warning
    assert "trimmed to" not in warning


@pytest.mark.models
def test_a_student_for_portuguese_reads_portuguese_without_a_warning(tmp_path, caplog):
    """The embedded encoder: Portuguese texts with signs and foreign names, other languages in Latin script,
    and Greek, Chinese and Arabic."""
    model = {
        "@architectures": "xlner.TokenClassifier.v1",
        "tok2vec": {"@architectures": "xlner.Encoder.v1", "layers": 1, "engine": "torch"},
    }
    nlp, _, _ = ready(model, [TEXTS[0]])
    make_trim_vocabulary(str(ROOT / "assets" / "sample.pt.jsonl"))(nlp)
    data = nlp.to_bytes()
    known = [record["text"] for record in srsly.read_jsonl(ROOT / "assets" / "gold.pt.jsonl")][:100]
    known += [
        "O jogo foi 😀😂🔥 ótimo, disse 安倍晋三 a Владимир Путин em Αθήνα, na Grécia ❤️ 🇧🇷.",
        "Rais Samia Suluhu Hassan alikutana na mabalozi mjini Dodoma siku ya Jumatatu.",
        "Yorùbá ni èdè tí àwọn ènìyàn ń sọ ní ìwọ̀ oòrùn Nàìjíríà àti Benin.",
    ] * 20
    list(nlp.pipe(known))
    assert warnings_of(caplog) == []
    for n, text in enumerate(
        [
            GREEK[0],
            "الرئيس المصري يلتقي وزير الخارجية في القاهرة يوم الاثنين المقبل .",
            "安倍晋三 在 东京 会见 了 中国 外交部长 王毅 , 双方 讨论 了 贸易 。",
        ],
        1,
    ):
        nlp.from_bytes(data)
        list(nlp.pipe([text] * 10))
        assert len(warnings_of(caplog)) == n, text


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
