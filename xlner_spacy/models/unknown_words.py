"""Words with letters that a vocabulary has no pieces for: counted while texts are read, and told once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..text.languages import language_name

logger = logging.getLogger(__name__)

# Of the words read at the start, this share must be unknown. Texts in another script than those that a
# vocabulary was trimmed for have .45 to .95, any in the same script less than .05.
_SHARE = 1 / 3
_BLOCK = 400  # words that are judged together, so that what comes late counts, too
_FIRST = 20  # of the first block so many are enough


class Trimming(NamedTuple):
    """What a vocabulary was trimmed for.

    lang (str): The code of the texts' language, "xx" if it has none.
    scripts (list): Those that the texts are written in, by ISO 15924 code. All their pieces stay if there is room.
    """

    lang: str
    scripts: list[str]

    def __str__(self) -> str:
        words = "text" if self.lang == "xx" else f"{language_name(self.lang)} text"
        return f"{words} (script {', '.join(self.scripts)})" if self.scripts else words


class UnknownWords:
    """Warns once, when a third of the words that were read last have unknown letters.

    Emoji and other signs do not count. Another language in the same script has no unknown letters: its
    words are read, in shorter pieces if theirs are not there.

    piece (int): That which stands for what has none. None: the vocabulary has no such piece.
    trimmings (list): What the vocabulary was trimmed for, one after the other.
    """

    def __init__(self, piece: int | None, trimmings: Sequence[Trimming] = ()) -> None:
        self.piece = piece
        self.trimmings = trimmings
        self._told = piece is None
        self._enough = _FIRST
        self._texts = self._words = self._unknown = 0

    def count(
        self,
        text: str,
        tokens: Sequence[tuple[int, int]],
        ids: np.ndarray,
        offsets: Sequence[tuple[int, int]],
    ) -> None:
        """Count the words of a text.

        tokens, offsets: Characters [start, end) of its tokens and of its pieces.
        ids: Its pieces.
        """
        if self._told:
            return
        self._texts += 1
        self._words += len(tokens)
        unknown = np.flatnonzero(ids == self.piece).tolist()
        if unknown:
            self._unknown += _with_letters_in(text, tokens, [offsets[n] for n in unknown])
        if self._words >= self._enough:
            self._judge()

    def _judge(self) -> None:
        if self._unknown >= _SHARE * self._words:
            self._told = True
            logger.warning(
                "%d of %d words in %d texts have letters that this pipeline does not know: %s",
                *(self._unknown, self._words, self._texts),
                self._why(),
            )
        if self._words >= _BLOCK:
            self._enough = _BLOCK
            self._texts = self._words = self._unknown = 0

    def _why(self) -> str:
        if not self.trimmings:
            return (
                "its encoder has no pieces for them, so it finds little there. Train on an encoder that "
                "has (`name` of xlner.Encoder.v1)."
            )
        return (
            f"it was trimmed to the pieces of {', then of '.join(map(str, self.trimmings))}, so it finds "
            "little there. Use a pipeline for the language of these texts, or train one from an encoder "
            "that is not trimmed, with texts like these among those of xlner.TrimVocabulary.v1 (paths.raw)."
        )


def _with_letters_in(
    text: str, tokens: Sequence[tuple[int, int]], ranges: Sequence[tuple[int, int]]
) -> int:
    """How many tokens have a letter in one of these ranges, which are in order."""
    ends = np.array([end for _, end in tokens])
    found: set[int] = set()
    for start, end in ranges:
        n = int(np.searchsorted(ends, start, side="right"))
        while n < len(tokens) and tokens[n][0] < end:
            own = text[max(start, tokens[n][0]) : min(end, tokens[n][1])]
            if any(map(str.isalpha, own)):
                found.add(n)
            n += 1
    return len(found)
