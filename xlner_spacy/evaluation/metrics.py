"""Scores of entities against gold: exact span and label, micro-averaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..document.attributes import dropped

TokenEntity = tuple[int, int, str]  # [start, end) and label

RESAMPLES = 1000
_KEY = "xl_scored"


def score(
    docs: Sequence[Doc], found: Sequence[set[TokenEntity]], gold: Sequence[set[TokenEntity]]
) -> dict[str, Any]:
    """Precision, recall and F1: in all, per label, and of spans whatever their label.

    docs: The texts; their own entities are not looked at.
    found, gold: The entities of each text. One is right if a gold entity has its tokens and its
        label.
    RETURNS (dict): `precision`, `recall`, `f1`, `per_type`, `unlabelled`, `counts`.
    """
    examples = [_example(*row) for row in zip(docs, found, gold, strict=True)]
    labelled = _score_spans(examples, labelled=True)
    per_type: Mapping[str, Mapping[str, float]] = labelled[f"{_KEY}_per_type"] or {}
    return {
        **_figures(labelled, f"{_KEY}_"),
        "per_type": {label: _figures(per_type[label]) for label in sorted(per_type)},
        "unlabelled": _figures(_score_spans(examples, labelled=False), f"{_KEY}_"),
        "counts": {
            "gold": sum(map(len, gold)),
            "predicted": sum(map(len, found)),
            "correct": sum(len(f & g) for f, g in zip(found, gold, strict=True)),
        },
    }


def _example(doc: Doc, found: set[TokenEntity], gold: set[TokenEntity]) -> Example:
    return Example(_with_spans(doc, found), _with_spans(doc, gold))


def _with_spans(doc: Doc, entities: set[TokenEntity]) -> Doc:
    copy = Doc(
        doc.vocab,
        words=[token.text for token in doc],
        spaces=[bool(token.whitespace_) for token in doc],
    )
    copy.spans[_KEY] = [Span(copy, *entity) for entity in sorted(entities)]
    return copy


def _score_spans(examples: Sequence[Example], *, labelled: bool) -> dict[str, Any]:
    return Scorer.score_spans(
        examples,
        _KEY,
        getter=lambda doc, key: doc.spans[key],
        has_annotation=lambda doc: True,
        labeled=labelled,
        allow_overlap=True,
    )


def interval(
    found: Sequence[set[TokenEntity]], gold: Sequence[set[TokenEntity]], seed: int = 0
) -> list[float]:
    """The 95% interval of F1: percentiles over bootstrap resamples of the texts."""
    from scipy.stats import bootstrap

    correct = np.array([len(f & g) for f, g in zip(found, gold, strict=True)])
    entities = np.array([len(f) + len(g) for f, g in zip(found, gold, strict=True)])
    if len(correct) < 2:
        f1 = _f1(correct, entities)
        return [round(float(f1), 4)] * 2
    result = bootstrap(
        (correct, entities),
        _f1,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=100,
        method="percentile",
        random_state=seed,
    ).confidence_interval
    return [round(float(result.low), 4), round(float(result.high), 4)]


def _f1(correct: np.ndarray, entities: np.ndarray, axis: int = -1) -> np.ndarray:
    return 2 * correct.sum(axis=axis) / np.maximum(entities.sum(axis=axis), 1)


def micro_f1(found: Sequence[set[TokenEntity]], gold: Sequence[set[TokenEntity]]) -> float:
    """F1 alone, where nothing else of `score` is wanted; 0 where there is nothing to score."""
    correct = sum(len(f & g) for f, g in zip(found, gold, strict=True))
    entities = sum(map(len, found)) + sum(map(len, gold))
    return round(2 * correct / max(1, entities), 4)


def confidence_auc(docs: Sequence[Doc], gold: Sequence[set[TokenEntity]]) -> float | None:
    """How well confidence tells right entities from wrong ones: the probability that a right one
    has the higher confidence (the area under the ROC curve, by the Mann-Whitney U statistic).
    None if all are right, or all are wrong."""
    from scipy.stats import mannwhitneyu

    confidences: dict[bool, list[float]] = {True: [], False: []}
    for doc, wanted in zip(docs, gold, strict=True):
        for entity in doc._.xl_entities or []:
            right = (entity["start"], entity["end"], entity["label"]) in wanted
            confidences[right].append(entity["confidence"])
    pairs = len(confidences[True]) * len(confidences[False])
    if not pairs:
        return None
    u = mannwhitneyu(confidences[True], confidences[False]).statistic
    return round(float(u) / pairs, 4)


def losses(docs: Iterable[Doc]) -> dict[str, dict[str, int]]:
    """Counts of entities and parts that were not placed, translated or aligned, and of dropped
    labels."""
    found: dict[str, Counter] = {"unplaced": Counter(), "problems": Counter(), "dropped": Counter()}
    for doc in docs:
        add_losses(found, doc)
    return {kind: dict(counter) for kind, counter in found.items()}


def add_losses(found: dict[str, Counter], doc: Doc) -> None:
    """Count one Doc's losses."""
    found["unplaced"].update(entity["reason"] for entity in doc._.xl_unplaced or [])
    found["problems"].update(f"{p['stage']}: {p['reason']}" for p in doc._.xl_problems or [])
    found["dropped"].update(dropped(doc))


def token_entities(doc: Doc) -> set[TokenEntity]:
    """The Doc's entities by token."""
    return {(ent.start, ent.end, ent.label_) for ent in doc.ents}


def only(entities: Iterable[TokenEntity], labels: list[str] | None) -> set[TokenEntity]:
    """Keep entities with one of the labels; None keeps all."""
    return {e for e in entities if labels is None or e[2] in labels}


def _figures(scores: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """spaCy's figures under our names; 0 where there is nothing to score."""
    names = {"precision": "p", "recall": "r", "f1": "f"}
    return {name: round(scores[prefix + key] or 0.0, 4) for name, key in names.items()}
