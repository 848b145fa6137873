"""Gold sentences of the languages that are ranked: sources with training data, targets with a test set."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from xlner_spacy.corpus.conll import entities_of_tags, stream_conll

DATA = Path(os.environ.get("XLNER_DATA", "assets"))
LABELS = ("PER", "LOC", "ORG")

MASAKHANER = ("hau", "ibo", "kin", "nya", "swa", "yor", "zul", "fon")
PARALLEL = ("bam", "bbj", "mos", "wol", "lug", "luo", "pcm", "tsn")
TRAIN = {
    "eng": "uner_english_ewt/en_ewt-ud-train.iob2",
    "dan": "uner_multi/da_ddt-ud-train.iob2",
    "hrv": "uner_multi/hr_set-ud-train.iob2",
    "slk": "uner_multi/sk_snk-ud-train.iob2",
    "srp": "uner_multi/sr_set-ud-train.iob2",
    "swe": "uner_multi/sv_talbanken-ud-train.iob2",
    "por": "uner_portuguese_bosque/pt_bosque-ud-train.iob2",
    **{lang: f"masakhaner2/{lang}.train.txt" for lang in MASAKHANER},
    **{lang: f"masakha_parallel/{lang}.train.jsonl" for lang in PARALLEL},
}
TEST = {
    "eng": "uner_pud/en_pud-ud-test.iob2",
    "por": "uner_pud/pt_pud-ud-test.iob2",
    "deu": "uner_pud/de_pud-ud-test.iob2",
    "zho": "uner_pud/zh_pud-ud-test.iob2",
    "spa": "europarl_ner/es-europarl.test.conll02",
    "dan": "uner_multi/da_ddt-ud-dev.iob2",
    "hrv": "uner_multi/hr_set-ud-dev.iob2",
    "slk": "uner_multi/sk_snk-ud-dev.iob2",
    "srp": "uner_multi/sr_set-ud-dev.iob2",
    "swe": "uner_multi/sv_talbanken-ud-train.iob2",  # its dev set has 15 entities
    "nob": "apertium_dev/norne/nb.test.900.tsv",
    "nno": "apertium_dev/norne/nn.test.900.tsv",
    "eus": "apertium_dev/basque_nerc/nerc_id.test.jsonl",
    **{lang: f"masakhaner2/{lang}.test.txt" for lang in MASAKHANER},
    **{lang: f"masakha_parallel/{lang}.test.jsonl" for lang in PARALLEL},
}


class Sentence(NamedTuple):
    """The words of a sentence and its entities: (first word, one past the last, label)."""

    words: tuple[str, ...]
    entities: list[tuple[int, int, str]]


def read(file: str) -> Iterator[Sentence]:
    """The sentences of a file, with entities of `LABELS` only."""
    path = DATA / file
    if path.suffix == ".jsonl":
        for line in path.read_text("utf8").splitlines():
            record = json.loads(line)
            tags = record["ner_tags"] if "ner_tags" in record else record["tags"]
            yield _scored(record["tokens"], entities_of_tags(tags, file))
        return
    for sentence in stream_conll(path):
        yield _scored(sentence.words, sentence.entities)


def _scored(words: list[str], entities: list[tuple[int, int, str]]) -> Sentence:
    found = [(start, end, label.removeprefix("GPE_")) for start, end, label in entities]
    return Sentence(tuple(words), [e for e in found if e[2] in LABELS])


def training(lang: str, entities: int, others: int) -> list[Sentence]:
    """So many sentences with an entity and so many without, drawn with a fixed seed."""
    sentences = [s for s in read(TRAIN[lang]) if len(s.words) <= 80]
    random.Random(lang).shuffle(sentences)
    named = [s for s in sentences if s.entities]
    return named[:entities] + [s for s in sentences if not s.entities][:others]


def testing(lang: str, sentences: int, entities: int) -> list[Sentence]:
    """At least so many sentences of the test set and so many entities, drawn with a fixed seed."""
    rest = [s for s in read(TEST[lang]) if len(s.words) <= 80]
    random.Random(lang).shuffle(rest)
    found: list[Sentence] = []
    for sentence in rest:
        if len(found) >= sentences and sum(len(s.entities) for s in found) >= entities:
            break
        found.append(sentence)
    return found
