"""How alike languages are to an encoder: NN-Rank.

After Ebrahimi, Wiemerslage & von der Wense 2025, 'Model-Based Ranking of Source Languages for
Zero-Shot Cross-Lingual Transfer', arXiv 2510.03202. For each hidden state of the target's sentences
its nearest neighbours are found among those of all source languages together; a source is the more
alike, the more of them are its own. Here a state is that of a word piece, so no language needs a
tokenizer, and neighbours are counted per word piece of the source: languages that the encoder cuts
into more pieces have more to be found. The layer is a low one: of those higher up the order depends
on whether both sides have the same subjects (docs/results.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tqdm import tqdm

from ..models.embedded import encoder_path
from ..models.encoder import Encoder, shared_encoder
from ..models.encoder_settings import EncoderSettings

LAYER = 3
NEIGHBOURS = 10
_ROWS = 256  # states of the target that are compared at once


def likeness(
    target: Sequence[str], sources: Mapping[str, Sequence[str]], *, quiet: bool = True
) -> dict[str, float]:
    """Each source's share of the nearest neighbours of the target's word pieces, per piece of its own.

    target (Sequence[str]): Sentences of the target language.
    sources (Mapping): Sentences of each source language. They should say the same in all, or be of
        the same kind: of two languages that are equally like the target, the one with
        more to say of its subjects has more neighbours.
    RETURNS (dict): A share for each source, 0 to 1; they add up to 1, or are 0 if there are no
        word pieces.
    RAISES: SetupError if the embedded encoder is not installed.
    """
    # As it was published: fine-tuned to align, it tells languages apart less. Three layers are not
    # worth a file of OpenVINO's.
    encoder = shared_encoder(EncoderSettings(str(encoder_path()), LAYER, engine="torch"))
    own = _states(encoder, target)
    bar = tqdm(sources.items(), unit="language", disable=quiet)
    return shares(own, {lang: _states(encoder, texts) for lang, texts in bar})


def _states(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    """Unit vectors of the word pieces of texts, shape (pieces, hidden)."""
    encoded = encoder.encode(tuple(text.split()) for text in texts if text.strip())
    vectors = [own.unit for own in encoded.values() if len(own.unit)]
    return np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)


def shares(
    target: np.ndarray, sources: Mapping[str, np.ndarray], k: int = NEIGHBOURS
) -> dict[str, float]:
    """Each source's share of the k nearest neighbours, by cosine, of the target's vectors, divided by
    the number of its own vectors; scaled to a sum of 1.

    target (ndarray): Unit vectors, shape (n, hidden). sources (Mapping): For each language the same.
    """
    names = [name for name, own in sources.items() if len(own)]
    if not names or not len(target):
        return dict.fromkeys(sources, 0.0)
    every = np.concatenate([sources[name] for name in names])
    of_source = np.repeat(np.arange(len(names)), [len(sources[name]) for name in names])
    counts = np.bincount(of_source[nearest(target, every, k).ravel()], minlength=len(names))
    rates = counts / [len(sources[name]) for name in names]
    found = dict(zip(names, (rates / rates.sum()).tolist(), strict=True))
    return {name: found.get(name, 0.0) for name in sources}


def nearest(target: np.ndarray, others: np.ndarray, k: int) -> np.ndarray:
    """The indices of the k vectors that are nearest to each vector of the target, the nearest first;
    of all if there are fewer."""
    k = min(k, len(others))
    found = [np.zeros((0, k), dtype=int)]
    for start in range(0, len(target), _ROWS):
        cosines = target[start : start + _ROWS] @ others.T
        some = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(cosines, some, axis=1), axis=1, kind="stable")
        found.append(np.take_along_axis(some, order, axis=1))
    return np.concatenate(found)
