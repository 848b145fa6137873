"""The default score: F1 of links, with what is known of names."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import ClassVar

from ..models.description import Description
from ..settings import check_setting
from ..text.words import stop_words
from ..types import Bitext, Link, Span
from .link_f1 import LinkF1

_LINKS = LinkF1()


class NameF1:
    """`LinkF1`, but names do not begin or end with function words.

    Annotators leave the article outside ("the Netherlands" is "a Holanda", of which "Holanda"
    is annotated), aligners do not. So function words at the beginning of the entity are taken
    for no part of it, links of function words count less, and a span that begins or ends with
    one is worse than the same span without. What a function word is, spaCy's stop words say,
    as they stand in its lists: in lower case, so that "Will" is none; in the target text also with
    a capital where a word has weak links only ("O Brasil venceu"). Where spaCy has no list for a
    language only punctuation counts.

    edge_penalty (float): Taken off the score for a first and for a last word that is a
        function word or punctuation; 0 to 0.5.
    function_words (float): What a link of a function word or punctuation mark counts, where
        others count 1.
    """

    description: ClassVar[Description] = Description("F1 of links, without function words")

    def __init__(self, edge_penalty: float = 0.1, function_words: float = 0.7) -> None:
        name = "NameF1"
        in_range = 0 <= edge_penalty <= 0.5
        check_setting(name, "edge_penalty", edge_penalty, in_range, "from 0 to 0.5")
        in_range = 0 <= function_words <= 1
        check_setting(name, "function_words", function_words, in_range, "from 0 to 1")
        self.edge_penalty = edge_penalty
        self.function_words = function_words

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        return [self._scores(*pair) for pair in zip(bitexts, candidates, strict=True)]

    def _scores(self, bitext: Bitext, candidates: Sequence[Sequence[Span]]) -> list[list[float]]:
        source = _function_words(bitext.source_words, bitext.source_lang)
        linked = {link.target for link in bitext.links if not link.weak}
        target = _function_words(bitext.target_words, bitext.target_lang, linked)
        names = replace(
            bitext,
            entities=[_without_first(span, source) for span in bitext.entities],
            links=[self._weighted(link, source, target) for link in bitext.links],
        )
        (scores,) = _LINKS([names], [candidates])
        return [
            [
                max(0.0, score - self.edge_penalty * (target[start] + target[end - 1]))
                for score, (start, end) in zip(row, spans, strict=True)
            ]
            for row, spans in zip(scores, candidates, strict=True)
        ]

    def _weighted(self, link: Link, source: list[bool], target: list[bool]) -> Link:
        if source[link.source] or target[link.target]:
            return link._replace(confidence=link.confidence * self.function_words)
        return link


def _function_words(
    words: Sequence[str], lang: str, linked: Collection[int] | None = None
) -> list[bool]:
    """Which words are; those that are not in `linked`, however they are written."""
    known = stop_words(lang)
    return [
        word in known
        or (linked is not None and n not in linked and word.lower() in known)
        or _is_punctuation(word)
        for n, word in enumerate(words)
    ]


def _is_punctuation(word: str) -> bool:
    return all(unicodedata.category(c)[0] in "PS" for c in word)


def _without_first(span: Span, function_words: list[bool]) -> Span:
    """The span without the function words that it begins with; whole if it has no others."""
    start, end = span
    while start < end and function_words[start]:
        start += 1
    return (start, end) if start < end else span
