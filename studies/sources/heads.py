"""Heads on vectors that stay as they are: from a word and its two neighbours to the probabilities of its tags."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from xlner_spacy.evaluation.metrics import TokenEntity
from xlner_spacy.models.tagging import Tagged, Tags

from ..gold import LABELS
from .texts import Text, Texts

TAGS = Tags(["O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI")])


class Training(NamedTuple):
    """How a head is trained. Rate and width were chosen on the dev texts of English alone (docs/studies/sources.md).

    rate: The learning rate of AdamW, at the beginning; it falls to zero.
    batch: Words.
    """

    steps: int
    rate: float = 3e-3
    batch: int = 256
    width: int = 128
    dropout: float = 0.1


def gold_targets(texts: Sequence[Text]) -> np.ndarray:
    """Probabilities of tags that are 0 or 1, (words, tags)."""
    numbers = {name: n for n, name in enumerate(TAGS.names)}
    tags = []
    for text in texts:
        own = np.zeros(len(text.words), dtype=int)
        for start, end, label in text.entities:
            own[start:end] = numbers[f"I-{label}"]
            own[start] = numbers[f"B-{label}"]
        tags.append(own)
    return np.eye(len(numbers), dtype=np.float32)[np.concatenate(tags)]


def train(
    texts: Texts,
    targets: np.ndarray,
    training: Training,
    seed: int,
    start: torch.nn.Module | None = None,
) -> torch.nn.Module:
    """Train a head by cross-entropy.

    targets (ndarray): Probabilities of the tags of each word, (words, tags).
    start: A head that is trained further; it stays as it is. None: a new one.
    """
    torch.manual_seed(seed)
    inputs, rows = _inputs(texts)
    wanted = torch.from_numpy(targets)
    head = copy.deepcopy(start) if start is not None else _new(inputs, training)
    head.train()
    optimizer = torch.optim.AdamW(head.parameters(), lr=training.rate, weight_decay=0.01)
    for step in range(training.steps):
        for group in optimizer.param_groups:
            group["lr"] = training.rate * (1 - step / training.steps)
        batch = torch.randint(len(rows), (training.batch,))
        said = head(inputs[rows[batch]].flatten(1))
        loss = torch.nn.functional.cross_entropy(said, wanted[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head.eval()


def _new(inputs: torch.Tensor, training: Training) -> torch.nn.Module:
    width = inputs.shape[1]
    return torch.nn.Sequential(
        torch.nn.BatchNorm1d(3 * width, affine=False),
        torch.nn.Dropout(training.dropout),
        torch.nn.Linear(3 * width, training.width),
        torch.nn.GELU(),
        torch.nn.Dropout(training.dropout),
        torch.nn.Linear(training.width, len(TAGS.names)),
    )


def _inputs(texts: Texts) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors, the last one zeros, and for each word the numbers of those before, at and after it."""
    n_words, width = texts.vectors.shape
    vectors = np.concatenate([texts.vectors.astype(np.float32), np.zeros((1, width), np.float32)])
    own = np.arange(n_words)
    before, after = own - 1, own + 1
    before[texts.starts[:-1][np.diff(texts.starts) > 0]] = n_words
    after[texts.starts[1:][np.diff(texts.starts) > 0] - 1] = n_words
    return torch.from_numpy(vectors), torch.from_numpy(np.stack([before, own, after], axis=1))


def distributions(head: torch.nn.Module, texts: Texts) -> np.ndarray:
    """Probabilities of tags, (words, tags)."""
    inputs, rows = _inputs(texts)
    with torch.inference_mode():
        parts = [head(inputs[own].flatten(1)) for own in rows.split(4096)]
        found: np.ndarray = torch.softmax(torch.cat(parts), dim=1).numpy()
    return found


def tagged(probabilities: np.ndarray, texts: Texts) -> list[list[Tagged]]:
    """The entities of each text."""
    logs = np.log(np.maximum(probabilities, 1e-9))
    bounds = zip(texts.starts[:-1], texts.starts[1:], strict=True)
    return [TAGS.decode(logs[start:end]) for start, end in bounds]


def entities(found: Sequence[Sequence[Tagged]]) -> list[set[TokenEntity]]:
    """Without probabilities."""
    return [{(own.start, own.end, own.label) for own in row} for row in found]
