"""Train the adapter that makes the embedded encoder a recogniser (xlner_spacy/models/adapters).

    export XLNER_DATA=...
    python scripts/train_recogniser.py gold
    python scripts/label_ntrex.py silver.jsonl --recogniser gold/model
    python scripts/train_recogniser.py both --start gold/state.pt --silver silver.jsonl --gold 6000 --steps 2000 --pieces 1800

LoRA (rank 32, scale 2) on all matrices of the encoder and a linear head over BIO tags, AdamW. First on
gold labels of six languages; then, with some or all of these sentences, on silver labels of seventy,
projected onto parallel text. What ships is the mean of four runs of the second kind
(scripts/average_adapters.py; project.yml has the settings of each). A rate of 1e-3 is too high: of three
runs with gold labels two ended with a model that finds nothing. Of sentences without entities two in five are kept. In each epoch 6% of the sentences are put in small letters, 4% in capitals, and 8% lose their spaces,
as in scripts that have none. Needs peft. FOLDER keeps the state of a run, so that it goes on where it
was stopped.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import spacy
import torch
import typer
from lora import DEVICE, SCALE, adapter_state, train, with_lora
from transformers import AutoModelForTokenClassification, AutoTokenizer

from xlner_spacy.corpus.conll import stream_conll
from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.models.adapters import write_adapter, write_merged
from xlner_spacy.models.embedded import encoder_path
from xlner_spacy.models.hub import without_warnings

LABELS = ("PER", "LOC", "ORG")
TAGS = ["O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI")]
# Licences: Universal NER CC BY-SA 4.0, WikiGold CC BY 4.0.
CORPORA = {
    "en": ("en", "uner_english_ewt/en_ewt-ud-train.iob2"),
    "wg": ("en", "domains/wikigold/wikigold.conll.txt"),
    "hr": ("hr", "uner_multi/hr_set-ud-train.iob2"),
    "sr": ("sr", "uner_multi/sr_set-ud-train.iob2"),
    "sk": ("sk", "uner_multi/sk_snk-ud-train.iob2"),
    "da": ("da", "uner_multi/da_ddt-ud-train.iob2"),
    "sv": ("sv", "uner_multi/sv_talbanken-ud-train.iob2"),
}
RANK = 32
IGNORED = -100  # what the loss leaves out


class Sentence(NamedTuple):
    """A labelled text."""

    text: str
    words: list[tuple[int, int]]  # characters [start, end)
    tags: list[int]  # of each word; IGNORED where they are not known


class Row(NamedTuple):
    """A sentence as the model gets it."""

    ids: list[int]
    tags: list[int]  # of each piece; IGNORED where a piece does not begin a word


def read(folder: Path, names: Sequence[str], rng: random.Random) -> list[Sentence]:
    """The sentences of the corpora, without most of those that have no entity."""
    found = []
    vocab = spacy.blank("xx").vocab
    for name in names:
        lang, file = CORPORA[name]
        sentences = [_sentence(vocab, gold, lang) for gold in stream_conll(folder / file)]
        empty = [s for s in sentences if not any(s.tags)]
        rng.shuffle(empty)
        found += [s for s in sentences if any(s.tags)] + empty[: int(len(empty) * 0.4)]
    return found


def _sentence(vocab: Any, gold: Any, lang: str) -> Sentence:
    doc = to_doc(vocab, gold.words, gold.text, lang)
    tags = [0] * len(doc)
    for start, end, label in gold.entities:
        if label in LABELS:
            tags[start:end] = [TAGS.index(f"I-{label}")] * (end - start)
            tags[start] = TAGS.index(f"B-{label}")
    return Sentence(doc.text, [(t.idx, t.idx + len(t)) for t in doc], tags)


def read_silver(file: Path) -> list[Sentence]:
    """Sentences that scripts/label_ntrex.py wrote."""
    found = []
    for line in file.read_text("utf8").splitlines():
        record = json.loads(line)
        words = [tuple(word) for word in record["words"]]
        # Where a name was lost, only the words of the others are known.
        tags = [IGNORED if record["lost"] else 0] * len(words)
        for start, end in record["unsure"]:
            tags[start:end] = [IGNORED] * (end - start)
        for start, end, label in record["ents"]:
            tags[start:end] = [TAGS.index(f"I-{label}")] * (end - start)
            tags[start] = TAGS.index(f"B-{label}")
        found.append(Sentence(record["text"], words, tags))
    return found


def varied(sentence: Sentence, rng: random.Random) -> Sentence:
    """The sentence as it is, or in another case, or without spaces."""
    draw = rng.random()
    if draw < 0.10:
        other = sentence.text.lower() if draw < 0.06 else sentence.text.upper()
        # The case of some letters has another length.
        return sentence._replace(text=other) if len(other) == len(sentence.text) else sentence
    if draw < 0.18:
        text, words = "", []
        for start, end in sentence.words:
            words.append((len(text), len(text) + end - start))
            text += sentence.text[start:end]
        return sentence._replace(text=text, words=words)
    return sentence


def rows(tokenizer: Any, sentences: Sequence[Sentence]) -> list[Row]:
    """The word pieces of each sentence, the first one of each word with the word's tag."""
    first, last = tokenizer("").input_ids
    encoded = tokenizer(
        [s.text for s in sentences],
        add_special_tokens=False,
        return_offsets_mapping=True,
        truncation=True,
        max_length=510,
    )
    return [
        Row(
            [first, *ids, last],
            [IGNORED, *_piece_tags(sentence, offsets), IGNORED],
        )
        for sentence, ids, offsets in zip(
            sentences, encoded.input_ids, encoded.offset_mapping, strict=True
        )
    ]


def _piece_tags(sentence: Sentence, offsets: Sequence[tuple[int, int]]) -> list[int]:
    word_at = {c: n for n, word in enumerate(sentence.words) for c in range(*word)}
    tags, last = [], -1
    for start, end in offsets:
        while start < end and start not in word_at:
            start += 1
        word = word_at.get(start, last)
        begins = word != last and start == sentence.words[word][0]
        tags.append(sentence.tags[word] if begins else IGNORED)
        if word != last:
            last = word_at.get(end - 1, word)
    return tags


def batches(given: Sequence[Row], pieces: int, rng: random.Random) -> list[list[Row]]:
    """Batches of similar length, of at most so many padded pieces, in random order."""
    order = list(given)
    rng.shuffle(order)
    found: list[list[Row]] = []
    for begin in range(0, len(order), 1500):
        batch: list[Row] = []
        for row in sorted(order[begin : begin + 1500], key=lambda row: len(row.ids)):
            if batch and (len(batch) + 1) * len(row.ids) > pieces:
                found.append(batch)
                batch = []
            batch.append(row)
        found.append(batch)
    rng.shuffle(found)
    return found


def tensors(batch: Sequence[Row], pad: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and tags of a batch, each of the shape (sentences, pieces)."""

    def padded(lists: list[list[int]], value: int) -> torch.Tensor:
        tensors = [torch.tensor(row) for row in lists]
        return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value)

    mask = padded([[1] * len(row.ids) for row in batch], 0)
    return (
        padded([row.ids for row in batch], pad).to(DEVICE),
        mask.to(DEVICE),
        padded([row.tags for row in batch], IGNORED).to(DEVICE),
    )


def all_batches(
    sentences: Sequence[Sentence], tokenizer: Any, pieces: int, seed: int
) -> Iterator[list[Row]]:
    """Batches without end, each epoch with other variants."""
    epoch = 0
    while True:
        rng = random.Random(seed * 1000 + epoch)
        yield from batches(rows(tokenizer, [varied(s, rng) for s in sentences]), pieces, rng)
        epoch += 1


def main(
    folder: Annotated[Path, typer.Argument(help="Where the state and the adapter go.")],
    corpora: Annotated[str, typer.Option(help="Names of corpora, with commas.")] = ",".join(
        CORPORA
    ),
    gold: Annotated[int | None, typer.Option(help="Only so many of their sentences.")] = None,
    silver: Annotated[Path | None, typer.Option(help="Silver labels to learn from, too.")] = None,
    start: Annotated[Path | None, typer.Option(help="The state of an earlier run.")] = None,
    steps: Annotated[int, typer.Option(help="Batches to learn from.")] = 1500,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = 5e-4,
    pieces: Annotated[int, typer.Option(help="Word pieces in a batch.")] = 900,
    seed: int = 0,
) -> None:
    """Train, and write FOLDER/recogniser.safetensors and FOLDER/model, which is the whole model."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    sentences = read(Path(os.environ.get("XLNER_DATA", "assets")), corpora.split(","), rng)
    if gold is not None:
        sentences = rng.sample(sentences, min(gold, len(sentences)))
    if silver:
        sentences += read_silver(silver)
    tokenizer = AutoTokenizer.from_pretrained(encoder_path())
    with without_warnings():
        plain = AutoModelForTokenClassification.from_pretrained(
            encoder_path(), num_labels=len(TAGS)
        )
    model = with_lora(plain, RANK, head="classifier", dropout=0.05)
    if start:
        model.load_state_dict(torch.load(start, map_location=DEVICE)["model"], strict=False)

    def loss_of(batch: list[Row]) -> torch.Tensor:
        ids, mask, tags = tensors(batch, tokenizer.pad_token_id)
        logits = model(input_ids=ids, attention_mask=mask).logits
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), tags.flatten(), ignore_index=IGNORED
        )

    found = all_batches(sentences, tokenizer, pieces, seed)
    train(model, found, loss_of, steps=steps, rate=rate, state=folder / "state.pt")
    file = folder / "recogniser.safetensors"
    write_adapter(adapter_state(model), file, tags=TAGS, scale=SCALE)
    write_merged(file, encoder_path(), folder / "model")


if __name__ == "__main__":
    typer.run(main)
