"""The embedded encoder: unpacked once, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from xlner_spacy import files
from xlner_spacy.errors import SetupError
from xlner_spacy.models import embedded as encoder
from xlner_spacy.models.adapters import SKILLS
from xlner_spacy.models.encoder import shared_encoder
from xlner_spacy.models.encoder_settings import EncoderSettings


@pytest.fixture(scope="module")
def loaded():
    folder = encoder.encoder_path()
    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)


@pytest.mark.models
def test_it_is_a_hugging_face_folder_that_everybody_can_read(loaded):
    tokenizer, model = loaded
    folder = encoder.encoder_path()
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {
        f.name for f in folder.iterdir()
    }
    assert all(file.stat().st_mode & 0o044 for file in folder.iterdir())
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (12, 384)
    assert tokenizer.model_max_length == 512
    assert tokenizer.tokenize("A Petrobras abriu") == ["▁A", "▁Petro", "bras", "▁abri", "u"]


def test_sentences_that_mean_the_same_are_neighbours(loaded):
    """The 4-bit weights are in their places: e5's similarities come out."""
    tokenizer, model = loaded
    texts = [
        "query: A Maria vive em Lisboa.",
        "query: Maria lives in Lisbon.",
        "query: O gato come peixe.",
    ]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1)).numpy()
    same, other = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert same > 0.9
    assert other < same - 0.1


def anonymous_memory() -> int:
    """Memory of this process that lies in no file, in kB."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith("RssAnon"))


@pytest.mark.models
def test_the_skills_share_what_is_large():
    """The tokenizer takes 300 MB, the embedding of word pieces 380 MB."""
    pytest.importorskip("openvino")
    if not Path("/proc/self/status").is_file():
        pytest.skip("needs Linux")
    one, two = (shared_encoder(EncoderSettings(None, 2, skill=skill)) for skill in SKILLS)
    assert one.tokenizer is two.tokenizer
    one.load()
    before = anonymous_memory()
    two.load()
    two.encode([(piece,) for piece in map(str, range(1000))])
    assert anonymous_memory() - before < 100_000


@pytest.mark.models
def test_two_loadings_give_the_same_pooler():
    one, two = (AutoModel.from_pretrained(encoder.encoder_path()) for _ in range(2))
    assert torch.equal(one.pooler.dense.weight, two.pooler.dense.weight)


def test_q4_block():
    block = np.zeros(1, dtype=[("scale", "<f2"), ("nibbles", "u1", 16)])
    block["scale"] = 0.5
    block["nibbles"][0, 0] = 0x9F  # low nibble 15 is weight 0, high nibble 9 is weight 16
    values = encoder._weights(block.tobytes(), 1, 32)
    assert values[0] == (15 - 8) * 0.5
    assert values[16] == (9 - 8) * 0.5
    assert values[1] == -8 * 0.5


@pytest.mark.long
def test_two_processes_at_once(tmp_path):
    code = "from xlner_spacy.models.embedded import encoder_path; print(encoder_path())"
    env = {**__import__("os").environ, "XLNER_CACHE": str(tmp_path)}
    runs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env, text=True)
        for _ in range(2)
    ]
    paths = {run.communicate(timeout=200)[0].strip() for run in runs}
    assert [run.returncode for run in runs] == [0, 0]
    assert paths == {str(path) for path in tmp_path.iterdir()}  # one folder, nothing left over


@pytest.mark.models
def test_interrupted_unpacking_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("XLNER_CACHE", str(tmp_path))

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_publish", stop)
    monkeypatch.setattr(encoder, "_write_folder", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        encoder.encoder_path()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize("keep", [3, 100, 5_000_000, 60_000_000])
def test_damaged_file(tmp_path, keep):
    damaged = tmp_path / "model.bin"
    damaged.write_bytes(encoder._model_file().read_bytes()[:keep])
    with pytest.raises(SetupError, match="force-reinstall"):
        encoder.read_encoder_file(damaged)


@pytest.mark.models
def test_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(encoder, "PACKAGE", "no_such_package")
    assert not encoder.is_installed()
    with pytest.raises(SetupError, match=r"\.\[offline\]"):
        encoder.encoder_path()
