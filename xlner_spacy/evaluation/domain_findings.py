"""What pipelines find in the texts of domains."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spacy.language import Language

from ..about import __version__
from ..files import make_folder
from .domains import DomainTexts
from .kept_findings import Found, found_on, made_of, read_found, write_found
from .predicting import load_to_measure, predict

Report = Callable[[str], None]


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
    loaded: dict[str, Language] = {}
    found = {}
    for domain, own in texts.items():
        key = [made_of(pipeline), own.domain.digest(), own.domain.lang, own.domain.prepare, len(own.docs),
               list(source_langs or []), __version__]  # fmt: skip
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]
        file = folder / f"{_as_file_name(name)}-{_as_file_name(domain)}-{digest}.json"
        cell = read_found(file, len(own.docs))
        if cell is None:
            report(f"{domain}: {name}")
            started = time.perf_counter()
            lang = own.domain.lang
            if lang not in loaded:
                loaded = {lang: load_to_measure(pipeline, lang, source_langs)}
            docs = predict(loaded[lang], own.docs, own.given, quiet=quiet)
            cell = found_on(docs, time.perf_counter() - started)
            write_found(file, cell, {"pipeline": name, "domain": domain})
        found[name, domain] = cell
    return found


def _as_file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)[:40]
