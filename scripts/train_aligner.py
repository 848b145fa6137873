"""Train the adapter that makes the embedded encoder an aligner (xlner_spacy/models/adapters).

    XLNER_DATA=... python scripts/train_aligner.py FOLDER

What ships is the mean of three runs (scripts/average_adapters.py; project.yml has the settings of each).

Self-training on parallel text without labels, as in AWESOME (Dou & Neubig 2021), with teachers that are
stronger than the links of one pair: a batch has sentences in several languages each, and a link counts that
paths through the other languages confirm (as in Imani et al. 2021, on multiparallel corpora). The
teacher is the encoder as it was, and the student can strike out its links but add none: where the
teacher learnt with the student, links grew ever denser. Per piece, the student maximises the
probability of the word that it is linked to, both ways.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import torch
import typer
from lora import DEVICE, SCALE, adapter_state, train, with_lora
from ntrex import ENGLISH, read_ntrex
from torch.nn.functional import normalize
from transformers import AutoModel, AutoTokenizer

from xlner_spacy.models.adapters import write_adapter
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.text.scripts import is_unspaced

LAYERS = 7  # the aligner's layer, and the teacher's
RANK = 16
TEMPERATURE = 0.05
WEAKEST = 0.15  # of a link of the teacher
RIVAL = 0.7  # a link counts beside a better one of the same word if it has so much of its strength
_WORD = re.compile(r"[\w\u0300-\u036f\u0900-\u0dff]+|[^\w\s]")


class Text(NamedTuple):
    """A sentence in one language."""

    ids: list[int]
    words: torch.Tensor  # (pieces, words): 1 where the piece is of the word


def read(tokenizer: Any, sentence: str) -> Text:
    """Word pieces, and the words that they are of; in scripts without spaces each piece is one."""
    if any(map(is_unspaced, sentence)):
        ids = tokenizer(sentence, add_special_tokens=False).input_ids
        return Text(ids, torch.eye(len(ids), device=DEVICE))
    split = tokenizer(_WORD.findall(sentence), is_split_into_words=True, add_special_tokens=False)
    encoding = split.encodings[0]
    of_word = torch.tensor(encoding.word_ids, dtype=torch.long, device=DEVICE)
    return Text(encoding.ids, torch.nn.functional.one_hot(of_word).float())


def batches(
    tokenizer: Any, rng: random.Random, sentences: int, languages: int
) -> Iterator[list[list[Text]]]:
    """So many sentences, each in so many languages, English mostly among them."""
    texts = read_ntrex()
    others = [lang for lang in texts if lang != ENGLISH]
    usable = [k for k, s in enumerate(texts[ENGLISH]) if 4 < len(s.split()) < 45]
    while True:
        batch = []
        for k in rng.sample(usable, sentences):
            langs = rng.sample(others, languages)
            if rng.random() < 0.7:
                langs[-1] = ENGLISH
            found = [read(tokenizer, texts[lang][k]) for lang in langs if texts[lang][k].strip()]
            batch.append([text for text in found if 2 < len(text.ids) < 120])
        yield batch


def vectors(model: Any, tokenizer: Any, texts: list[Text]) -> list[torch.Tensor]:
    """Unit vectors of the pieces of each text."""
    first, last = tokenizer("").input_ids
    rows = [torch.tensor([first, *text.ids, last]) for text in texts]
    ids = torch.nn.utils.rnn.pad_sequence(rows, True, tokenizer.pad_token_id)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], True, 0)
    answer = model(input_ids=ids.to(DEVICE), attention_mask=mask.to(DEVICE))
    hidden = normalize(answer.last_hidden_state, dim=-1)
    return [hidden[n, 1 : 1 + len(text.ids)] for n, text in enumerate(texts)]


def to_words(source: torch.Tensor, target: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """The probability of each target word given a source piece."""
    return (source @ target.T / TEMPERATURE).softmax(dim=1) @ words


def confirmed_links(
    texts: list[Text], found: list[torch.Tensor]
) -> dict[tuple[int, int], torch.Tensor]:
    """For each two texts how strongly their words are linked, directly and through the others; 0 for
    most."""
    one_way = {}
    for i, j in permutations(range(len(texts)), 2):
        pieces = to_words(found[i], found[j], texts[j].words)
        one_way[i, j] = texts[i].words.T @ pieces / texts[i].words.sum(dim=0)[:, None]
    mutual = {(i, j): (p * one_way[j, i].T).sqrt() for (i, j), p in one_way.items()}
    links = {}
    for i, j in mutual:
        if i > j:
            continue
        strength = mutual[i, j]
        pivots = [k for k in range(len(texts)) if k not in (i, j)]
        if pivots:
            through = torch.stack([mutual[i, k] @ mutual[k, j] for k in pivots]).mean(dim=0)
            strength = (strength + through) / 2
        best = torch.maximum(
            strength.max(dim=1, keepdim=True).values.expand_as(strength),
            strength.max(dim=0, keepdim=True).values.expand_as(strength),
        )
        kept = strength * ((strength > RIVAL * best) & (strength > WEAKEST))
        links[i, j], links[j, i] = kept, kept.T
    return links


def agreed(
    texts: list[Text], of_teacher: list[torch.Tensor], of_student: list[torch.Tensor]
) -> dict[tuple[int, int], torch.Tensor]:
    """The teacher's links, as strong as the student finds them, too."""
    own = confirmed_links(texts, of_student)
    return {
        pair: (strength * own[pair]).sqrt()
        for pair, strength in confirmed_links(texts, of_teacher).items()
    }


def loss_of_links(
    texts: list[Text], found: list[torch.Tensor], links: dict[tuple[int, int], torch.Tensor]
) -> list[torch.Tensor]:
    """For each pair and direction, the cross-entropy of the words that are linked."""
    losses = []
    for (i, j), strength in links.items():
        total = strength.sum(dim=1, keepdim=True)
        if not total.any():
            continue
        weight = total.clamp(max=1).sqrt()
        wanted = weight * strength / total.clamp(min=1e-6)  # of each word
        of_pieces = texts[i].words / texts[i].words.sum(dim=0)
        log_probs = to_words(found[i], found[j], texts[j].words).clamp(min=1e-6).log()
        losses.append(-(of_pieces @ wanted * log_probs).sum() / weight.sum().clamp(min=1))
    return losses


def main(
    folder: Annotated[Path, typer.Argument(help="Where the state and the adapter go.")],
    steps: Annotated[int, typer.Option(help="Batches to learn from.")] = 100,
    sentences: Annotated[int, typer.Option(help="Sentences in a batch.")] = 8,
    languages: Annotated[int, typer.Option(help="Languages that each is in.")] = 5,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = 5e-4,
    seed: int = 0,
) -> None:
    """Train, and write FOLDER/aligner.safetensors."""
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(encoder_path())
    encoder = AutoModel.from_pretrained(encoder_path())
    encoder.encoder.layer = encoder.encoder.layer[:LAYERS]
    model = with_lora(encoder, RANK)

    def loss_of(batch: list[list[Text]]) -> torch.Tensor:
        flat = [text for texts in batch for text in texts]
        with torch.no_grad(), model.disable_adapter():
            taught = iter(vectors(model, tokenizer, flat))
        learnt = iter(vectors(model, tokenizer, flat))
        losses = []
        for texts in batch:
            of_teacher, of_student = ([next(found) for _ in texts] for found in (taught, learnt))
            with torch.no_grad():
                links = agreed(texts, of_teacher, of_student)
            losses += loss_of_links(texts, of_student, links)
        return torch.stack(losses).mean()

    found = batches(tokenizer, random.Random(seed), sentences, languages)
    train(model, found, loss_of, steps=steps, rate=rate, state=folder / "state.pt")
    file = folder / "aligner.safetensors"
    write_adapter(adapter_state(model), file, tags=[], scale=SCALE, layers=LAYERS)


if __name__ == "__main__":
    typer.run(main)
