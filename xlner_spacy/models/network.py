"""An encoder with its tokenizer that is trained, shipped and run: in one piece, and small.

On disk matrices are 8-bit numbers with a scale a row, or 4-bit ones with a scale for each 32 where that loses
nothing (the word embeddings of the embedded encoder come so); loaded, they are 32-bit ones again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import SetupError
from ..text.scripts import scripts_of
from .adapters import SKILLS, apply_to_encoder, read_adapter
from .embedded import encoder_path
from .hub import load, loading, without_warnings
from .unknown_words import Trimming, UnknownWords
from .vocabulary import trim

# Raised whenever what is written changes.
FORMAT = 2
_SCALE = ":scale"
_BLOCK = 32  # numbers of 4 bits that share a scale
_FIRST = 16  # rows that are tried before all


class Head(NamedTuple):
    """A linear classifier over BIO tags that a model brings along."""

    weight: np.ndarray  # (tags, hidden)
    bias: np.ndarray  # (tags,)
    tags: Sequence[str]


class Network:
    """An encoder, its tokenizer, and the head that it was trained with, if there is one.

    module (torch.nn.Module): A Transformers encoder.
    tokenizer (tokenizers.Tokenizer): Its tokenizer, without truncation and padding.
    unknown (int): The piece for what has none. None: there is no such piece.
    head (Head): None if there is none.
    trimmings (list): What its vocabulary was trimmed for.
    """

    def __init__(
        self,
        module: Any,
        tokenizer: Any,
        unknown: int | None,
        head: Head | None = None,
        trimmings: Iterable[Trimming] = (),
    ) -> None:
        self.module = module
        self.tokenizer = tokenizer
        self.unknown = unknown
        self.head = head
        self.trimmings = list(trimmings)

    @property
    def width(self) -> int:
        """The size of the vectors."""
        return int(self.module.config.hidden_size)

    @property
    def layers(self) -> int:
        """How many layers the encoder has."""
        return int(self.module.config.num_hidden_layers)

    @property
    def longest(self) -> int:
        """How many pieces the encoder takes at once, special ones included."""
        positions = getattr(self.module.config, "max_position_embeddings", None) or 1026
        return int(positions) - 2  # RoBERTa's positions begin at 2

    @property
    def pad(self) -> int:
        """The piece that fills a batch."""
        return int(self.module.config.pad_token_id or 0)

    def specials(self) -> tuple[list[int], list[int]]:
        """The special pieces before and after a text."""
        alone = self.tokenizer.encode("a", add_special_tokens=False).ids
        whole = self.tokenizer.encode("a").ids
        start = next(n for n in range(len(whole)) if whole[n : n + len(alone)] == alone)
        return whole[:start], whole[start + len(alone) :]

    def unknown_words(self) -> UnknownWords:
        """What counts the words that the tokenizer does not know, from none on."""
        return UnknownWords(self.unknown, self.trimmings)

    def count_pieces(self, texts: Iterable[str]) -> tuple[Counter[int], Counter[str]]:
        """How often each piece, and each character, occurs in texts."""
        seen: Counter[int] = Counter()
        characters: Counter[str] = Counter()
        for text in texts:
            seen.update(self.tokenizer.encode(text, add_special_tokens=False).ids)
            characters.update(text)
        return seen, characters

    def trim(self, texts: Iterable[str], size: int, lang: str) -> None:
        """Keep the pieces that texts of a language need, in place. As `vocabulary.trim`.

        lang (str): Code of the language, for a warning when other texts are read.

        RAISES: SetupError for a tokenizer that cannot be trimmed.
        """
        import torch
        from tokenizers import Tokenizer

        seen, characters = self.count_pieces(texts)
        found = trim(self.tokenizer.to_str(), seen, characters, size)
        before = self.module.get_input_embeddings()
        rows = torch.tensor(found.rows, device=before.weight.device)
        pad = found.rows.index(self.pad)
        after = torch.nn.Embedding(len(rows), before.embedding_dim, padding_idx=pad)
        after.weight.data = before.weight.data[rows].clone()
        after.weight.requires_grad_(before.weight.requires_grad)
        self.module.set_input_embeddings(after)
        self.module.config.vocab_size = len(rows)
        self.module.config.pad_token_id = pad
        self.tokenizer = Tokenizer.from_str(found.tokenizer)
        if self.unknown is not None:
            self.unknown = found.rows.index(self.unknown)
        self.trimmings.append(Trimming(lang, scripts_of(characters)))

    def to_bytes(self) -> bytes:
        """All of it, but for the head, as a safetensors file."""
        from safetensors.numpy import save

        tensors: dict[str, np.ndarray] = {}
        for name, value in self.module.state_dict().items():
            array = value.detach().cpu().numpy()
            if array.ndim == 2 and array.dtype.kind == "f":
                tensors[name], tensors[name + _SCALE] = _in_4_bits(array) or _in_8_bits(array)
            else:
                tensors[name] = np.ascontiguousarray(array)
        about = {
            "format": FORMAT,
            "config": self.module.config.to_json_string(use_diff=False),
            "tokenizer": self.tokenizer.to_str(),
            "unknown": self.unknown,
            "trimmings": self.trimmings,
        }
        # One entry: safetensors writes several in any order, and the same model would differ.
        return save(tensors, {"about": json.dumps(about)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Network:
        """RAISES: SetupError if the data are damaged or of another version."""
        import torch
        from safetensors.numpy import load as load_tensors
        from tokenizers import Tokenizer
        from transformers import AutoConfig, AutoModel

        with loading("encoder", "of the pipeline"):
            size = int.from_bytes(data[:8], "little")
            about = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["about"])
            if about["format"] != FORMAT:
                raise SetupError(
                    f"The pipeline's encoder has the format {about['format']}, not {FORMAT}.",
                    hint="Use the version of xlner-spacy that the pipeline names, or train it anew.",
                )
            tensors = load_tensors(data)
            record = json.loads(about["config"])
            config = AutoConfig.for_model(record.pop("model_type"), **record)
            with torch.device("meta"), without_warnings():
                module = AutoModel.from_config(config, **_plain(config))
            state = {
                name: torch.from_numpy(_in_32_bits(array, tensors.get(name + _SCALE)))
                for name, array in tensors.items()
                if not name.endswith(_SCALE)
            }
            module.load_state_dict(state, assign=True)
            _fill_buffers(module)
            trimmings = [Trimming(*own) for own in about["trimmings"]]
            tokenizer = Tokenizer.from_str(about["tokenizer"])
            return cls(module, tokenizer, about["unknown"], trimmings=trimmings)


def load_network(model: str | None, layers: int | None = None) -> Network:
    """An encoder to begin with.

    model (str): Folder or Hub name. None: the embedded one, fine-tuned to recognise entities.
    layers (int): Only so many layers from the bottom. None: all.
    RAISES: SetupError if it cannot be loaded, has no fast tokenizer, or too few layers.
    """
    from transformers import AutoTokenizer

    name = str(encoder_path()) if model is None else model
    with without_warnings():
        module, head = _load_module(name)
        tokenizer = load("encoder", name, AutoTokenizer.from_pretrained)
    if not tokenizer.is_fast:
        raise SetupError(
            f"{name!r} has no fast tokenizer, which xlner.Encoder.v1 needs.",
            hint="Use spacy-transformers' TransformerModel in its place.",
        )
    if model is None:
        head = _head_of_adapter(module)
    if layers is not None:
        _keep_layers(module, layers, name)
        head = head if layers == module.config.num_hidden_layers else None
    if getattr(module, "pooler", None) is not None:
        module.pooler = None
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    return Network(module, backend, tokenizer.unk_token_id, head)


def _head_of_adapter(module: Any) -> Head:
    adapter = read_adapter(SKILLS["recogniser"])
    apply_to_encoder(module, adapter)
    weight, bias = (adapter.tensors[f"classifier.{name}"] for name in ("weight", "bias"))
    return Head(weight.numpy(), bias.numpy(), adapter.tags)


def _load_module(name: str) -> tuple[Any, Head | None]:
    """An encoder, and the head of a token classifier if it is one."""
    from transformers import AutoConfig, AutoModel, AutoModelForTokenClassification

    config = load("encoder", name, AutoConfig.from_pretrained)
    if not any("ForTokenClassification" in kind for kind in config.architectures or []):
        return load("encoder", name, AutoModel.from_pretrained), None
    model = load("encoder", name, AutoModelForTokenClassification.from_pretrained)
    tags = [config.id2label[n] for n in range(config.num_labels)]
    weight, bias = (
        own.detach().numpy() for own in (model.classifier.weight, model.classifier.bias)
    )
    return model.base_model, Head(weight, bias, tags)


def stack_of(module: Any) -> Any:
    """The part of an encoder that has its layers, as `layer`."""
    return module.encoder if hasattr(module, "encoder") else module


def _keep_layers(module: Any, layers: int, name: str) -> None:
    there = int(module.config.num_hidden_layers)
    if not 1 <= layers <= there:
        raise SetupError(
            f"xlner.Encoder.v1: layers = {layers}, but {name!r} has {there}.",
            hint=f"Set it to a number from 1 to {there}, or to null for all.",
        )
    stack = stack_of(module)
    stack.layer = stack.layer[:layers]
    module.config.num_hidden_layers = layers


def _plain(config: Any) -> dict[str, Any]:
    """Encoders built like BERT are made without the pooler, which is not kept."""
    return {"add_pooling_layer": False} if config.model_type in _WITH_POOLER else {}


_WITH_POOLER = ("bert", "roberta", "xlm-roberta", "camembert", "xlm-roberta-xl")


def _fill_buffers(module: Any) -> None:
    """Positions and the like, which are not in the file."""
    import torch

    for name, buffer in list(module.named_buffers()):
        if not buffer.is_meta:
            continue
        owner, _, own = name.rpartition(".")
        if own == "position_ids":
            value = torch.arange(buffer.shape[-1]).expand(buffer.shape).clone()
        elif own == "token_type_ids":
            value = torch.zeros(buffer.shape, dtype=torch.long)
        else:
            raise SetupError(
                f"The encoder has the buffer {name}, which the pipeline does not carry.",
                hint="Use spacy-transformers' TransformerModel in its place.",
            )
        module.get_submodule(owner).register_buffer(own, value, persistent=False)


def _in_4_bits(array: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Two numbers from -8 to 7 a byte, and for each 32 what one is worth (as in ggml's Q4_0); None if
    that is not exactly the array."""
    if array.shape[1] % _BLOCK:
        return None
    if len(array) > _FIRST and _in_4_bits(array[:_FIRST]) is None:  # soon seen of most
        return None
    blocks = array.reshape(-1, _BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, np.newaxis], axis=1)
    scale = (largest / -8).astype(np.float16)
    worth = np.where(scale == 0, 1, scale).astype(np.float32)
    small = np.round(blocks / worth)
    if small.min(initial=0) < -8 or small.max(initial=0) > 7 or (small * worth != blocks).any():
        return None
    nibbles = (small + 8).astype(np.uint8).reshape(len(array), -1)
    return nibbles[:, 0::2] | nibbles[:, 1::2] << 4, scale.reshape(len(array), -1)


def _in_8_bits(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from -127 to 127, and for each row what one is worth."""
    scale = np.maximum(np.abs(array).max(axis=1, keepdims=True), 1e-12) / 127
    return np.round(array / scale).astype(np.int8), scale.astype(np.float32)


def _in_32_bits(array: np.ndarray, scale: np.ndarray | None) -> np.ndarray:
    if scale is None:
        return array.copy()
    if array.dtype == np.int8:
        return array.astype(np.float32) * scale
    found = np.empty((len(array), 2 * array.shape[1]), dtype=np.float32)
    found[:, 0::2] = array & 15
    found[:, 1::2] = array >> 4
    found -= 8
    found.reshape(-1, _BLOCK)[:] *= scale.astype(np.float32).reshape(-1, 1)
    return found
