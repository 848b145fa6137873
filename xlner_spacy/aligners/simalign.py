"""SimAlign (Jalili Sabet et al. 2020): word alignment from contextual embeddings.

The model, the similarities and the three matching methods are those of the simalign
package. What is added here: sentences are encoded in batches of similar length, each
distinct sentence once; texts longer than the model takes are encoded in windows; and
every link gets a confidence.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ..backend import LazyBackend, make_torch_safe_to_fork
from ..errors import check_setting
from ..hub import best_device, load
from ..offline.encoder import encoder_path
from ..types import Link

Words = tuple[str, ...]

METHODS = ("inter", "itermax", "mwmf")
# The embedded encoder aligns best at layer 7 (tuned on Europarl); 8 is SimAlign's own
# choice for mBERT and XLM-R.
EMBEDDED_LAYER = 7
DEFAULT_LAYER = 8
# Padded word pieces in a batch, at the most: bounds the memory that long texts take.
MAX_PIECES_A_BATCH = 8192


def make_simalign(
    model: str | None = None,
    method: str = "itermax",
    layer: int | None = None,
    token_type: str = "bpe",
    temperature: float = 0.05,
    device: str = "auto",
    batch_size: int = 64,
) -> SimAlign:
    """Registered as `xlner.SimAlign.v1`.

    model (str): Hub name or folder of an encoder with a fast tokenizer. None: the
        embedded multilingual-e5-small (extra `offline`).
    method (str): "inter" (mutual best, most precise), "itermax" (more links, the default)
        or "mwmf" (maximum weight matching, slow on long sentences).
    layer (int): Hidden layer to compare. None: 7 for the embedded model, else 8.
    token_type (str): "bpe" links word pieces and joins the links; "word" averages the
        pieces of a word first.
    temperature (float): Of the softmax that makes confidences of cosine similarities.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): Sentences encoded at once, at the most.
    """
    return SimAlign(model, method, layer, token_type, temperature, device, batch_size)


class Encoded(NamedTuple):
    """A sentence's unit vectors and the word that each belongs to."""

    vectors: np.ndarray  # float32, (pieces, hidden)
    words: np.ndarray  # int, (pieces,)


class _Window(NamedTuple):
    """A run of words of a sentence that the model takes in one go."""

    sentence: int
    first: int  # index of its first word in the sentence
    tokens: list[str]
    pieces: np.ndarray  # for each word piece, the index of its word in `tokens`


class SimAlign(LazyBackend):
    """Aligns words with the simalign package.

    The confidence of a link between pieces i and j is the geometric mean of the
    probability of j among all target pieces given i and that of i given j, both the
    softmax of cosine similarity / temperature (the probabilities that AWESOME-align,
    Dou & Neubig 2021, thresholds). A word link has that of its most confident pieces.
    """

    def __init__(
        self,
        model: str | None = None,
        method: str = "itermax",
        layer: int | None = None,
        token_type: str = "bpe",
        temperature: float = 0.05,
        device: str = "auto",
        batch_size: int = 64,
    ) -> None:
        check_setting(
            "SimAlign", "method", method, method in METHODS, f"one of {', '.join(METHODS)}"
        )
        check_setting(
            "SimAlign", "token_type", token_type, token_type in ("bpe", "word"), "bpe or word"
        )
        check_setting(
            "SimAlign", "temperature", temperature, temperature > 0, "a number greater than 0"
        )
        check_setting(
            "SimAlign", "batch_size", batch_size, batch_size > 0, "a number greater than 0"
        )
        self.model = model
        self.method = method
        self.layer = layer if layer is not None else DEFAULT_LAYER if model else EMBEDDED_LAYER
        self.token_type = token_type
        self.temperature = temperature
        self.device = device
        self.batch_size = batch_size
        self.seconds = {"load": 0.0, "encode": 0.0, "link": 0.0}

    def __call__(self, pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted.

        RAISES: SetupError if the model cannot be loaded or has too few layers.
        """
        wanted = [(tuple(source), tuple(target)) for source, target in pairs]
        if not wanted:
            return []
        with self._timed("load"):
            self._loader  # noqa: B018
        with self._timed("encode"):
            encoded = self.encode(dict.fromkeys(words for pair in wanted for words in pair))
        with self._timed("link"):
            return [self.align(encoded[source], encoded[target]) for source, target in wanted]

    def encode(self, sentences: Iterable[Words]) -> dict[Words, Encoded]:
        """Encode distinct sentences in batches of similar length."""
        sentences = list(sentences)
        windows = self._windows(sentences)
        windows.sort(key=lambda window: len(window.pieces))
        parts: dict[int, list[tuple[int, Encoded]]] = {}
        for batch in self._batches(windows):
            hidden = self._loader.get_embed_list([window.tokens for window in batch])
            for row, window in zip(hidden.float().cpu().numpy(), batch, strict=True):
                vectors = row[: len(window.pieces)]
                part = Encoded(vectors, window.pieces[: len(vectors)] + window.first)
                parts.setdefault(window.sentence, []).append((window.first, part))
        return {words: self._join(parts.get(n, [])) for n, words in enumerate(sentences)}

    def align(self, source: Encoded, target: Encoded) -> list[Link]:
        """Links between the words of two encoded sentences."""
        if not len(source.words) or not len(target.words):
            return []
        linked = self._match(self._aligner.get_similarity(source.vectors, target.vectors))
        confidence = _confidence(source.vectors @ target.vectors.T, self.temperature)
        links: dict[tuple[int, int], float] = {}
        for i, j in zip(*np.nonzero(linked), strict=True):
            pair = (int(source.words[i]), int(target.words[j]))
            links[pair] = max(links.get(pair, 0.0), float(confidence[i, j]))
        return [Link(s, t, c) for (s, t), c in sorted(links.items())]

    def _match(self, similarity: np.ndarray) -> np.ndarray:
        if self.method == "mwmf":
            return np.asarray(self._aligner.get_max_weight_match(similarity)) > 0
        if self.method == "itermax":
            return np.asarray(self._aligner.iter_max(similarity)) > 0
        forward, backward = self._aligner.get_alignment_matrix(similarity)
        return np.asarray(forward * backward) > 0

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[part] += time.perf_counter() - started

    def _join(self, parts: list[tuple[int, Encoded]]) -> Encoded:
        """Put the windows of a sentence together again, as unit vectors."""
        if not parts:
            return Encoded(np.zeros((0, 1), dtype=np.float32), np.zeros(0, dtype=int))
        ordered = [part for _, part in sorted(parts, key=lambda part: part[0])]
        vectors = np.concatenate([part.vectors for part in ordered])
        words = np.concatenate([part.words for part in ordered])
        if self.token_type == "word":
            words, index = np.unique(words, return_inverse=True)
            sums = np.zeros((len(words), vectors.shape[1]), dtype=vectors.dtype)
            np.add.at(sums, index, vectors)
            vectors = sums  # cosine does not care whether it is the sum or the mean
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return Encoded(vectors / np.maximum(norms, 1e-12), words)

    def _windows(self, sentences: list[Words]) -> list[_Window]:
        """Cut what is longer than the model takes, between words."""
        windows = []
        given = [(n, words) for n, words in enumerate(sentences) if words]
        if not given:
            return []
        pieces = self._loader.tokenizer(
            [list(words) for _, words in given],
            is_split_into_words=True,
            add_special_tokens=False,
            truncation=False,
            verbose=False,
        )
        for row, (n, words) in enumerate(given):
            of_word = np.array([w for w in pieces.word_ids(row) if w is not None], dtype=int)
            first = 0
            while len(of_word):
                end = len(words)
                if len(of_word) > self._max_pieces:
                    # One word of more pieces than that is cut off by the tokenizer.
                    end = max(int(of_word[self._max_pieces]), int(of_word[0]) + 1)
                inside = of_word < end
                windows.append(_Window(n, first, list(words[first:end]), of_word[inside] - first))
                of_word = of_word[~inside]
                first = end
        return windows

    def _batches(self, windows: list[_Window]) -> Iterator[list[_Window]]:
        """Batches of bounded size: `windows` are sorted, so the last one is the longest."""
        batch: list[_Window] = []
        for window in windows:
            full = (len(batch) + 1) * (len(window.pieces) + 2) > MAX_PIECES_A_BATCH
            if batch and (full or len(batch) == self.batch_size):
                yield batch
                batch = []
            batch.append(window)
        if batch:
            yield batch

    @cached_property
    def _aligner(self) -> Any:
        from simalign import SentenceAligner

        return SentenceAligner

    @cached_property
    def _loader(self) -> Any:
        """simalign's model loader, which also encodes."""
        import torch
        from simalign import simalign

        # It writes a line to stderr for every model, through a handler of its own.
        simalign.LOG.setLevel(logging.WARNING)
        make_torch_safe_to_fork()
        model = self.model or str(encoder_path())
        device = torch.device(best_device(self.device))
        loader = load("aligner", model, simalign.EmbeddingLoader, device=device, layer=self.layer)
        layers = loader.emb_model.config.num_hidden_layers
        check_setting(
            "SimAlign",
            "layer",
            self.layer,
            0 <= self.layer <= layers,
            f"from 0 to {layers} for {model!r}",
        )
        _leave_out_later_layers(loader.emb_model, self.layer)
        if not loader.tokenizer.is_fast:
            # simalign takes the slow tokenizer for the models that it has nicknames for.
            from transformers import AutoTokenizer

            loader.tokenizer = load("aligner", model, AutoTokenizer.from_pretrained)
        return loader

    @cached_property
    def _max_pieces(self) -> int:
        """What the model takes in one go, without the two special tokens round it."""
        # RoBERTa's positions begin at 2; two fewer do the other models no harm.
        positions = self._loader.emb_model.config.max_position_embeddings - 2
        return int(min(self._loader.tokenizer.model_max_length, positions)) - 2


def _leave_out_later_layers(model: Any, layer: int) -> None:
    """Drop what would be computed after the layer that is compared. Only where the model
    is built like BERT: there a layer's output does not depend on whether more follow."""
    layers = getattr(getattr(model, "encoder", None), "layer", None)
    if layers is not None:
        model.encoder.layer = layers[: max(layer, 1)]


def _confidence(cosine: np.ndarray, temperature: float) -> np.ndarray:
    """Geometric mean of the forward and the backward softmax; shape as `cosine`."""
    scaled = cosine / temperature
    forward = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    forward /= forward.sum(axis=1, keepdims=True)
    backward = np.exp(scaled - scaled.max(axis=0, keepdims=True))
    backward /= backward.sum(axis=0, keepdims=True)
    return np.asarray(np.sqrt(forward * backward))
