"""How well an entity and a span translate each other, by a translation model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp
from typing import ClassVar

from ..errors import BackendError, SetupError
from ..models.description import Description
from ..types import Bitext, ScoringTranslator, Span, Translator

_Pair = tuple[str, str]


class TranslationProbability:
    """The candidate score of T-Projection (arXiv 2212.10548), which is the direct
    translation probability of NMTScore (arXiv 2204.13692): symmetric and normalised.

        p(a | b)   = exp(mean log-probability of a's pieces as the translation of b)
        sim(a | b) = p(a | b) / p(a | a)
        score      = (sim(entity | span) + sim(span | entity)) / 2, at most 1

    It needs no links: use it with all n-grams (`linked_edges = false`), as the paper does, or
    to choose among few. Each distinct pair of a batch is scored once.

    translator (ScoringTranslator): From the source language into the target language, such as
        `xlner.HuggingFace.v1` or `xlner.CTranslate2.v1`: a block of @xl_translators.
    reverse (ScoringTranslator): The other direction. None: the same, which then must be able
        to do both (NLLB, M2M100).
    normalise (bool): Divide by the probability of translating a text into itself, for which
        the model must know both languages; not for models of one direction (OPUS-MT).
    """

    description: ClassVar[Description] = Description(
        "probability as a translation",
        model="a translator that scores: HuggingFace, CTranslate2",
    )

    def __init__(
        self,
        translator: Translator,
        reverse: Translator | None = None,
        normalise: bool = True,
    ) -> None:
        self.translator = _scoring(translator)
        self.reverse = _scoring(reverse or translator)
        self.normalise = normalise

    def __call__(
        self, bitexts: Sequence[Bitext], candidates: Sequence[Sequence[Sequence[Span]]]
    ) -> list[list[list[float]]]:
        """RAISES: BackendError if the translator does not give one score per pair."""
        texts = [
            [
                [(bitext.entity_text(k), bitext.target_text(*span)) for span in spans]
                for k, spans in enumerate(own)
            ]
            for bitext, own in zip(bitexts, candidates, strict=True)
        ]
        languages = [(b.source_lang, b.target_lang) for b in bitexts]
        known = {
            both: self._similarities(
                [p for n, own in enumerate(texts) if languages[n] == both for p in _flat(own)],
                *both,
            )
            for both in dict.fromkeys(languages)
        }
        return [
            [[known[languages[n]][pair] for pair in row] for row in own]
            for n, own in enumerate(texts)
        ]

    def _similarities(self, pairs: list[_Pair], source: str, target: str) -> dict[_Pair, float]:
        """The score of each distinct (entity, span) of texts in two languages."""
        wanted = [pair for pair in dict.fromkeys(pairs) if all(text.strip() for text in pair)]
        turned = [(span, entity) for entity, span in wanted]
        there = _similarity(self.translator, wanted, source, target, self.normalise)
        back = _similarity(self.reverse, turned, target, source, self.normalise)
        scores = {
            pair: min(1.0, (a + b) / 2) for pair, a, b in zip(wanted, there, back, strict=True)
        }
        return {pair: scores.get(pair, 0.0) for pair in pairs}


def _scoring(translator: Translator) -> ScoringTranslator:
    if not isinstance(translator, ScoringTranslator):
        raise SetupError(
            f"TranslationProbability: {type(translator).__name__} cannot score translations.",
            hint='Give one that can: {"@xl_translators": "xlner.HuggingFace.v1", "model": ...}, '
            '"xlner.CTranslate2.v1", or one of your own with a method score().',
        )
    return translator


def _flat(rows: Iterable[Iterable[_Pair]]) -> Iterable[_Pair]:
    return (pair for row in rows for pair in row)


def _similarity(
    translator: ScoringTranslator,
    pairs: Sequence[_Pair],
    from_lang: str,
    to_lang: str,
    normalise: bool,
) -> list[float]:
    """sim(second | first) of each pair."""
    probabilities = _probabilities(translator, pairs, from_lang, to_lang)
    if not normalise:
        return probabilities
    same = list(dict.fromkeys((second, second) for _, second in pairs))
    of_itself = dict(zip(same, _probabilities(translator, same, to_lang, to_lang), strict=True))
    return [
        p / of_itself[second, second] if of_itself[second, second] > 0 else 0.0
        for p, (_, second) in zip(probabilities, pairs, strict=True)
    ]


def _probabilities(
    translator: ScoringTranslator, pairs: Sequence[_Pair], from_lang: str, to_lang: str
) -> list[float]:
    """The geometric mean of the probabilities of the second text's pieces, given the first."""
    if not pairs:
        return []
    sources, targets = zip(*pairs, strict=True)
    scores = translator.score(sources, targets, from_lang=from_lang, to_lang=to_lang)
    if len(scores) != len(pairs):
        raise BackendError(f"The translator gave {len(scores)} scores for {len(pairs)} pairs.")
    return [exp(score) for score in scores]
