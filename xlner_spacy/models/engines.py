"""Engines that compute an encoder's layer: PyTorch, or OpenVINO with float32, bfloat16 or int8 products.

Several batches are computed at once, each on one thread: matrices of this size gain little
from threads that share one product, and lose much where other work keeps one waiting.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Barrier, Lock
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from ..errors import SetupError
from .description import Description
from .precision import made_for_16_bits, products

logger = logging.getLogger(__name__)

EngineName = Literal["auto", "torch", "openvino", "openvino-bf16", "openvino-int8"]
OPENVINO = Description("OpenVINO", package="openvino", module="openvino", extra="fast")
# Raised whenever what is written into the cache changes, so that old files are not reused.
FILE_FORMAT = 2
OPENVINO_FILE = "model.xml"
# Numbers that share a scale, where weights and activations are 8-bit.
GROUP = 128


class Engine(Protocol):
    """Computes one layer's vectors for a batch of sentences, from any thread.

    pieces (int): Padded word pieces in a batch, at the most.
    """

    pieces: int

    @property
    def threads(self) -> int:
        """How many batches are best computed at once."""
        ...

    def __call__(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """ids, mask: int64, (sentences, pieces). RETURNS: float32, (sentences, pieces, hidden)."""
        ...


Job = TypeVar("Job")
Answer = TypeVar("Answer")

_pools: dict[int, ThreadPoolExecutor] = {}
_pools_lock = Lock()


def pool_of(threads: int) -> ThreadPoolExecutor:
    """This process's pool of threads in which torch uses one thread each.

    It is kept: MKL holds a lock while a thread ends, and a process that is forked then waits
    for it forever. Threads that wait hold none.
    """
    with _pools_lock:
        if threads not in _pools:
            _pools[threads] = _make_pool(threads)
        return _pools[threads]


def in_threads(run: Callable[[Job], Answer], jobs: Sequence[Job], threads: int) -> list[Answer]:
    """What `run` makes of each job, as many at once as there are threads. The jobs begin in their order, so
    the largest should come first: no thread is left with one while the others are done."""
    if threads == 1 or len(jobs) == 1:
        return [run(job) for job in jobs]
    waiting = [pool_of(threads).submit(run, job) for job in jobs]
    try:
        return [future.result() for future in waiting]
    finally:
        # An interrupted caller might fork, so no work may continue in the background.
        for future in waiting:
            future.cancel()
        wait(waiting)


def _make_pool(threads: int) -> ThreadPoolExecutor:
    import torch

    def use_one_thread() -> None:
        torch.set_num_threads(1)
        # torch keeps what it sees at a thread's first question.
        torch.get_num_threads()

    before = torch.get_num_threads()
    everyone = Barrier(threads)
    pool = ThreadPoolExecutor(threads, initializer=use_one_thread)
    try:
        # Each task waits for the others, so that every thread has begun when they are done.
        list(pool.map(lambda _: everyone.wait(), range(threads)))
    finally:
        # torch gives the last number that was set to threads to come.
        torch.set_num_threads(before)
    return pool


def _forget_pools() -> None:
    """A forked child has none of the threads, and no thread in it holds the lock."""
    global _pools_lock
    _pools.clear()
    _pools_lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pools)


class TorchEngine:
    """The model as transformers runs it.

    in_16_bits: Whether matrices are multiplied in bfloat16.
    """

    def __init__(self, model: Any, layer: int, in_16_bits: bool = False) -> None:
        self.model = model
        self.layer = layer
        self.in_16_bits = in_16_bits
        # A batch's activations should fit a core's cache; a GPU wants to be filled.
        self.pieces = 512 if model.device.type == "cpu" else 8192

    @property
    def threads(self) -> int:
        import torch

        return torch.get_num_threads() if self.model.device.type == "cpu" else 1

    def __call__(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        import torch

        device = self.model.device
        with torch.inference_mode(), products(device, True) if self.in_16_bits else nullcontext():
            output = self.model(
                input_ids=torch.from_numpy(ids).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
                output_hidden_states=True,
            )
        vectors: np.ndarray = output.hidden_states[self.layer].float().cpu().numpy()
        return vectors


class OpenVinoEngine:
    """A model that OpenVINO has compiled, once for each core.

    folder: As `write_openvino` writes it.
    embedding: The model's embedding of word pieces, from torch: nine tenths of a multilingual
        model, and nothing to compute. The copies share it.
    in_16_bits: Whether to compute in bfloat16.

    Each copy has one thread, which is the caller's: OpenVINO's own pool would not survive the
    fork that `nlp.pipe(n_process=2)` makes.
    """

    pieces = 512

    def __init__(self, folder: Path, embedding: Any, in_16_bits: bool = False) -> None:
        import torch

        self._embedding = embedding

        core = _openvino().Core()
        model = core.read_model(folder / OPENVINO_FILE)
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if in_16_bits else "f32",
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            # Pinned, all copies would share the first core.
            "ENABLE_CPU_PINNING": False,
            # Activations are quantised word piece by word piece, so that a sentence's vectors do
            # not depend on its batch.
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": GROUP,
        }
        self.copies = torch.get_num_threads()
        self._free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.copies):
            request = core.compile_model(model, "CPU", settings).create_infer_request()
            # The first call of a process must not be made by two threads: OpenVINO's bindings
            # (2026.4) then wait for each other forever.
            ids = np.ones((1, 2), dtype=np.int64)
            request.infer([ids, self._embed(ids), ids])
            self._free.put(request)

    @property
    def threads(self) -> int:
        import torch

        return min(self.copies, torch.get_num_threads())

    def __call__(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        request = self._free.get()
        try:
            vectors: np.ndarray = request.infer([ids, self._embed(ids), mask])[0].copy()
        finally:
            self._free.put(request)
        return vectors

    def _embed(self, ids: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            vectors: np.ndarray = self._embedding(torch.from_numpy(ids)).float().numpy()
        return vectors


def openvino_is_usable() -> bool:
    """Whether OpenVINO is installed and can be loaded. If it is broken, a warning says so."""
    if OPENVINO.missing:
        return False
    try:
        openvino_version()
    except SetupError as error:
        _tell_once(f"{error.message}; torch is used, which is slower. {error.hint}")
        return False
    return True


@cache
def _tell_once(problem: str) -> None:
    logger.warning("%s", problem)


def fastest_openvino() -> EngineName:
    """The engine that is quickest here: bfloat16 where the processor is made for it, else 8 bits."""
    return "openvino-bf16" if made_for_16_bits() else "openvino-int8"


def openvino_version() -> str:
    """RAISES: SetupError if OpenVINO is not installed, or cannot be loaded."""
    OPENVINO.check("This engine")
    try:
        openvino = _openvino()
    except ImportError as error:
        raise SetupError(
            f"OpenVINO is installed but cannot be loaded: {error}",
            hint="Install it again: pip install --force-reinstall openvino",
        ) from error
    return f"openvino-{openvino.__version__.split('-')[0]}-f{FILE_FORMAT}"


def write_openvino(model: Any, layer: int, folder: Path, int8: bool) -> None:
    """Convert a model's layer: from word piece ids, their embeddings and mask to vectors.

    int8: Keep the weights of matrix products as 8-bit numbers.
    RAISES: SetupError for a model that OpenVINO cannot convert.
    """
    import torch

    openvino = _openvino()
    ids = torch.ones(2, 9, dtype=torch.long)
    example = (ids, model.get_input_embeddings()(ids), ids)

    def vectors_of_layer(ids: Any, vectors: Any, mask: Any) -> Any:
        given.vectors = vectors
        output = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        return output.hidden_states[layer]

    try:
        with _embedded_by_caller(model) as given, warnings.catch_warnings(), _without_telemetry():
            # It warns of a 1 that is the same every time.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            traced = torch.jit.trace(vectors_of_layer, example, strict=False)
            converted = openvino.convert_model(traced, example_input=example)
    except (RuntimeError, ValueError) as error:  # of these is NotImplementedError
        raise SetupError(
            f"OpenVINO cannot convert the encoder {type(model).__name__}: {error}",
            hint='Set its engine to "torch".',
        ) from error
    if int8:
        _quantise(converted)
    openvino.save_model(converted, folder / OPENVINO_FILE, compress_to_fp16=False)


def _openvino() -> Any:
    """The package. RAISES: ImportError if it cannot be loaded."""
    with _without_telemetry():
        import openvino
    return openvino


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """OpenVINO reports to its makers, unless it runs in CI: when it is loaded and when it converts, over the
    network, from a forked process that hangs where torch has threads. It leaves files in the home folder."""
    before = os.environ.get("CI")
    os.environ["CI"] = "true"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("CI", None)
        else:
            os.environ["CI"] = before


@contextmanager
def _embedded_by_caller(model: Any) -> Iterator[Any]:
    """The model with the vectors that it is given in the place of its embedding. What a model
    does to them, and with the ids besides (positions), stays as it is."""
    import torch

    class Given(torch.nn.Module):
        vectors: Any = None

        def forward(self, ids: Any) -> Any:
            return self.vectors

    embedding, given = model.get_input_embeddings(), Given()
    model.set_input_embeddings(given)
    try:
        yield given
    finally:
        model.set_input_embeddings(embedding)


def _quantise(model: Any) -> None:
    """Replace the constant matrices of products by 8-bit ones with a scale for each group of
    inputs, in place."""
    from openvino import opset13

    for node in model.get_ops():
        if node.get_type_name() != "MatMul" or not node.get_attributes()["transpose_b"]:
            continue
        constant = node.input_value(1).get_node()
        if constant.get_type_name() != "Constant" or len(constant.shape) != 2:
            continue
        weights = constant.data
        group = GROUP if weights.shape[1] % GROUP == 0 else weights.shape[1]
        groups = weights.reshape(len(weights), -1, group)
        scale = np.maximum(np.abs(groups).max(axis=2, keepdims=True), 1e-12) / 127
        small = opset13.constant(np.round(groups / scale).astype(np.int8))
        restored = opset13.multiply(
            opset13.convert(small, "f32"), opset13.constant(scale.astype(np.float32))
        )
        shape = opset13.constant(np.array(weights.shape))
        node.input(1).replace_source_output(opset13.reshape(restored, shape, False).output(0))
