"""What each token of a training text should be, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from spacy.training import Example

from ..document.teacher import TEACHER, teacher_of
from ..errors import InputError
from ..silver.selection import SILVER
from ..solving.bioes import Bioes


class Targets(NamedTuple):
    """What the tokens of a text should be.

    tags: The distribution that is wanted of each, (tokens, tags); where nothing is known, 0.
    known: Whether something is known of each, (tokens,).
    allowed: What each may be, 1 or 0, (tokens, tags): all of it where nothing is known.
    weights: How much each counts, (tokens,).
    """

    tags: np.ndarray
    known: np.ndarray
    allowed: np.ndarray
    weights: np.ndarray


def targets_of(example: Example, scheme: Bioes, power: float) -> Targets:
    """The targets of a text.

    A teacher's distributions (`spans["xl_teacher"]`) go before labels, where they are.

    power (float): A silver entity's words weigh its confidence to this power; 0: as all others.
    RAISES: InputError if a label or a teacher's tag is not one of the scheme's.
    """
    n_tokens = len(example.predicted)
    tags = np.zeros((n_tokens, len(scheme)))
    for n, tag in enumerate(example.get_aligned_ner()):
        if tag in (None, "", "-"):
            continue
        try:
            tags[n, scheme.of_biluo(tag)] = 1.0
        except KeyError:
            raise InputError(
                f"The label {tag[2:]!r} of the text {example.text[:40]!r} is not one of xl_ner's: "
                f"{', '.join(scheme.labels)}.",
                hint="Name all labels when training begins, or map them: [corpora.train] labels.",
            ) from None
    known: np.ndarray = tags.sum(axis=1) > 0
    allowed = np.where(known[:, np.newaxis], tags, 1.0)
    weights = np.ones(n_tokens)
    if power:
        _weigh(example, weights, power)
    _listen_to_teacher(example, scheme, tags, known, weights)
    return Targets(tags, known, allowed, weights)


def _aligned(example: Example, start: int, end: int) -> list[int]:
    """The predicted tokens that tokens [start, end) of the reference are."""
    return [int(n) for n in example.alignment.y2x[start:end].data]


def _weigh(example: Example, weights: np.ndarray, power: float) -> None:
    reference = example.reference
    if SILVER not in reference.spans:
        return
    group = reference.spans[SILVER]
    for span, score in zip(group, group.attrs.get("scores", []), strict=False):
        weights[_aligned(example, span.start, span.end)] = max(float(score), 0.0) ** power


def _listen_to_teacher(
    example: Example, scheme: Bioes, tags: np.ndarray, known: np.ndarray, weights: np.ndarray
) -> None:
    if TEACHER not in example.reference.spans:
        return
    names, distributions, trust = teacher_of(example.reference)
    strange = sorted({name.partition("-")[2] for name in names} - {"", *scheme.labels})
    if strange:
        raise InputError(
            f"A teacher of the text {example.text[:40]!r} has labels that xl_ner has not: "
            f"{', '.join(strange)}.",
            hint="Let teacher and student have the same labels: --label-map when the corpus is built.",
        )
    columns = [scheme.index[name] for name in names]
    for n, (row, sure) in enumerate(zip(distributions, trust, strict=True)):
        at = _aligned(example, n, n + 1)
        tags[at] = 0.0
        tags[np.ix_(at, columns)] = row
        known[at] = True
        weights[at] = sure


def flat(targets: Sequence[Targets]) -> Targets:
    """The tokens of several texts as those of one."""
    return Targets(*(np.concatenate(part) for part in zip(*targets, strict=True)))
