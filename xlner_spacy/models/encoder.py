"""Vectors of words in context, from a layer of a Transformers encoder.

What all aligners share that compare such vectors: sentences are encoded in batches of
similar length, each distinct sentence once; what is longer than the model takes is encoded
in windows; layers after the one that is used are not computed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from ..files import build_once, cache_dir
from ..settings import check_setting
from .adapters import SKILLS, Skill, apply_to_encoder, digest, read_adapter
from .embedded import encoder_path, word_embeddings
from .encoder_settings import EncoderSettings
from .engines import (
    Engine,
    EngineName,
    OpenVinoEngine,
    TorchEngine,
    in_threads,
    openvino_is_usable,
    openvino_version,
    write_openvino,
)
from .hub import best_device, load, loading, without_warnings
from .lazy import LazyBackend, make_torch_safe_to_fork
from .token_windows import padded

Words = tuple[str, ...]

# What "auto" is where OpenVINO is: 8 bits where they change no more than .002 of F1.
FASTEST: dict[Skill, EngineName] = {"aligner": "openvino", "recogniser": "openvino-int8"}
# Bytes of vectors that an encoder keeps for calls that come again.
KEPT_BYTES = 128 * 2**20


class Encoded(NamedTuple):
    """A sentence's vectors, as unit vectors and lengths, and the word that each is of."""

    unit: np.ndarray  # float32, (pieces, hidden)
    norms: np.ndarray  # float32, (pieces,)
    words: np.ndarray  # int, (pieces,)


class _Window(NamedTuple):
    """A run of word pieces of a sentence that the model takes in one go."""

    sentence: int
    ids: np.ndarray  # (pieces,)
    words: np.ndarray  # the word that each piece is of


class _Batch(NamedTuple):
    """Windows of a group of sentences that are encoded together, the longest last."""

    group: int
    windows: list[_Window]


def shared_encoder(settings: EncoderSettings) -> Encoder:
    """The one encoder of this process that has these settings, so that several aligners
    load a model once and encode the same sentences once."""
    encoder = _encoders.get(settings)
    if encoder is None:
        encoder = _encoders[settings] = Encoder(settings)
    return encoder


class Encoder(LazyBackend):
    """Encodes sentences of words. Made by `shared_encoder`, also where it is unpickled."""

    def __init__(self, settings: EncoderSettings) -> None:
        self.settings = settings
        self.kept_bytes = KEPT_BYTES

    def __reduce__(self) -> tuple:
        return shared_encoder, (self.settings,)

    def load(self) -> None:
        """RAISES: SetupError if the model cannot be loaded or has too few layers."""
        self._loaded  # noqa: B018

    def encode(self, sentences: Iterable[Words], code: str | None = None) -> dict[Words, Encoded]:
        """Encode distinct sentences.

        code (str): The language, in the model's own code, where it is told the language.
        RETURNS: The vectors of each sentence. The answers of the last calls are kept (up to
            `kept_bytes`) and given again for the same sentences in the same order, so that a
            result never depends on what was encoded before.
        """
        return self.encode_groups([sentences], code)[0]

    def encode_groups(
        self, groups: Iterable[Iterable[Words]], code: str | None = None
    ) -> list[dict[Words, Encoded]]:
        """Encode several groups of sentences at once, each as `encode` does: the vectors of one
        do not depend on the others, and are kept for themselves."""
        distinct = [tuple(dict.fromkeys(sentences)) for sentences in groups]
        found = {own: self._kept[code, own] for own in distinct if (code, own) in self._kept}
        new = [own for own in dict.fromkeys(distinct) if own not in found]
        found.update(zip(new, self._encode(new, code), strict=True))
        for own in dict.fromkeys(distinct):
            self._keep((code, own), found[own])
        return [found[own] for own in distinct]

    def _encode(
        self, groups: Sequence[Sequence[Words]], code: str | None
    ) -> list[dict[Words, Encoded]]:
        if not groups:
            return []
        before, after = self._special_ids(code)
        batches = [
            _Batch(group, batch)
            for group, sentences in enumerate(groups)
            for batch in self._batches(self._sorted_windows(sentences, len(before) + len(after)))
        ]
        batches.sort(key=lambda batch: len(batch.windows[-1].ids) * len(batch.windows))
        parts: list[list[list[tuple[_Window, np.ndarray]]]] = [[[] for _ in g] for g in groups]
        answers = self._run_all([batch.windows for batch in batches], before, after)
        for batch, answer in zip(batches, answers, strict=True):
            for window, vectors in zip(batch.windows, answer, strict=True):
                parts[batch.group][window.sentence].append((window, vectors))
        return [
            {words: self._join(own) for words, own in zip(sentences, found, strict=True)}
            for sentences, found in zip(groups, parts, strict=True)
        ]

    def _sorted_windows(self, sentences: Sequence[Words], specials: int) -> list[_Window]:
        return sorted(self._windows(sentences, specials), key=lambda window: len(window.ids))

    def _run_all(
        self, batches: list[list[_Window]], before: list[int], after: list[int]
    ) -> list[list[np.ndarray]]:
        """Run every batch, as many at once as there are threads. They are sorted, the largest last."""

        def run(batch: list[_Window]) -> list[np.ndarray]:
            return self._run(batch, before, after)

        return in_threads(run, batches[::-1], self._engine.threads)[::-1]

    def _run(self, batch: list[_Window], before: list[int], after: list[int]) -> list[np.ndarray]:
        """The layer's vectors for each window's pieces."""
        rows = [np.array([*before, *window.ids.tolist(), *after]) for window in batch]
        hidden = self._engine(*padded(rows, self.tokenizer.pad_token_id or 0))
        start = len(before)
        return [hidden[n, start : start + len(w.ids)] for n, w in enumerate(batch)]

    def _join(self, parts: list[tuple[_Window, np.ndarray]]) -> Encoded:
        """Put the windows of a sentence together again."""
        if not parts:
            return Encoded(np.zeros((0, 1), np.float32), np.zeros(0, np.float32), np.zeros(0, int))
        ordered = sorted(parts, key=lambda part: int(part[0].words[0]))
        words = np.concatenate([window.words for window, _ in ordered])
        vectors = np.concatenate([found for _, found in ordered])
        if self.settings.token_type == "word":
            words, index, pieces = np.unique(words, return_inverse=True, return_counts=True)
            sums = np.zeros((len(words), vectors.shape[1]), dtype=vectors.dtype)
            np.add.at(sums, index, vectors)
            vectors = sums / pieces[:, np.newaxis].astype(vectors.dtype)
        norms = np.linalg.norm(vectors, axis=1)
        return Encoded(vectors / np.maximum(norms, 1e-12)[:, np.newaxis], norms, words)

    def _windows(self, sentences: Sequence[Words], specials: int) -> Iterator[_Window]:
        """Cut what is longer than the model takes: between words, if a word is not longer."""
        longest = self._positions - specials
        for n, (ids, words) in enumerate(self._pieces(sentences)):
            start = 0
            while start < len(ids):
                end = min(start + longest, len(ids))
                if end < len(ids):
                    word_start = int(np.searchsorted(words, words[end]))
                    end = word_start if word_start > start else end
                yield _Window(n, ids[start:end], words[start:end])
                start = end

    def _pieces(self, sentences: Sequence[Words]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each sentence, its word pieces' ids and the word that each is of."""
        if self.tokenizer.is_fast:
            given = [list(words) for words in sentences if words]
            found = iter(self._fast_pieces(given) if given else [])
        else:
            found = iter(self._slow_pieces(words) for words in sentences if words)
        nothing = np.zeros(0, dtype=int)
        for words in sentences:
            yield next(found) if words else (nothing, nothing)

    def _fast_pieces(self, sentences: list[list[str]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        encodings = self.tokenizer(
            sentences,
            is_split_into_words=True,
            add_special_tokens=False,
            truncation=False,
            verbose=False,
        ).encodings
        for encoding in encodings:
            yield np.array(encoding.ids, dtype=int), np.array(encoding.word_ids, dtype=int)

    def _slow_pieces(self, words: Words) -> tuple[np.ndarray, np.ndarray]:
        """Tokenizers written in Python do not say which word a piece is of."""
        ids = [self.tokenizer(w, add_special_tokens=False, verbose=False).input_ids for w in words]
        of_word = np.repeat(np.arange(len(words)), [len(pieces) for pieces in ids])
        return np.array([piece for pieces in ids for piece in pieces], dtype=int), of_word

    def _special_ids(self, code: str | None) -> tuple[list[int], list[int]]:
        """The special pieces that the tokenizer puts before and after a sentence."""
        if code is not None:
            self.tokenizer.src_lang = code
        text = "a"
        alone = self.tokenizer(text, add_special_tokens=False).input_ids
        ids = self.tokenizer(text).input_ids
        start = next(n for n in range(len(ids)) if ids[n : n + len(alone)] == alone)
        return ids[:start], ids[start + len(alone) :]

    def _batches(self, windows: list[_Window]) -> Iterator[list[_Window]]:
        """Batches of bounded size, none more than a thread's share of the work. `windows` are
        sorted, so the last one of a batch is the longest."""
        pieces = self._engine.pieces
        if self._engine.threads > 1:
            all_pieces = sum(len(window.ids) + 2 for window in windows)
            pieces = min(pieces, all_pieces // self._engine.threads)
        batch: list[_Window] = []
        for window in windows:
            full = (len(batch) + 1) * (len(window.ids) + 2) > pieces
            if batch and (full or len(batch) == self.settings.batch_size):
                yield batch
                batch = []
            batch.append(window)
        if batch:
            yield batch

    def _keep(self, key: tuple, answer: dict[Words, Encoded]) -> None:
        self._kept[key] = answer
        self._kept.move_to_end(key)
        while sum(map(_size, self._kept.values())) > self.kept_bytes:
            self._kept.popitem(last=False)

    @cached_property
    def _kept(self) -> OrderedDict[tuple, dict[Words, Encoded]]:
        return OrderedDict()

    @cached_property
    def _name(self) -> str:
        return self.settings.model or str(encoder_path())

    def _from_pretrained(self, kind: Any) -> Any:
        trust = self.settings.trust_remote_code
        return load(self.settings.skill, self._name, kind.from_pretrained, trust_remote_code=trust)

    @cached_property
    def tokenizer(self) -> Any:
        if self._is_embedded:
            return _tokenizer_in_cache(self._name)
        from transformers import AutoTokenizer

        return self._from_pretrained(AutoTokenizer)

    @cached_property
    def _loaded(self) -> tuple[Engine, int]:
        """The engine of the layer that is used, and the most pieces that the model takes at once."""
        from transformers import AutoConfig

        make_torch_safe_to_fork()
        config = self._from_pretrained(AutoConfig)
        layers = int(config.num_hidden_layers)
        layer = layers if self.settings.layer is None else self.settings.layer
        wanted = f"from 0 to {layers} for {self._name!r}"
        check_setting(self.settings.skill, "layer", layer, 0 <= layer <= layers, wanted)
        # RoBERTa's positions begin at 2; two fewer do the other models no harm. A model that
        # has none takes any length, at a cost that grows with its square.
        positions = getattr(config, "max_position_embeddings", None) or 1026
        return self._make_engine(layer), int(min(self.tokenizer.model_max_length, positions - 2))

    def _make_engine(self, layer: int) -> Engine:
        kind = self._engine_kind
        if kind == "torch":
            model = self._torch_model(layer)
            return TorchEngine(model.to(best_device(self.settings.device)), layer)
        version = openvino_version()
        int8, in_16_bits = kind == "openvino-int8", kind == "openvino-bf16"
        if not self._is_embedded:
            model = self._torch_model(layer)
            with TemporaryDirectory() as folder:
                write_openvino(model, layer, Path(folder), int8)
                embeddings = model.get_input_embeddings()
                return OpenVinoEngine(Path(folder), embeddings, in_16_bits)
        built = Path(self._name)
        file = "openvino-int8" if int8 else "openvino"
        name = f"{built.name}{self._skill}-layer{layer}-{file}-{version}"
        compiled = build_once(
            built.with_name(name),
            lambda part: write_openvino(self._torch_model(layer), layer, part, int8),
        )
        with loading(self.settings.skill, compiled):
            return OpenVinoEngine(compiled, word_embeddings(built), in_16_bits)

    @property
    def _skill(self) -> str:
        """A part of a file's name: the skill's, and its version's."""
        if self.settings.model is not None:
            return ""
        return f"-{self.settings.skill}-{digest(SKILLS[self.settings.skill])}"

    @property
    def _is_embedded(self) -> bool:
        """Whether the model is one that we keep in the cache, where it can be kept compiled."""
        return self.settings.model is None or Path(self._name).parent == cache_dir()

    @property
    def _engine_kind(self) -> str:
        """The engine, chosen where it is "auto"."""
        if self.settings.engine != "auto":
            return self.settings.engine
        on_cpu = best_device(self.settings.device) == "cpu"
        if not self._is_embedded or not on_cpu or not openvino_is_usable():
            return "torch"
        return FASTEST[self.settings.skill]

    def _torch_model(self, layer: int) -> Any:
        """The model up to the layer that is used."""
        from transformers import AutoModel

        with without_warnings():  # of a pooler: only hidden layers are used
            model = self._from_pretrained(AutoModel)
        if model.config.is_encoder_decoder:
            model = model.get_encoder()
        if self.settings.model is None:
            apply_to_encoder(model, read_adapter(SKILLS[self.settings.skill]))
        _leave_out_later_layers(model, layer)
        return model.eval().requires_grad_(False)

    @property
    def _engine(self) -> Engine:
        return self._loaded[0]

    @property
    def _positions(self) -> int:
        return self._loaded[1]


@lru_cache(maxsize=1)
def _tokenizer_in_cache(folder: str) -> Any:
    """The tokenizer of the embedded encoder, which takes 300 MB: once for all skills."""
    from transformers import AutoTokenizer

    return load("tokenizer", folder, AutoTokenizer.from_pretrained)


def _size(answer: dict[Words, Encoded]) -> int:
    return sum(encoded.unit.nbytes for encoded in answer.values())


_encoders: WeakValueDictionary[EncoderSettings, Encoder] = WeakValueDictionary()


def _leave_out_later_layers(model: Any, layer: int) -> None:
    """Drop what would be computed after the layer that is used."""
    if hasattr(getattr(model, "encoder", None), "layer"):  # built like BERT
        model.encoder.layer = model.encoder.layer[: max(layer, 1)]
    elif hasattr(model, "layers"):
        # Encoders of translation models normalise what comes out of their last layer, so
        # that the layer that is used must not become the last one.
        model.layers = model.layers[: layer + 1]
