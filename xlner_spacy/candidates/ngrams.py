"""N-grams of the target text as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..models.description import Description
from ..settings import check_choice, check_setting
from ..text.words import Within, counted, edges, is_break, stop_words
from ..types import Bitext, Span


class Ngrams:
    """For each entity, the n-grams whose first and last words are linked to it.

    The paper (arXiv 2501.18750) takes all n-grams as candidates. Cutting an unlinked word
    off the edge of a span never lowers a score made of links and lengths, and frees a
    word for other entities: the optimum is among these, a few instead of hundreds.

    max_length (int): The most words that a candidate may have.
    min_length (int): Words in a candidate, at the least.
    linked_edges (bool): Only n-grams whose first and last words are linked to the entity.
        False: all n-grams of the entity's sentence, as in the paper and in T-Projection; for
        scores that do not rest on links. Where a text came with its translation as one whole
        it is one sentence; of one with more than 1,000 words, those around the entity's place.
    max_stop_words (int): The most stop words that a candidate may have. None: any number. The lists
        are spaCy's, by target language; where spaCy has none no word is a stop word.
    stop_word_edges (bool): Whether a candidate may begin or end with a stop word.
    within (str): What a candidate lies within. "text": anywhere; "sentence": no punctuation
        that ends a sentence is in it; "clause": nor a comma, colon, bracket or dash. Only a
        token that is nothing but such a mark counts, so "U.S." does not, but "St ." does.
    """

    description: ClassVar[Description] = Description("n-grams with linked edges")

    def __init__(
        self,
        max_length: int = 10,
        min_length: int = 1,
        linked_edges: bool = True,
        max_stop_words: int | None = None,
        stop_word_edges: bool = True,
        within: Within = "text",
    ) -> None:
        name = "Ngrams"
        check_setting(name, "max_length", max_length, max_length > 0, "greater than 0")
        in_range = 0 < min_length <= max_length
        check_setting(name, "min_length", min_length, in_range, f"from 1 to {max_length}")
        allowed = max_stop_words is None or max_stop_words >= 0
        check_setting(name, "max_stop_words", max_stop_words, allowed, "0 or more, or null")
        check_choice(name, "within", within, Within)
        self.max_length = max_length
        self.min_length = min_length
        self.linked_edges = linked_edges
        self.max_stop_words = max_stop_words
        self.stop_word_edges = stop_word_edges
        self.within = within

    def __call__(self, bitexts: Sequence[Bitext]) -> list[list[list[Span]]]:
        return [self._candidates(bitext) for bitext in bitexts]

    def _candidates(self, bitext: Bitext) -> list[list[Span]]:
        if self.linked_edges:
            return [self._allowed(bitext, self._spans(edges(m))) for m in bitext.entity_mass]
        known: dict[Span, list[Span]] = {}
        whole = (0, len(bitext.target_words))
        found = []
        for entity in range(len(bitext.entities)):
            reach = bitext.reach[entity] if bitext.reach else whole
            if reach not in known:
                visible = [n for n in range(*reach) if bitext.target_words[n].strip()]
                known[reach] = self._allowed(bitext, self._spans(visible))
            found.append(known[reach])
        return found

    def _allowed(self, bitext: Bitext, spans: list[Span]) -> list[Span]:
        """Those that have no more stop words and marks in them than the settings allow."""
        if self.within == "text" and self.stop_word_edges and self.max_stop_words is None:
            return spans
        words = bitext.target_words
        known = stop_words(bitext.target_lang)
        stops = [word.lower() in known for word in words]
        n_stops, n_breaks = counted(stops), counted(is_break(w, self.within) for w in words)
        most = len(words) if self.max_stop_words is None else self.max_stop_words
        return [
            (start, end)
            for start, end in spans
            if n_breaks[start] == n_breaks[end]
            and n_stops[end] - n_stops[start] <= most
            and (self.stop_word_edges or not (stops[start] or stops[end - 1]))
        ]

    def _spans(self, edges: list[int]) -> list[Span]:
        """Those of the wanted length that begin and end with one of the words."""
        spans = []
        for n, first in enumerate(edges):
            for last in edges[n:]:
                if last - first >= self.max_length:
                    break
                if last - first >= self.min_length - 1:
                    spans.append((first, last + 1))
        return spans
