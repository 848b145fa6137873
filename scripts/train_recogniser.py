"""Train the adapter that makes the embedded encoder a recogniser (xlner_spacy/models/adapters).

    XLNER_DATA=... python scripts/train_recogniser.py FOLDER [--steps 1200] [--corpora en,wg,hr,sr,sk,da,sv]

LoRA (rank 32, scale 2) on all matrices of the encoder and a linear head over BIO tags, AdamW, batches
of at most 900 word pieces. Of sentences without entities two in five are kept. In each epoch 6% of the
sentences are put in small letters, 4% in capitals, and 8% lose their spaces, as in scripts that have
none. Needs peft. FOLDER keeps the state of a run, so that it goes on where it was stopped.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import spacy
import torch
import typer
from peft import LoraConfig, get_peft_model
from tqdm import tqdm
from transformers import AutoModelForTokenClassification, AutoTokenizer

from xlner_spacy.corpus.conll import stream_conll
from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.models.adapters import write_adapter
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
RANK, ALPHA = 32, 64
IGNORED = -100  # what the loss leaves out
MATRICES = ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]


class Sentence(NamedTuple):
    """A labelled text."""

    text: str
    words: list[tuple[int, int]]  # characters [start, end)
    tags: list[int]  # of each word


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
        padded([row.ids for row in batch], pad),
        mask,
        padded([row.tags for row in batch], IGNORED),
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


def small_state(model: Any) -> dict[str, torch.Tensor]:
    """What is trained, by the names that adapters use."""
    found = {}
    for name, tensor in model.state_dict().items():
        short = name.removeprefix("base_model.model.")
        if ".lora_" in name:
            found[
                short.replace(".lora_A.default.weight", ".A").replace(
                    ".lora_B.default.weight", ".B"
                )
            ] = tensor
        elif "classifier.modules_to_save" in name:
            found[short.replace(".modules_to_save.default", "")] = tensor
    return found


def main(
    folder: Annotated[Path, typer.Argument(help="Where the state and the adapter go.")],
    corpora: Annotated[str, typer.Option(help="Names of corpora, with commas.")] = ",".join(
        CORPORA
    ),
    steps: Annotated[int, typer.Option(help="Batches to learn from.")] = 1200,
    rate: Annotated[float, typer.Option(help="The highest learning rate.")] = 1e-3,
    pieces: Annotated[int, typer.Option(help="Word pieces in a batch.")] = 900,
    seed: int = 0,
) -> None:
    """Train, and write FOLDER/recogniser.safetensors."""
    torch.manual_seed(seed)
    data = Path(os.environ.get("XLNER_DATA", "assets"))
    sentences = read(data, corpora.split(","), random.Random(seed))
    tokenizer = AutoTokenizer.from_pretrained(encoder_path())
    with without_warnings():
        plain = AutoModelForTokenClassification.from_pretrained(
            encoder_path(), num_labels=len(TAGS)
        )
    adapted = LoraConfig(
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.05,
        target_modules=MATRICES,
        modules_to_save=["classifier"],
        task_type="TOKEN_CLS",
    )
    model = get_peft_model(plain, adapted).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)

    def share(step: int) -> float:
        """Of the highest learning rate: up in the first 6% of the steps, then down in a line."""
        return min(1.0, (step + 1) / (0.06 * steps + 1)) * max(0.02, 1 - step / steps)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    state = folder / "state.pt"
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    if state.is_file():
        kept = torch.load(state)
        model.load_state_dict(kept["model"], strict=False)
        optimizer.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        done = kept["step"]
    progress = tqdm(all_batches(sentences, tokenizer, pieces, seed), total=steps, unit="batch")
    for step, batch in enumerate(progress, 1):
        if step <= done:
            continue
        ids, mask, tags = tensors(batch, tokenizer.pad_token_id)
        logits = model(input_ids=ids, attention_mask=mask).logits
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), tags.flatten(), ignore_index=IGNORED
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        progress.set_postfix(loss=f"{loss.item():.3f}")
        if step % 200 == 0 or step == steps:
            small = {
                k: v for k, v in model.state_dict().items() if "lora" in k or "modules_to" in k
            }
            partial = state.with_suffix(".part")
            torch.save(
                {
                    "model": small,
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step,
                },
                partial,
            )
            partial.replace(state)
        if step == steps:
            break
    write_adapter(
        small_state(model), folder / "recogniser.safetensors", tags=TAGS, scale=ALPHA / RANK
    )


if __name__ == "__main__":
    typer.run(main)
