"""Silver data of the languages of a study."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import srsly

from xlner_spacy.corpus.texts import given_translations
from xlner_spacy.files import atomic_file, read_json

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
            command = ["scripts/parallel_texts.py", lang, folder, "--source-lang", source]
            if language.get("texts"):
                limit = str(language.get("limit", 0))
                command = ["-m", "studies.unlabelled", find(language["texts"]), texts, lang, limit]
            _python(*command)
        _write_source_texts(language, texts, folder / TRANSLATIONS)
        options = ["--lang", lang, "--source-lang", source]
        if language.get("config"):
            options += ["--config", language["config"]]
        _python("-m", "spacy", "xl", "build", texts, folder / "built", *options)
        return {"counts": read_json(folder / "built/manifest.json")["counts"]}

    return Cell(f"silver/{name}", dict(language), make)


def _write_source_texts(language: Mapping[str, Any], texts: Path, output: Path) -> None:
    if language.get("source_texts"):
        found = find(language["source_texts"])
        _python("-m", "studies.unlabelled", found, output, language["source"])
        return
    with atomic_file(output) as file:
        for translations in given_translations(texts, language["source"]):
            for _, text in translations[:1]:
                file.write(f"{srsly.json_dumps({'text': text})}\n".encode())


def _python(*arguments: str | Path) -> None:
    """RAISES: subprocess.CalledProcessError"""
    subprocess.run([sys.executable, *map(str, arguments)], check=True, cwd=PROJECT)
