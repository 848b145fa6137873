"""How well each source serves each target: F1 of heads on the frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from xlner_spacy.evaluation.metrics import micro_f1
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.models.encoder import Encoder
from xlner_spacy.models.encoder_settings import EncoderSettings
from xlner_spacy.models.tagging import Tags

from .gold import LABELS, Sentence

TAGS = Tags(["O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI")])


def frozen_encoder(layer: int) -> Encoder:
    """The embedded encoder as it was published: neither adapter is on it."""
    settings = EncoderSettings(str(encoder_path()), layer, token_type="word", engine="auto")
    encoder = Encoder(settings)
    encoder.kept_bytes = 0
    return encoder


def vectors(encoder: Encoder, sentences: Sequence[Sentence]) -> list[np.ndarray]:
    """A vector for each word of each sentence."""
    found = {}
    for start in range(0, len(sentences), 256):
        found.update(encoder.encode([s.words for s in sentences[start : start + 256]]))
    return [_whole(found[s.words], len(s.words)) for s in sentences]


def _whole(encoded, n: int) -> np.ndarray:
    """Words that the tokenizer has no pieces for get zeros."""
    made = np.zeros((n, encoded.unit.shape[1]), np.float32)
    made[encoded.words] = encoded.unit * encoded.norms[:, None]
    return made


def tags_of(sentence: Sentence) -> np.ndarray:
    """BIO tags by number."""
    tags = np.zeros(len(sentence.words), dtype=int)
    for start, end, label in sentence.entities:
        tags[start:end] = TAGS.names.index(f"I-{label}")
        tags[start] = TAGS.names.index(f"B-{label}")
    return tags


def train(
    inputs: Sequence[np.ndarray], sentences: Sequence[Sentence], steps: int = 400
) -> torch.nn.Module:
    """A linear head: from a word's vector to the logits of its tags."""
    torch.manual_seed(0)
    x = torch.from_numpy(np.concatenate(inputs))
    y = torch.from_numpy(np.concatenate([tags_of(s) for s in sentences]))
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    head = torch.nn.Linear(x.shape[1], len(TAGS.names))
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=0.01)
    for step in range(steps):
        batch = torch.randint(len(x), (1024,))
        loss = torch.nn.functional.cross_entropy(head((x[batch] - mean) / deviation), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - step / steps)
    with torch.no_grad():  # the scaling becomes a part of the head
        head.weight /= deviation
        head.bias -= head.weight @ mean
    return head.eval()


def f1(head: torch.nn.Module, inputs: Sequence[np.ndarray], sentences: Sequence[Sentence]) -> float:
    """Micro F1 of exact spans and labels."""
    found = []
    with torch.inference_mode():
        for own in inputs:
            log_probs = torch.log_softmax(head(torch.from_numpy(own)), dim=1).numpy()
            found.append({(t.start, t.end, t.label) for t in TAGS.decode(log_probs)})
    return micro_f1(found, [set(s.entities) for s in sentences])
