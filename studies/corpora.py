"""Corpora that students are trained on: each a cell, whose folder has built/train, and built/dev where texts are held out."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import srsly
from spacy.tokens import Doc, DocBin

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.texts import SUFFIXES, given_translations, read_docs
from xlner_spacy.errors import InputError
from xlner_spacy.files import atomic_file, make_folder, read_json, suffix_of
from xlner_spacy.text.languages import blank, tokenizer

from .cells import Cell, Record
from .gold import gold_texts
from .places import PROJECT, find

BUILT = "built"
TEXTS = "texts.jsonl"
# Texts of the source language: those that were translated, or others.
TRANSLATIONS = "translations.jsonl"

Settings = Mapping[str, Any]


def corpus(language: str, name: str, settings: Settings, lang: str) -> Cell:
    """A corpus of a language.

    language, name: What the study calls them.
    settings: `kind`, a name in `KINDS`, and the arguments of that function.
    lang: The code of the language.
    RAISES: InputError if there is no such kind.
    """
    given = dict(settings)
    kind = given.pop("kind", None)
    if kind not in KINDS:
        raise InputError(f"{language}, {name}: there is no kind {kind!r}.", hint=", ".join(KINDS))
    if kind != "gold":
        given.setdefault("source", "en")

    def make(folder: Path) -> Record:
        return KINDS[kind](folder, lang, **given)

    return Cell(f"corpora/{language}/{name}", {"kind": kind, "lang": lang, **given}, make)


def projected(
    folder: Path,
    lang: str,
    *,
    source: str,
    texts: str | None = None,
    limit: int = 0,
    source_texts: str | None = None,
    config: str | None = None,
) -> Record:
    """Texts that the projector labels.

    texts: A file of the project's, or of the data folder; `limit`: its first texts, or all (0). None: those that have
        translations there (scripts/parallel_texts.py).
    source_texts: A file with texts of the source language, where there are no translations.
    config: The projector; None: the default one.
    """
    own = _texts(folder, lang, source, texts, limit)
    if source_texts:
        _write(texts_of(find(source_texts), source), folder / TRANSLATIONS)
    else:
        given = given_translations(own, source)
        _write([first[0][1] for first in given if first], folder / TRANSLATIONS)
    return _build(folder, lang, source, own, config)


def translated(
    folder: Path, lang: str, *, source: str, gold: str, limit: int = 0, config: str | None = None
) -> Record:
    """Gold texts of the source language, translated, with their labels (translate-train).

    gold: The file. config: Its translator and aligner are used; None: the default ones.
    """
    docs = islice(read_gold(find(gold), tokenizer(source), source), limit or None)
    file = folder / "gold.spacy"
    _write_docs(docs, file)
    return _build(folder, lang, source, file, config, "--mode", "translate-train")


def taught(
    folder: Path,
    lang: str,
    *,
    source: str,
    teachers: Mapping[str, str],
    temperature: float,
    texts: str | None = None,
    limit: int = 0,
) -> Record:
    """Texts with the distributions of teachers, which are weighted alike.

    teachers: Names and configs. temperature: Of their mean. texts, limit: As of `projected`.
    """
    own = _texts(folder, lang, source, texts, limit)
    named = [f"{name}={config}" for name, config in teachers.items()]
    options = [item for teacher in named for item in ("--teacher", teacher)]
    options += ["--temperature", str(temperature)]
    return _build(folder, lang, None, own, None, "--mode", "teach", *options)


def gold(
    folder: Path,
    lang: str,
    *,
    file: str,
    first: int = 0,
    n: int = 0,
    seed: int = 0,
    labels: Mapping[str, str] | None = None,
    fill: int = 0,
) -> Record:
    """Gold texts of the language.

    first (int): They are drawn from the first texts of the file, so many. 0: from all.
    n (int): So many, drawn with the seed: fewer are among more. 0: all.
    labels: From the file's labels to ours; those that are not in it are left out. None: PER, LOC, ORG.
    fill (int): They are repeated until there are at least so many, to count as much as silver ones.
    """
    docs = gold_texts(file, lang, labels)[: first or None]
    random.Random(seed).shuffle(docs)
    docs = docs[: n or None]
    make_folder(folder / BUILT / "train")
    times = max(1, -(-fill // max(1, len(docs))))
    _write_docs(docs * times, folder / BUILT / "train" / "gold.spacy")
    return {"texts": len(docs), "entities": sum(len(doc.ents) for doc in docs)}


KINDS: Mapping[str, Callable[..., Record]] = {
    "projected": projected,
    "translated": translated,
    "taught": taught,
    "gold": gold,
}


def _texts(folder: Path, lang: str, source: str, texts: str | None, limit: int) -> Path:
    own = folder / TEXTS
    if not own.is_file():
        if texts:
            _write(texts_of(find(texts), lang, limit), own)
        else:
            _python("scripts/parallel_texts.py", lang, folder, "--source-lang", source)
    return own


def texts_of(file: Path, lang: str, limit: int = 0) -> list[str]:
    """The texts of a file, labelled or not, each once; the first ones, or all (0)."""
    if suffix_of(file) in SUFFIXES:
        docs = read_docs(str(file), blank(lang), "xx")
    else:
        docs = read_gold(file, tokenizer(lang), lang)
    return [*islice(dict.fromkeys(doc.text for doc in docs), limit or None)]


def _build(
    folder: Path, lang: str, source: str | None, texts: Path, config: str | None, *options: str
) -> Record:
    given = [*options, *(["--source-lang", source] if source else [])]
    given += ["--config", config] if config else []
    _python("-m", "spacy", "xl", "build", texts, folder / BUILT, "--lang", lang, *given)
    return {"counts": read_json(folder / BUILT / "manifest.json")["counts"]}


def _write(texts: Iterable[str], output: Path) -> None:
    with atomic_file(output) as file:
        for text in texts:
            file.write(f"{srsly.json_dumps({'text': text})}\n".encode())


def _write_docs(docs: Iterable[Doc], output: Path) -> None:
    with atomic_file(output) as file:
        file.write(DocBin(docs=docs).to_bytes())


def _python(*arguments: str | Path) -> None:
    """RAISES: subprocess.CalledProcessError"""
    subprocess.run([sys.executable, *map(str, arguments)], check=True, cwd=PROJECT)
