"""Students of a study: one method, one language, one seed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from thinc.api import Config

from xlner_spacy.training.student import train_student

from .cells import Cell, Record
from .corpora import BUILT, TEXTS, TRANSLATIONS
from .places import PROJECT, work

BASE = PROJECT / "configs" / "ner_student.cfg"
MODEL = "model-last"  # a last checkpoint, which no labels have chosen


def student(
    name: str,
    spacy_lang: str,
    corpora: Sequence[Cell],
    texts: Cell,
    changes: Sequence[Mapping[str, Any]],
    seed: int,
) -> Cell:
    """Train configs/ner_student.cfg, with changes.

    name: Of the language and the method.
    spacy_lang: Whose tokenizer it has.
    corpora: What it is trained on.
    texts: The silver data of the language: their texts say which word pieces stay, their dev texts how sure the student
        may be.
    changes: Blocks that are merged into the config, one after another.
    """
    settings = {
        "lang": spacy_lang,
        "changes": list(changes),
        "seed": seed,
        "base": hashlib.sha256(BASE.read_bytes()).hexdigest()[:10],
    }

    def make(folder: Path) -> Record:
        silver = texts.folder(work())
        train = [str(own.folder(work()) / BUILT / "train") for own in corpora]
        paths = {
            "train": train[0] if len(train) == 1 else train,
            "dev": str(silver / BUILT / "dev"),
            "raw": str(silver / TEXTS),
            "translations": str(silver / TRANSLATIONS),
        }
        config = Config().from_disk(BASE, interpolate=False)
        own = {"nlp": {"lang": spacy_lang}, "system": {"seed": seed}, "paths": paths}
        for block in (own, *changes):
            config = config.merge(dict(block))
        train_student(config.interpolate(), folder, source=name, progress=True)
        shutil.rmtree(folder / "model-best", ignore_errors=True)
        return {}

    return Cell(f"train/{name}/{seed}", settings, make, [*corpora, texts])
