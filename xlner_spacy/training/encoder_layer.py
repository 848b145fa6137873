"""`xlner.Encoder.v1`: a small multilingual encoder as a tok2vec, trained, and shipped in 8 bits."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import spacy
from spacy.tokens import Doc
from thinc.api import Model, PyTorchShim, Shim, get_current_ops, torch2xp, xp2torch
from thinc.types import Floats2d
from thinc.util import get_torch_default_device

from ..files import build_once, cache_dir, forget_oldest
from ..models.engines import (
    Engine,
    EngineName,
    OpenVinoEngine,
    TorchEngine,
    fastest_openvino,
    in_threads,
    openvino_is_usable,
    openvino_version,
    write_openvino,
)
from ..models.lazy import make_torch_safe_to_fork
from ..models.network import Network, load_network
from ..models.precision import made_for_16_bits, products
from ..models.token_windows import Read, Reader, Text, batches, padded
from ..settings import check_choice, check_setting
from .frozen_layers import FrozenLayers, Windows, layers_of

NAME = "xl_encoder"
# Padded pieces that are trained on at once; more are several passes of one update. A processor gains nothing from
# many, and loses time with a long text that all others are padded to.
_TRAINED_ON_CPU, _TRAINED_ON_GPU = 1024, 8192
# Trained pipelines that are kept compiled, some 50 to 150 MB each: who trains many does not fill the disk.
_KEPT_COMPILED = 8


@spacy.registry.architectures("xlner.Encoder.v1")
def make_encoder(
    name: str | None = None,
    layers: int | None = None,
    frozen_layers: int = 0,
    window: int = 384,
    overlap: int = 128,
    engine: EngineName = "auto",
    mixed_precision: bool | None = None,
) -> Model[list[Doc], list[Floats2d]]:
    """A Transformers encoder, with a vector for each token: that of its first word piece.

    It reads raw text, long ones in windows. Its word embeddings are not trained. In a saved pipeline it is
    whole, with weights of 8 bits, so that nothing is downloaded or installed to use it.

    name (str): A folder or a name of the Hugging Face Hub. None: the embedded encoder, as it was
        fine-tuned to recognise people, places and organisations (extra `offline`); `xl_ner`
        then begins with what the recogniser knows. Only read when training begins.
    layers (int): Only so many layers, from the bottom. None: all.
    frozen_layers (int): So many layers, from the bottom, and the embeddings below them are not trained. What they
        say of a text is kept, so that training costs what the layers above them cost.
    window, overlap (int): Word pieces that are read at once, and that two windows share.
    engine (str): "torch", "openvino", "openvino-bf16", "openvino-int8". "auto": where OpenVINO is installed
        and no GPU is, openvino-bf16 on a processor that is made for bfloat16 (AMX), openvino-int8 on
        others; else torch, in bfloat16 on such a processor. Training is torch's in any case.
    mixed_precision (bool): Train with products of 16 bits (bfloat16). None: on GPUs, and on processors that have
        instructions for them (AMX), where it takes half the time.
    RAISES: SetupError for a setting that cannot be.
    """
    check_choice("xlner.Encoder.v1", "engine", engine, EngineName)
    check_setting("xlner.Encoder.v1", "window", window, 8 <= window <= 500, "from 8 to 500")
    fits = 0 <= overlap < window
    check_setting("xlner.Encoder.v1", "overlap", overlap, fits, "0 or more, less than the window")
    positive = "0 or more"
    check_setting("xlner.Encoder.v1", "frozen_layers", frozen_layers, frozen_layers >= 0, positive)
    shim = EncoderShim(name, layers, frozen_layers, window, overlap, engine, mixed_precision)
    # Thinc's set_dropout_rate only sets what is there.
    attrs = {"dropout_rate": 0.0}
    return Model(NAME, _forward, init=_init, dims={"nO": None}, attrs=attrs, shims=[shim])


def encoders_of(model: Model) -> list[EncoderShim]:
    """The encoders in a model."""
    return [shim for node in model.walk() for shim in node.shims if isinstance(shim, EncoderShim)]


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    (shim,) = encoders_of(model)
    shim.begin()
    if model.has_dim("nO") is None:
        model.set_dim("nO", shim.network.width)


def _forward(
    model: Model, docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Doc]]]:
    shim: EncoderShim = model.shims[0]  # type: ignore[assignment]
    read = shim.reader.read([Text(doc.text, _offsets(doc)) for doc in docs])
    if not is_train:
        return shim.vectors(read), lambda _: []
    shim.set_dropout(model.attrs["dropout_rate"])
    found, backward = shim.trainable_vectors(read)

    def backprop(gradients: list[Floats2d]) -> list[Doc]:
        backward(gradients)
        return []

    return found, backprop


def _offsets(doc: Doc) -> list[tuple[int, int]]:
    return [(token.idx, token.idx + len(token)) for token in doc]


class EncoderShim(PyTorchShim):
    """The part of the layer that Thinc cannot see: the network, and what runs it."""

    def __init__(
        self,
        name: str | None,
        layers: int | None,
        frozen_layers: int,
        window: int,
        overlap: int,
        engine: EngineName,
        in_16_bits: bool | None,
    ) -> None:
        super().__init__(None)
        self.in_16_bits = in_16_bits
        self.name = name
        self.n_layers = layers
        self.frozen_layers = frozen_layers
        self.window = window
        self.overlap = overlap
        self.engine = engine
        self._network: Network | None = None
        self._reader: Reader | None = None
        self._frozen: FrozenLayers | None = None
        self._runs: Engine | None = None
        self._digest: str | None = None  # of the file, while the weights are those of the file

    @property
    def network(self) -> Network:
        """The encoder. RAISES: ValueError if it is neither initialised nor loaded."""
        if self._network is None:
            raise ValueError(
                "xl_ner is not trained: its encoder has no weights yet. Train it (spacy train "
                "configs/ner_student.cfg, or nlp.initialize(get_examples) and nlp.update), or load a "
                "pipeline that was trained. To find entities without training, use xl_transfer."
            )
        return self._network

    def begin(self) -> None:
        """Load the encoder to begin with, if there is none."""
        if self._network is None:
            make_torch_safe_to_fork()
            self._use(load_network(self.name, self.n_layers))

    def copy(self) -> EncoderShim:
        """One that learns apart from this one: optimizers know shims by their numbers."""
        self._runs = self._frozen = None
        other = copy.deepcopy(self)
        with Shim.global_id_lock:
            Shim.global_id += 1
            other.id = Shim.global_id
        return other

    def trim(self, texts: Any, size: int, lang: str) -> None:
        """As `Network.trim`."""
        self.network.trim(texts, size, lang)
        self._use(self.network)

    def _use(self, network: Network, digest: str | None = None) -> None:
        self._network = network
        self._model = network.module.to(get_torch_default_device())
        network.module.requires_grad_(False)  # until training begins
        longest = network.longest - sum(map(len, network.specials()))
        window = min(self.window, longest)
        overlap = min(self.overlap, window // 2)
        unknown = network.unknown_words()
        self._reader = Reader(network.tokenizer, network.specials(), window, overlap, unknown)
        self._runs = self._frozen = None
        self._digest = digest

    @property
    def reader(self) -> Reader:
        """What cuts texts into windows."""
        self.network  # noqa: B018
        assert self._reader is not None
        return self._reader

    def set_dropout(self, rate: float) -> None:
        """The rate of every dropout in the encoder but that of the attention's weights: it stays 0, since
        with one the processor computes attention the long way (a third of a step)."""
        import torch

        for name, part in self.network.module.named_modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0 if name.endswith("attention.self.dropout") else rate
            elif hasattr(part, "dropout_prob"):
                part.dropout_prob = 0.0

    def vectors(self, read: Read) -> list[Floats2d]:
        """The vectors of the tokens of each text."""
        engine = self._running()
        network = self.network
        groups = batches(read.windows, engine.pieces)
        outputs: list[np.ndarray] = [np.zeros(0)] * len(read.windows)

        def run(group: list[int]) -> np.ndarray:
            return engine(*padded([read.windows[n] for n in group], network.pad))

        for group, hidden in zip(groups, in_threads(run, groups, engine.threads), strict=True):
            for row, n in enumerate(group):
                outputs[n] = hidden[row]
        ops = get_current_ops()
        found: list[Any] = [_gather(outputs, own, network.width) for own in read.places]
        return [ops.asarray2f(vectors) for vectors in found]

    def trainable_vectors(
        self, read: Read
    ) -> tuple[list[Floats2d], Callable[[list[Floats2d]], None]]:
        """The vectors, and a function that takes their gradients."""
        import torch

        self._runs = self._digest = None
        run = self._trained()
        on_cpu = self.device.type == "cpu"
        groups = batches(read.windows, _TRAINED_ON_CPU if on_cpu else _TRAINED_ON_GPU)
        tensors: list[Any] = []
        places: list[tuple[int, int]] = [(0, 0)] * len(read.windows)
        with torch.enable_grad(), products(self.device, self.in_16_bits):
            for number, group in enumerate(groups):
                tensors.append(run([read.windows[n] for n in group]).float())
                for row, n in enumerate(group):
                    places[n] = (number, row)
        taken: list[Any] = []
        for own in read.places:
            known = own[:, 0] >= 0
            vectors = torch.zeros((len(own), self.network.width), device=self.device)
            for window in np.unique(own[known, 0]):
                number, row = places[window]
                mine = own[:, 0] == window
                pieces = torch.from_numpy(own[mine, 1]).to(self.device)
                where = torch.from_numpy(np.flatnonzero(mine)).to(self.device)
                vectors = vectors.index_put((where,), tensors[number][row, pieces])
            taken.append(vectors)

        def backward(gradients: list[Floats2d]) -> None:
            given = [xp2torch(gradient, device=self.device) for gradient in gradients]
            # A text without pieces has no graph.
            pairs = [(v, g) for v, g in zip(taken, given, strict=True) if v.requires_grad]
            if pairs:
                torch.autograd.backward([v for v, _ in pairs], [g for _, g in pairs])

        found: list[Any] = [torch2xp(vectors.detach()) for vectors in taken]
        return found, backward

    def _trained(self) -> Callable[[Windows], Any]:
        """The encoder as it is trained: a function of windows, whose result has gradients."""
        import torch

        module = self.network.module.requires_grad_(True).train()
        module.get_input_embeddings().requires_grad_(False)

        def run(windows: Windows) -> Any:
            ids, mask = (torch.from_numpy(own) for own in padded(windows, self.network.pad))
            given = {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device)}
            return module(**given).last_hidden_state

        if not self.frozen_layers:
            return run
        module.requires_grad_(False)
        layers_of(module)[self.frozen_layers :].requires_grad_(True)
        if self._frozen is None:
            self._frozen = FrozenLayers(module, self.frozen_layers)
        return partial(self._frozen, run=run)

    def _running(self) -> Engine:
        """What runs the encoder: OpenVINO where it can, once training is over."""
        if self._runs is None:
            self._runs = self._make_engine()
        return self._runs

    def _make_engine(self) -> Engine:
        network = self.network
        kind = self.engine
        on_cpu = network.module.device.type == "cpu"
        if kind == "auto":
            usable = self._digest is not None and on_cpu and openvino_is_usable()
            kind = fastest_openvino() if usable else "torch"
        if kind == "torch" or self._digest is None:
            in_16_bits = self.engine == "auto" and on_cpu and made_for_16_bits()
            return TorchEngine(network.module.eval(), network.layers, in_16_bits)
        int8 = kind == "openvino-int8"
        file = "openvino-int8" if int8 else "openvino"
        folder = build_once(
            cache_dir() / f"pipeline-{self._digest}-{file}-{openvino_version()}",
            lambda part: write_openvino(
                network.module.requires_grad_(False).eval(),
                network.layers,
                part,
                int8,
            ),
        )
        os.utime(folder)
        forget_oldest("pipeline-*", _KEPT_COMPILED)
        embeddings = network.module.get_input_embeddings()
        return OpenVinoEngine(folder, embeddings, kind == "openvino-bf16")

    @contextmanager
    def use_params(self, params: Mapping[Any, Any]) -> Iterator[None]:
        """Use other weights for a while, as the averages of an optimizer. (PyTorchShim looks for them under
        names that Thinc's optimizers do not use.)"""
        weights = dict(self._model.named_parameters()) if self._model is not None else {}
        given = {name: params[self.id, name] for name in weights if (self.id, name) in params}
        own = {name: weights[name].data for name in given}
        for name, value in given.items():
            weights[name].data = xp2torch(value, device=self.device)
        try:
            yield
        finally:
            for name, value in own.items():
                weights[name].data = value

    def trainable_weights(self) -> dict[str, Any]:
        """All weights but the word embeddings, by name: torch's own, not copies."""
        embeddings = self.network.module.get_input_embeddings().weight
        weights = self.network.module.named_parameters()
        return {name: own for name, own in weights if own is not embeddings}

    def mix(self, others: Mapping[str, Any], share: float) -> dict[str, Any]:
        """Replace the weights by a mean with others, of which they get a share.

        RETURNS: The weights as they were, for `put_back`.
        """
        weights = self.trainable_weights()
        before = {name: own.data for name, own in weights.items()}
        for name, own in weights.items():
            own.data = own.data.lerp(others[name].to(own.data), share)
        self._runs = self._digest = None
        return before

    def put_back(self, before: Mapping[str, Any]) -> None:
        """Undo `mix`."""
        for name, own in self.trainable_weights().items():
            own.data = before[name]
        self._runs = None

    def to_bytes(self) -> bytes:
        return b"" if self._network is None else self._network.to_bytes()

    def from_bytes(self, data: bytes) -> EncoderShim:
        if data:
            make_torch_safe_to_fork()
            self._use(Network.from_bytes(data), hashlib.sha256(data).hexdigest()[:16])
        return self


def _gather(outputs: Sequence[np.ndarray], places: np.ndarray, width: int) -> np.ndarray:
    found = np.zeros((len(places), width), dtype=np.float32)
    for window in np.unique(places[:, 0]):
        if window >= 0:
            mine = places[:, 0] == window
            found[mine] = outputs[window][places[mine, 1]]
    return found
