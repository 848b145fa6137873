"""Hidden states of sentences, from every layer of the embedded encoder as it was published."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from xlner_spacy.files import atomic_file
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.ranking.sample_texts import sample_of

from .gold import TEST, testing

LAYERS = (0, 3, 7, 9, 12)
OWN = 25  # sentences of the test set
States = list[dict[int, np.ndarray]]  # of each sentence, by layer: (pieces, hidden)


def encode(tokenizer: Any, model: Any, texts: Sequence[str]) -> States:
    """The states of the word pieces of each text."""
    found: States = [{} for _ in texts]
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    for start in range(0, len(order), 12):
        part = order[start : start + 12]
        batch = tokenizer(
            [texts[n] for n in part],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=128,
        )
        with torch.inference_mode():
            hidden = model(**batch, output_hidden_states=True).hidden_states
        for row, n in enumerate(part):
            inside = batch.attention_mask[row].bool()
            found[n] = {layer: hidden[layer][row][inside][1:-1].half().numpy() for layer in LAYERS}
    return found


def states(langs: Sequence[str], kept: Path) -> dict[str, dict[str, States]]:
    """For each language the states of the package's sentences ("ntrex") and of the first of its
    test set ("test"). They are kept, and not made again."""
    tokenizer = model = None
    found = {}
    for lang in langs:
        file = kept / f"h_{lang}.pkl"
        if not file.is_file():
            if model is None:
                tokenizer = AutoTokenizer.from_pretrained(encoder_path())
                model = AutoModel.from_pretrained(encoder_path()).eval()
            made = {"ntrex": encode(tokenizer, model, sample_of(lang))}
            if lang in TEST:
                space = "" if lang == "zho" else " "
                own = [space.join(s.words) for s in testing(lang, OWN, 0)]
                made["test"] = encode(tokenizer, model, own)
            with atomic_file(file) as output:
                pickle.dump(made, output)
        with file.open("rb") as written:
            found[lang] = pickle.load(written)
    return found
