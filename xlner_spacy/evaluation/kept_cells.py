"""What pipelines find in the texts of domains, kept so that it is found once."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from ..about import __version__
from ..document.failed_sources import has_failed
from ..files import make_folder, read_json, resumed_after_full_disk, write_json
from ..silver.manifest import local_models
from .domains import DomainTexts
from .metrics import TokenEntity, add_losses, token_entities
from .predicting import load_to_measure, predict

Report = Callable[[str], None]


class Found(NamedTuple):
    """What a pipeline found in the texts of a domain.

    entities: Of each text, by the pipeline's own labels.
    losses: What it could not do, as of `losses`.
    failed (int): How many texts an error has cost their entities.
    seconds (float): The time it took, the loading of models included.
    """

    entities: list[set[TokenEntity]]
    losses: dict[str, dict[str, int]]
    failed: int
    seconds: float


def find_kept(
    name: str,
    pipeline: str,
    texts: Mapping[str, DomainTexts],
    source_langs: Sequence[str] | None,
    folder: Path,
    report: Report,
    quiet: bool,
) -> dict[tuple[str, str], Found]:
    """What a pipeline finds in each domain, by its name and the domain's. It is loaded once for each language, if
    at all: what is in the folder already, of the same pipeline, texts and version, is not found again.

    folder: It gets a file for each domain, with the labels and places of entities and no texts.
    report: Gets a line before each domain.
    RAISES: InputError if the pipeline cannot be loaded.
    """
    make_folder(folder)
    made_of = _made_of(pipeline)
    loaded: dict[str, Language] = {}
    found = {}
    for domain, own in texts.items():
        key = [made_of, own.domain.digest(), own.domain.lang, own.domain.prepare, len(own.docs),
               list(source_langs or []), __version__]  # fmt: skip
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]
        file = folder / f"{_as_file_name(name)}-{_as_file_name(domain)}-{digest}.json"
        cell = _read_cell(file, len(own.docs))
        if cell is None:
            report(f"{domain}: {name}")
            started = time.perf_counter()
            lang = own.domain.lang
            if lang not in loaded:
                loaded = {lang: load_to_measure(pipeline, lang, source_langs)}
            docs = predict(loaded[lang], own.docs, own.given, quiet=quiet)
            cell = _cell(docs, time.perf_counter() - started)
            with resumed_after_full_disk(file):
                write_json(file, {**cell._asdict(), "entities": [sorted(e) for e in cell.entities]})
        found[name, domain] = cell
    return found


def _made_of(pipeline: str) -> Any:
    """What a pipeline's name stands for, with the files that it names; of a package the version."""
    package = spacy.util.is_package(pipeline) and spacy.util.get_package_version(pipeline)
    return [package or pipeline, *local_models([pipeline]).values()]


def _as_file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[:40]


def _read_cell(file: Path, n_texts: int) -> Found | None:
    """None if it is not there, or is of other texts."""
    if not file.is_file():
        return None
    kept = read_json(file)
    entities = [{(s, e, label) for s, e, label in own} for own in kept["entities"]]
    whole = Found(entities, kept["losses"], kept["failed"], kept["seconds"])
    return whole if len(entities) == n_texts else None


def _cell(docs: Sequence[Doc], seconds: float) -> Found:
    losses: dict[str, Counter] = {k: Counter() for k in ("unplaced", "problems", "dropped")}
    for doc in docs:
        add_losses(losses, doc)
    counts = {kind: dict(counter) for kind, counter in losses.items()}
    failed = sum(map(has_failed, docs))
    return Found([token_entities(doc) for doc in docs], counts, failed, seconds)
