"""Students of a study: one method, one language, one seed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thinc.api import Config

from xlner_spacy.training.student import train_student

from .cells import Cell, Record
from .places import PROJECT, WORK
from .silver import TEXTS, TRANSLATIONS

BASE = PROJECT / "configs" / "ner_student.cfg"
MODEL = "model-last"  # a last checkpoint, which no labels have chosen


def student(
    name: str,
    spacy_lang: str,
    corpus: Cell,
    changes: Mapping[str, Any],
    seed: int,
) -> Cell:
    """Train configs/ner_student.cfg, with changes.

    name: Of the language and the method.
    spacy_lang: Whose tokenizer it has.
    corpus: Silver data, by `silver`.
    changes: Blocks of the config that replace its own, in the order of their names.
    """
    settings = {
        "lang": spacy_lang,
        "changes": dict(changes),
        "seed": seed,
        "base": hashlib.sha256(BASE.read_bytes()).hexdigest()[:10],
    }

    def make(folder: Path) -> Record:
        texts = corpus.folder(WORK)
        config = Config().from_disk(BASE, interpolate=False)
        paths = {
            "train": texts / "built/train",
            "dev": texts / "built/dev",
            "raw": texts / TEXTS,
            "translations": texts / TRANSLATIONS,
        }
        config = config.merge(
            {
                "nlp": {"lang": spacy_lang},
                "system": {"seed": seed},
                "paths": {key: str(path) for key, path in paths.items()},
            }
        )
        for block in changes.values():
            config = config.merge(block)
        train_student(config.interpolate(), folder, source=name, progress=True)
        shutil.rmtree(folder / "model-best", ignore_errors=True)
        return {}

    return Cell(f"train/{name}/{seed}", settings, make, [corpus])
