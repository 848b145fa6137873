"""The base of aligners that compare the vectors of an encoder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from ..text.word_groups import groups, joined, spread
from ..types import Link
from .encoder import Encoded, Encoder, Words

Pair = tuple[Sequence[str], Sequence[str]]
Extract = Callable[[Encoded, Encoded], list[Link]]


class EncoderAligner:
    """Encodes both sides of sentence pairs and links what an extraction method finds.

    seconds (dict): How long loading, encoding and linking took so far.
    """

    def __init__(self, encoder: Encoder, extract: Extract) -> None:
        self.encoder = encoder
        self.extract = extract
        self.seconds = {"load": 0.0, "encode": 0.0, "link": 0.0}

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted.

        RAISES: SetupError if the model cannot be loaded or has too few layers.
        """
        if not pairs:
            return []
        with self._timed("load"):
            self.encoder.load()
        tokenizer = self.encoder.tokenizer
        parts = [(groups(source, tokenizer), groups(target, tokenizer)) for source, target in pairs]
        wanted = [
            (joined(source, of_source), joined(target, of_target))
            for (source, target), (of_source, of_target) in zip(pairs, parts, strict=True)
        ]
        with self._timed("encode"):
            encoded = self.encode(wanted, source_lang, target_lang)
        # Products of so few numbers are slower on several threads, much slower on busy cores.
        with self._timed("link"), _blas_libraries().limit(limits=1, user_api="blas"):
            return [
                spread(self.align(*pair), *of_words)
                for pair, of_words in zip(encoded, parts, strict=True)
            ]

    def encode(
        self, pairs: Sequence[tuple[Words, Words]], source_lang: str, target_lang: str
    ) -> list[tuple[Encoded, Encoded]]:
        """Both sides of each pair, encoded; in one space, whatever the languages are."""
        # Each side for itself: the next source language finds the target's vectors kept.
        sources, targets = self.encoder.encode_groups(zip(*pairs, strict=True))
        return [(sources[source], targets[target]) for source, target in pairs]

    def align(self, source: Encoded, target: Encoded) -> list[Link]:
        """Links between the words of two encoded sentences."""
        if not len(source.words) or not len(target.words):
            return []
        return self.extract(source, target)

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[part] += time.perf_counter() - started


@cache
def _blas_libraries() -> ThreadpoolController:
    return ThreadpoolController()
