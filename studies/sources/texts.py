"""Texts of the study and the encoder's vectors of their words: computed once, and kept."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.metrics import TokenEntity, token_entities
from xlner_spacy.files import write_json
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.models.encoder import Encoded, Encoder
from xlner_spacy.models.encoder_settings import EncoderSettings

from ..cells import Cell, Record
from ..gold import gold_texts
from ..places import work

Settings = Mapping[str, Any]
MAX_WORDS = 80
_AT_ONCE = 128  # texts


class Text(NamedTuple):
    """The words of a text, and its gold entities."""

    words: list[str]
    entities: set[TokenEntity]


class Texts(NamedTuple):
    """Texts, and a vector for each of their words.

    texts: In order.
    vectors (ndarray): float16, (words of all texts, width).
    starts (ndarray): Where each text begins, and where the last one ends.
    """

    texts: list[Text]
    vectors: np.ndarray
    starts: np.ndarray

    def some(self, numbers: Sequence[int]) -> Texts:
        """Those with these numbers."""
        rows = [range(self.starts[n], self.starts[n + 1]) for n in numbers]
        lengths = [0, *map(len, rows)]
        kept = np.array([row for own in rows for row in own], dtype=int)
        return Texts([self.texts[n] for n in numbers], self.vectors[kept], np.cumsum(lengths))


def read_texts(given: Settings) -> list[Text]:
    """The texts of a file.

    given: `file`; `lang`; `labels`, from its labels to ours, None: those of ours; `first`, how many are left out at the
        beginning; `limit`, how many are taken, 0: all; `drawn`, whether those are drawn, with a fixed seed; `named` and
        `others`, how many with and without an entity are drawn.
    RAISES: InputError if there is none.
    """
    docs = gold_texts(given["file"], given["lang"], given.get("labels"))
    texts = [
        Text([token.text for token in doc], token_entities(doc))
        for doc in docs[given.get("first", 0) :]
    ]
    if given.get("drawn") or "named" in given:
        texts = [text for text in texts if len(text.words) <= MAX_WORDS]
        random.Random(0).shuffle(texts)
    if "named" in given:
        named = [text for text in texts if text.entities][: given["named"]]
        return named + [text for text in texts if not text.entities][: given["others"]]
    if not texts:
        raise InputError(f"{given['file']} has no texts after the first {given.get('first', 0)}.")
    return texts[: given.get("limit") or None]


def encoded(name: str, given: Settings, layer: int) -> Cell:
    """Encode the texts of a file with the embedded encoder as it was published: neither of the package's adapters, which
    have seen labels of many languages, is on it.

    given: As in `read_texts`. layer (int): Whose vectors are used.
    """
    return Cell(f"texts/{name}", {**given, "layer": layer}, partial(_encode, dict(given), layer))


def _encode(given: Settings, layer: int, folder: Path) -> Record:
    texts = read_texts(given)
    settings = EncoderSettings(str(encoder_path()), layer, token_type="word", engine="torch")
    encoder = Encoder(settings)
    encoder.kept_bytes = 0
    found = []
    for start in range(0, len(texts), _AT_ONCE):
        words = [tuple(text.words) for text in texts[start : start + _AT_ONCE]]
        vectors = encoder.encode(words)
        found += [_whole(vectors[own], len(own)) for own in words]
    starts = np.cumsum([0, *map(len, found)])
    with (folder / "vectors.npz").open("wb") as file:
        np.savez(file, vectors=np.concatenate(found).astype(np.float16), starts=starts)
    rows = [{"words": text.words, "entities": sorted(text.entities)} for text in texts]
    write_json(folder / "texts.json", rows)
    n_entities = sum(len(text.entities) for text in texts)
    return {"texts": len(texts), "words": int(starts[-1]), "entities": n_entities}


def _whole(encoded: Encoded, n_words: int) -> np.ndarray:
    """A vector for each word; zeros for words without word pieces."""
    made = np.zeros((n_words, encoded.unit.shape[1]), np.float32)
    made[encoded.words] = encoded.unit * encoded.norms[:, None]
    return made


def texts_in(cell: Cell) -> Texts:
    """What a cell of `encoded` has made."""
    folder = cell.folder(work())
    rows = json.loads((folder / "texts.json").read_text(encoding="utf8"))
    with np.load(folder / "vectors.npz") as file:
        vectors, starts = file["vectors"], file["starts"]
    texts = [Text(row["words"], {tuple(entity) for entity in row["entities"]}) for row in rows]
    return Texts(texts, vectors, starts)


def together(parts: Sequence[Texts]) -> Texts:
    """All texts of several."""
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    return Texts(
        [text for part in parts for text in part.texts],
        np.concatenate([part.vectors for part in parts]),
        np.concatenate([[0], np.cumsum(lengths)]),
    )
