"""Scores of projected entities against gold: exact span and label, micro-averaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from spacy.scorer import PRFScore
from spacy.tokens import Doc

TokenEntity = tuple[int, int, str]  # [start, end) and label


def score(
    predicted: Iterable[set[TokenEntity]], gold: Iterable[set[TokenEntity]]
) -> dict[str, Any]:
    """Precision, recall and F1, in all, per label, and of spans whatever their label.

    An entity counts once; it is right if a gold entity has its tokens and its label.
    """
    overall, unlabelled = PRFScore(), PRFScore()
    per_type: dict[str, PRFScore] = {}
    counts: Counter = Counter(gold=0, predicted=0, correct=0)
    for found, wanted in zip(predicted, gold, strict=True):
        overall.score_set(found, wanted)
        unlabelled.score_set({e[:2] for e in found}, {e[:2] for e in wanted})
        for label in {e[2] for e in found | wanted}:
            part = per_type.setdefault(label, PRFScore())
            part.score_set(
                {e for e in found if e[2] == label}, {e for e in wanted if e[2] == label}
            )
        counts.update(gold=len(wanted), predicted=len(found), correct=len(found & wanted))
    return {
        **_figures(overall),
        "per_type": {label: _figures(per_type[label]) for label in sorted(per_type)},
        "unlabelled": _figures(unlabelled),
        "counts": dict(counts),
    }


def confidence_auc(docs: Sequence[Doc], gold: Sequence[set[TokenEntity]]) -> float | None:
    """How well confidence tells right entities from wrong ones: the probability that a
    right one has the higher confidence (area under the ROC curve). None if all are alike."""
    from sklearn.metrics import roc_auc_score

    right, confidence = [], []
    for doc, wanted in zip(docs, gold, strict=True):
        for entity in doc._.xl_entities:
            right.append((entity["start"], entity["end"], entity["label"]) in wanted)
            confidence.append(entity["confidence"])
    return round(float(roc_auc_score(right, confidence)), 4) if len(set(right)) == 2 else None


def losses(docs: Iterable[Doc]) -> dict[str, dict[str, int]]:
    """What was not placed, translated or aligned, and which labels were dropped: counts."""
    found: dict[str, Counter] = {"unplaced": Counter(), "problems": Counter(), "dropped": Counter()}
    for doc in docs:
        add_losses(found, doc)
    return {kind: dict(counter) for kind, counter in found.items()}


def add_losses(found: dict[str, Counter], doc: Doc) -> None:
    """Count one Doc's losses."""
    found["unplaced"].update(entity["reason"] for entity in doc._.xl_unplaced or [])
    found["problems"].update(f"{p['stage']}: {p['reason']}" for p in doc._.xl_problems or [])
    found["dropped"].update(doc._.xl_dropped or {})


def token_entities(doc: Doc) -> set[TokenEntity]:
    """The Doc's entities by token."""
    return {(ent.start, ent.end, ent.label_) for ent in doc.ents}


def _figures(result: PRFScore) -> dict[str, float]:
    return {
        "precision": round(result.precision, 4),
        "recall": round(result.recall, 4),
        "f1": round(result.fscore, 4),
    }


def only(entities: Iterable[TokenEntity], labels: list[str] | None) -> set[TokenEntity]:
    """Those with one of the labels; all of them if labels is None."""
    return {e for e in entities if labels is None or e[2] in labels}
