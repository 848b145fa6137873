"""Alignment by the cross-attention of a translation model, which is made to write the target.

While the decoder writes a target word it looks at source words (Garg et al. 2019; Chen et
al. 2020 discuss how well that aligns: less well than encoders, but it needs no second model).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np

from ..errors import BackendError
from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..settings import check_choice, check_setting
from ..types import Link
from .symmetrized import DEFAULT, Heuristic, symmetrize, turned


class AttentiveTranslator(Protocol):
    """A translator that says what it looks at."""

    def attention(
        self,
        sources: Sequence[Sequence[str]],
        targets: Sequence[Sequence[str]],
        *,
        from_lang: str,
        to_lang: str,
    ) -> list[np.ndarray]:
        """For each pair of sentences, how much the decoder looks at each source word (rows)
        while it writes each target word (columns)."""
        ...


class CrossAttention:
    """Links each word that is written to the word that is looked at most, both ways.

    The confidence of a link in one direction is the share of the attention that the word
    got; both directions together: see `symmetrize`.

    translator (Translator): A translator block that has a method `attention`, such as
        `xlner.CTranslate2.v1`.
    heuristic (str): How both directions are combined: see `xlner.Symmetrized.v1`.
    both_directions (bool): Whether the translator can also translate from the target
        language into the source language. If not, each target word gets one source word.
    RAISES: SetupError for a translator without attention or an unknown heuristic.
    """

    description: ClassVar[Description] = Description(
        "cross-attention of a translation model",
        model="a translator that gives attention: xlner.CTranslate2.v1",
    )

    def __init__(
        self,
        translator: AttentiveTranslator,
        heuristic: Heuristic = DEFAULT,
        both_directions: bool = True,
    ) -> None:
        part = "CrossAttention"
        attentive = callable(getattr(translator, "attention", None))
        kind = type(translator).__name__
        check_setting(part, "translator", kind, attentive, "a translator that gives attention")
        check_choice(part, "heuristic", heuristic, Heuristic)
        self.translator = translator
        self.heuristic = heuristic
        self.both_directions = both_directions

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted.

        RAISES: BackendError if the translator's attention has not the shape of the pairs.
        """
        forward = self._directed(pairs, source_lang, target_lang)
        if not self.both_directions:
            return [sorted(links) for links in forward]
        swapped = [(target, source) for source, target in pairs]
        backward = map(turned, self._directed(swapped, target_lang, source_lang))
        return [
            symmetrize(one, other, self.heuristic)
            for one, other in zip(forward, backward, strict=True)
        ]

    def _directed(self, pairs: Sequence[Pair], from_lang: str, to_lang: str) -> list[list[Link]]:
        answer: list[list[Link]] = [[] for _ in pairs]
        given = [n for n, (source, target) in enumerate(pairs) if source and target]
        if not given:
            return answer
        sources = [list(pairs[n][0]) for n in given]
        targets = [list(pairs[n][1]) for n in given]
        found = self.translator.attention(sources, targets, from_lang=from_lang, to_lang=to_lang)
        wanted = [(len(s), len(t)) for s, t in zip(sources, targets, strict=True)]
        shapes = [np.shape(matrix) for matrix in found]
        if shapes != wanted:
            raise BackendError(f"The translator's attention has shapes {shapes}, not {wanted}.")
        for n, matrix in zip(given, found, strict=True):
            answer[n] = _best_sources(np.asarray(matrix))
        return answer


def _best_sources(attention: np.ndarray) -> list[Link]:
    """For each target word that looks anywhere, the source word that it looks at most."""
    total = attention.sum(axis=0)
    best = attention.argmax(axis=0)
    return [
        Link(int(best[t]), int(t), float(attention[best[t], t] / total[t]))
        for t in np.flatnonzero(total > 0)
    ]
