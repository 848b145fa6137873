"""What is compared, and on which sentences."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import spacy
from simalign import SentenceAligner

from xlner_spacy.aligners.simalign import EMBEDDED_LAYER
from xlner_spacy.corpus.conll import GoldSentence, read_conll
from xlner_spacy.document.span_groups import candidates
from xlner_spacy.evaluation.corpora import read_pairs
from xlner_spacy.evaluation.projection import given
from xlner_spacy.models.adapters import merged_path
from xlner_spacy.types import Proposal

DATA = Path(os.environ.get("XLNER_DATA", "assets"))
ENGINES = ["torch"]
if importlib.util.find_spec("openvino"):
    ENGINES += ["openvino", "openvino-int8"]
METHODS = {"inter": "a", "itermax": "i", "mwmf": "m"}  # and simalign's letters for them
EN_DE = {"source_lang": "en", "target_lang": "de"}
Gold = list[tuple[GoldSentence, GoldSentence]]


def europarl(count: int) -> Gold:
    """So many pairs of Europarl en-de, from all over the file; it has 799."""
    folder = DATA / "europarl_ner"
    pairs, _ = read_pairs(folder / "en-europarl.test.conll02", folder / "de-europarl.test.conll02")
    return [pairs[len(pairs) * n // count] for n in range(min(count, len(pairs)))]


def portuguese(count: int) -> list[str]:
    """So many texts of UNER-PUD."""
    gold = read_conll(DATA / "uner_pud" / "pt_pud-ud-test.iob2")[:count]
    return [sentence.text or " ".join(sentence.words) for sentence in gold]


def word_pairs(gold: Gold) -> list[tuple[list[str], list[str]]]:
    """The words of both sides of each pair."""
    return [(list(source.words), list(target.words)) for source, target in gold]


def simalign(method: str) -> SentenceAligner:
    """The simalign package on the model and the layer that we use."""
    return SentenceAligner(
        str(merged_path("aligner")), "bpe", matching_methods=METHODS[method], layer=EMBEDDED_LAYER
    )


def afresh(aligner: Any) -> Any:
    """Without the memory of sentences that it has encoded."""
    aligner.encoder.kept_bytes = 0
    return aligner


def proposals(gold: Gold) -> list[list[Proposal]]:
    """What the default has for its matcher to choose from, for each pair."""
    nlp = spacy.blank("de")
    component: Any = nlp.add_pipe("xl_projector", config={"source_langs": ["en"]})
    docs = [given(nlp, target, {"en": source}, "de") for source, target in gold]
    for _ in component.pipe(docs, batch_size=256):
        pass
    return [
        [Proposal(c["entity"], c["start"], c["end"], c["score"]) for c in candidates(doc)]
        for doc in docs
    ]


def paper_greedy(
    entities: Iterable[tuple[int, int]], links: Iterable[tuple[int, int]], length: int
) -> list[tuple[int, int, int]]:
    """arXiv 2501.18750, written down plainly: all n-grams up to 10 words, greedily."""
    links = list(links)
    scored = []
    for entity, (first, last) in enumerate(entities):
        for start in range(length):
            for end in range(start + 1, min(start + 10, length) + 1):
                count = sum(first <= s < last and start <= t < end for s, t in links)
                scored.append((count / (last - first + end - start), entity, start, end))
    placed: list[tuple[int, int, int]] = []
    for score, entity, start, end in sorted(scored, key=lambda item: -item[0]):
        free = all(entity != e and (end <= s or start >= t) for e, s, t in placed)
        if score > 0 and free:
            placed.append((entity, start, end))
    return placed
