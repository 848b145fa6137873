"""Silver data of the languages of a study."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import srsly

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.texts import SUFFIXES, given_translations, read_docs
from xlner_spacy.files import atomic_file, read_json, suffix_of
from xlner_spacy.text.languages import blank, tokenizer

from .cells import Cell, Record
from .places import PROJECT, find

TEXTS = "texts.jsonl"
# Texts of the source language: those that were translated, or others.
TRANSLATIONS = "translations.jsonl"


def silver(name: str, language: Mapping[str, Any]) -> Cell:
    """Texts of a language, labelled by the projector.

    language: `lang` and `source`; `texts`, a file of the project's or of the data folder, and how many (`limit`, 0:
        all); without it the texts that have translations (scripts/parallel_texts.py); `source_texts`, a file with texts
        of the source language, where there are no translations; `config`: the projector, null for the default one.
    """

    def make(folder: Path) -> Record:
        lang, source = language["lang"], language["source"]
        texts = folder / TEXTS
        if not texts.is_file():
            if language.get("texts"):
                _write(texts_of(find(language["texts"]), lang, language.get("limit", 0)), texts)
            else:
                _python("scripts/parallel_texts.py", lang, folder, "--source-lang", source)
        _write_source_texts(language, texts, folder / TRANSLATIONS)
        options = ["--lang", lang, "--source-lang", source]
        if language.get("config"):
            options += ["--config", language["config"]]
        _python("-m", "spacy", "xl", "build", texts, folder / "built", *options)
        return {"counts": read_json(folder / "built/manifest.json")["counts"]}

    return Cell(f"silver/{name}", dict(language), make)


def texts_of(file: Path, lang: str, limit: int = 0) -> list[str]:
    """The texts of a file, labelled or not, each once; the first ones, or all (0)."""
    if suffix_of(file) in SUFFIXES:
        docs = read_docs(str(file), blank(lang), "xx")
    else:
        docs = read_gold(file, tokenizer(lang), lang)
    return [*islice(dict.fromkeys(doc.text for doc in docs), limit or None)]


def _write_source_texts(language: Mapping[str, Any], texts: Path, output: Path) -> None:
    source = language["source"]
    if language.get("source_texts"):
        _write(texts_of(find(language["source_texts"]), source), output)
    else:
        _write([given[0][1] for given in given_translations(texts, source) if given], output)


def _write(texts: Iterable[str], output: Path) -> None:
    with atomic_file(output) as file:
        for text in texts:
            file.write(f"{srsly.json_dumps({'text': text})}\n".encode())


def _python(*arguments: str | Path) -> None:
    """RAISES: subprocess.CalledProcessError"""
    subprocess.run([sys.executable, *map(str, arguments)], check=True, cwd=PROJECT)
