"""Texts as an encoder reads them: windows of word pieces, and where each token is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .unknown_words import UnknownWords


class Text(NamedTuple):
    """A text and its tokens."""

    text: str
    tokens: Sequence[tuple[int, int]]  # characters [start, end) of each


class Read(NamedTuple):
    """What an encoder is to read, and where the tokens are.

    windows: Ids of pieces, special ones included.
    places: For each text an array (tokens, 2): the number of the window and of the piece in it
        that stands for the token; -1 for a token that has none, as a run of spaces.
    """

    windows: list[np.ndarray]
    places: list[np.ndarray]


class Reader:
    """Cuts texts into pieces and windows.

    tokenizer (tokenizers.Tokenizer): Cuts raw text.
    specials: The pieces before and after each window.
    window (int): Pieces of a window, at the most.
    overlap (int): Pieces that two windows of a text share.
    unknown (UnknownWords): Counts words that the tokenizer does not know.
    """

    def __init__(
        self,
        tokenizer: Any,
        specials: tuple[list[int], list[int]],
        window: int,
        overlap: int,
        unknown: UnknownWords,
    ) -> None:
        self.tokenizer = tokenizer
        self.before, self.after = (np.array(ids, dtype=np.int64) for ids in specials)
        self.window = window
        self.overlap = overlap
        self.unknown = unknown

    def read(self, texts: Sequence[Text]) -> Read:
        """A token stands for its first piece; one that begins inside a piece for that one. Of two windows
        that have it, the one counts in which it is farther from the edges."""
        found = Read([], [])
        encodings = self.tokenizer.encode_batch(
            [own.text for own in texts], add_special_tokens=False
        )
        for own, encoding in zip(texts, encodings, strict=True):
            ids = np.array(encoding.ids, dtype=np.int64)
            offsets = encoding.offsets
            self.unknown.count(own.text, own.tokens, ids, offsets)
            at = _first_pieces(own.tokens, offsets)
            found.places.append(np.full((len(at), 2), -1, dtype=np.int64))
            for start, end, first, last in self._cuts(len(ids)):
                mine = (at >= first) & (at < last)
                if not mine.any():
                    continue
                found.places[-1][mine, 0] = len(found.windows)
                found.places[-1][mine, 1] = at[mine] - start + len(self.before)
                found.windows.append(np.concatenate([self.before, ids[start:end], self.after]))
        return found

    def _cuts(self, n_pieces: int) -> Iterator[tuple[int, int, int, int]]:
        """The windows [start, end) of a text, and the pieces [first, last) that are read in each."""
        start, first = 0, 0
        while True:
            end = min(n_pieces, start + self.window)
            last = n_pieces if end == n_pieces else end - self.overlap // 2
            yield start, end, first, last
            if end == n_pieces:
                return
            first = last
            start = end - self.overlap


def _first_pieces(
    tokens: Sequence[tuple[int, int]], offsets: Sequence[tuple[int, int]]
) -> np.ndarray:
    """The piece of each token, -1 for a token of which no piece has a character."""
    real = [n for n, (start, end) in enumerate(offsets) if end > start]
    found = np.full(len(tokens), -1, dtype=np.int64)
    if not real or not tokens:
        return found
    starts = np.array([offsets[n][0] for n in real])
    ends = np.array([offsets[n][1] for n in real])
    first = np.array([start for start, _ in tokens])
    last = np.array([end for _, end in tokens])
    # The first piece that begins in the token, or the one that covers its first character.
    after = np.searchsorted(starts, first, side="left")
    before = np.maximum(after - 1, 0)
    at = np.minimum(after, len(real) - 1)
    begins = (after < len(real)) & (starts[at] < last)
    covers = (starts[before] <= first) & (ends[before] > first)
    numbers = np.array(real, dtype=np.int64)
    found[covers] = numbers[before[covers]]
    found[begins] = numbers[at[begins]]
    return found


def batches(windows: Sequence[np.ndarray], pieces: int) -> list[list[int]]:
    """Numbers of windows of similar length, the longest batch first, each of at most so many padded
    pieces."""
    order = sorted(range(len(windows)), key=lambda n: -len(windows[n]))
    found: list[list[int]] = []
    longest = 0
    for n in order:
        if found and (len(found[-1]) + 1) * longest <= pieces:
            found[-1].append(n)
        else:
            found.append([n])
            longest = len(windows[n])
    return found


def padded(windows: Sequence[np.ndarray], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and mask of a batch, (windows, pieces)."""
    shape = (len(windows), max(map(len, windows)))
    ids = np.full(shape, pad, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    for row, own in enumerate(windows):
        ids[row, : len(own)] = own
        mask[row, : len(own)] = 1
    return ids, mask
