"""What computes an encoder's layer: the same vectors from all, in several threads, after a fork."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
import torch

from tests import tiny_models
from xlner_spacy.aligners.simalign import SimAlign
from xlner_spacy.annotators.recogniser import Recogniser
from xlner_spacy.errors import SetupError
from xlner_spacy.models.encoder import shared_encoder
from xlner_spacy.models.encoder_settings import EncoderSettings
from xlner_spacy.models.engines import pool_of
from xlner_spacy.models.precision import made_for_16_bits

SENTENCES = [("Maria", "vive", "em", "Lisboa", ".")[:n] for n in range(1, 6)]
WITHOUT = 'pip install "\\.\\[fast\\]"'


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """An encoder that takes 30 pieces."""
    return str(tiny_models.encoder(tmp_path_factory.mktemp("models") / "encoder"))


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@cache
def encoder_of(tiny: str, engine: str, batch_size: int):
    """Converting takes a second: once for all tests."""
    encoder = shared_encoder(EncoderSettings(tiny, 2, batch_size=batch_size, engine=engine))
    encoder.kept_bytes = 0
    return encoder


def encode(tiny: str, engine: str, batch_size: int = 64, sentences=SENTENCES) -> dict:
    return encoder_of(tiny, engine, batch_size).encode(sentences)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["torch", "openvino"])
@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_vectors_are_those_of_transformers(tiny, engine, batch_size, two_threads):
    if engine != "torch":
        pytest.importorskip("openvino")
    expected = encode(tiny, "torch")
    for words, found in encode(tiny, engine, batch_size).items():
        np.testing.assert_allclose(found.unit, expected[words].unit, atol=1e-5)


@pytest.mark.long
def test_nothing_is_reported_to_anyone(tiny, tmp_path):
    """A model is converted in threads of torch, as a user does it. OpenVINO would note in the home folder
    that it reports, and do so from a forked process."""
    pytest.importorskip("openvino")
    code = (
        "import sys, multiprocessing\n"
        "from xlner_spacy.models.encoder import shared_encoder\n"
        "from xlner_spacy.models.encoder_settings import EncoderSettings\n"
        "encoder = shared_encoder(EncoderSettings(sys.argv[1], 2, engine='openvino'))\n"
        "print(len(encoder.encode([('Maria', 'vive')])), multiprocessing.active_children())"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "TF_BUILD", "JENKINS_URL")}
    result = subprocess.run(
        [sys.executable, "-c", code, tiny],
        env={**env, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert result.stdout.strip() == "1 []"
    assert not (tmp_path / "intel").exists()


@pytest.mark.long
def test_vectors_from_8_bit_weights_are_near(tiny):
    pytest.importorskip("openvino")
    expected = encode(tiny, "torch")
    for words, found in encode(tiny, "openvino-int8").items():
        assert (found.unit * expected[words].unit).sum(axis=1).min() > 0.99


@pytest.mark.long
def test_vectors_of_16_bits_are_nearer(tiny):
    pytest.importorskip("openvino")
    if not made_for_16_bits():
        pytest.skip("this processor is not made for bfloat16")
    expected = encode(tiny, "torch")
    for words, found in encode(tiny, "openvino-bf16").items():
        assert (found.unit * expected[words].unit).sum(axis=1).min() > 0.999
        assert (found.unit != expected[words].unit).any()


@pytest.mark.long
def test_8_bit_vectors_do_not_depend_on_the_batch(tiny):
    pytest.importorskip("openvino")
    together = encode(tiny, "openvino-int8")
    for words in SENTENCES:
        alone = encode(tiny, "openvino-int8", sentences=[words])[words]
        np.testing.assert_allclose(alone.unit, together[words].unit, atol=1e-4)


def test_threads_leave_torch_as_it_was(two_threads):
    for threads in (2, 3, 2):
        used = pool_of(threads).map(lambda _: torch.get_num_threads(), range(4))
        assert set(used) == {1}
        assert torch.get_num_threads() == 2


@pytest.mark.long
@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_a_forked_process_can_encode(tiny, engine, two_threads):
    if engine != "torch":
        pytest.importorskip("openvino")
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    for _ in range(10):  # threads that end while the process forks made one in five hang
        encode(tiny, engine, batch_size=1)
        child = multiprocessing.get_context("fork").Process(target=encode, args=(tiny, engine, 1))
        child.start()
        child.join(30)
        code = child.exitcode
        child.kill()
        assert code == 0


def test_an_engine_that_is_not_there(tiny):
    with pytest.raises(
        SetupError, match="one of auto, torch, openvino, openvino-bf16, openvino-int8"
    ):
        SimAlign(tiny, engine="fast")
    with pytest.raises(SetupError, match="cpu or auto"):
        SimAlign(tiny, engine="openvino", device="cuda")


def test_auto_is_openvino_for_the_embedded_encoder_where_it_is_installed(tiny, monkeypatch):
    pytest.importorskip("openvino")
    kinds = {model: SimAlign(model, layer=2).encoder._engine_kind for model in (None, tiny)}
    assert kinds == {None: "openvino", tiny: "torch"}
    kinds = {model: Recogniser(model).encoder._engine_kind for model in (None, tiny)}
    assert kinds == {None: "openvino-int8", tiny: "torch"}
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert SimAlign(layer=2).encoder._engine_kind == "torch"
    monkeypatch.undo()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert SimAlign(layer=2).encoder._engine_kind == "torch"


def test_without_openvino_the_error_names_the_extra(tiny, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    aligner = SimAlign(tiny, layer=1, batch_size=5, engine="openvino")
    with pytest.raises(SetupError, match=WITHOUT):
        aligner.encoder.load()


def test_openvino_that_is_broken(tiny, tmp_path, monkeypatch, caplog):
    """torch does its work, and a warning says so; where it was asked for, that is an error."""
    pytest.importorskip("openvino")
    for name in [name for name in sys.modules if name.split(".")[0] == "openvino"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "openvino").mkdir()
    (tmp_path / "openvino" / "__init__.py").write_text("raise ImportError('no libopenvino.so')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert SimAlign(layer=2).encoder._engine_kind == Recogniser().encoder._engine_kind == "torch"
    (record,) = caplog.records
    assert "no libopenvino.so; torch is used" in record.message
    assert "--force-reinstall openvino" in record.message
    with pytest.raises(SetupError, match="no libopenvino"):
        SimAlign(tiny, layer=1, batch_size=9, engine="openvino").encoder.load()


def test_threads_that_ask_at_once_share_one_pool():
    with ThreadPoolExecutor(4) as callers:
        pools = set(callers.map(pool_of, [5] * 4))
    assert len(pools) == 1


def test_nothing_goes_on_after_an_interrupt(tiny, two_threads, monkeypatch):
    """A process that forks with batches under way would hang."""
    encoder = encoder_of(tiny, "torch", 1)
    running: set[int] = set()

    def run(batch, before, after):
        running.add(id(batch))
        time.sleep(0.2)
        running.discard(id(batch))
        raise KeyboardInterrupt

    monkeypatch.setattr(encoder, "_run", run)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(SENTENCES)
    assert not running
    done = [pool_of(2).submit(time.time) for _ in range(2)]
    assert all(future.result() for future in done)


def test_few_sentences_are_shared_among_the_threads(tiny, two_threads):
    encoder = encoder_of(tiny, "torch", 64)
    for count in (2, 3, 5):
        windows = sorted(encoder._windows(SENTENCES[:count], 2), key=lambda w: len(w.ids))
        batches = list(encoder._batches(windows))
        assert len(batches) > 1
        assert [window for batch in batches for window in batch] == windows
