"""What computes an encoder's layer: PyTorch, or OpenVINO with float32 or int8 weights.

Several batches are computed at once, each on one thread: matrices of this size gain little
from threads that share one product, and lose much where other work keeps one waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np

from ..errors import SetupError
from ..needs import Needs

ENGINES = ("torch", "openvino", "openvino-int8")
OPENVINO = Needs("openvino", install='pip install "xlner-spacy[fast]"')
# Raised whenever what is written into the cache changes, so that old files are not reused.
FILE_FORMAT = 1
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


@contextmanager
def pool_of(threads: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads in which torch uses one thread each."""
    import torch

    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(1)) as pool:
            yield pool
    finally:
        # torch gives the last number that was set to threads to come.
        torch.set_num_threads(before)


class TorchEngine:
    """The model as transformers runs it."""

    def __init__(self, model: Any, layer: int) -> None:
        self.model = model
        self.layer = layer
        # What a batch's activations take should fit a core's cache; a GPU wants to be filled.
        self.pieces = 512 if model.device.type == "cpu" else 8192

    @property
    def threads(self) -> int:
        import torch

        return torch.get_num_threads() if self.model.device.type == "cpu" else 1

    def __call__(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        import torch

        device = self.model.device
        with torch.inference_mode():
            output = self.model(
                input_ids=torch.from_numpy(ids).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
                output_hidden_states=True,
            )
        vectors: np.ndarray = output.hidden_states[self.layer].float().cpu().numpy()
        return vectors


class OpenVinoEngine:
    """A model that OpenVINO has compiled, once for each core.

    Each copy has one thread, which is the caller's: OpenVINO's own pool would not survive the
    fork that `nlp.pipe(n_process=2)` makes.
    """

    pieces = 512

    def __init__(self, file: Path) -> None:
        import openvino
        import torch

        core = openvino.Core()
        model = core.read_model(file)
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
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
            # (2026.4) then wait for each other for ever.
            request.infer([np.ones((1, 2), dtype=np.int64)] * 2)
            self._free.put(request)

    @property
    def threads(self) -> int:
        import torch

        return min(self.copies, torch.get_num_threads())

    def __call__(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        request = self._free.get()
        try:
            vectors: np.ndarray = request.infer([ids, mask])[0].copy()
        finally:
            self._free.put(request)
        return vectors


def openvino_version() -> str:
    """RAISES: SetupError if OpenVINO is not installed."""
    OPENVINO.check("This engine of the aligner")
    import openvino

    return f"openvino-{openvino.__version__.split('-')[0]}-f{FILE_FORMAT}"


def write_openvino(model: Any, layer: int, file: Path, int8: bool) -> None:
    """Convert a model's layer, from word piece ids and mask to vectors.

    int8: Keep the weights of matrix products as 8-bit numbers.
    RAISES: SetupError for a model that OpenVINO cannot convert.
    """
    import openvino
    import torch

    example = torch.ones(2, 9, dtype=torch.long)
    with torch.no_grad():
        traced = torch.jit.trace(_layer_of(model, layer), (example, example), strict=False)
    try:
        converted = openvino.convert_model(traced, example_input=(example, example))
    except (RuntimeError, ValueError) as error:
        raise SetupError(
            f"OpenVINO cannot convert the encoder {type(model).__name__}: {error}",
            hint='Set the aligner\'s engine to "torch".',
        ) from error
    if int8:
        _quantise(converted)
    openvino.save_model(converted, file, compress_to_fp16=False)


def _layer_of(model: Any, layer: int) -> Any:
    import torch

    class Layer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, mask: Any) -> Any:
            output = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
            return output.hidden_states[layer]

    return Layer().eval()


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
