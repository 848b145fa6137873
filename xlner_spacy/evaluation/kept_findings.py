"""What pipelines find in texts, kept in files so that it is found once: labels and places of entities, and no texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc
from spacy.util import get_package_version, is_package

from ..document.failed_sources import has_failed
from ..errors import InputError
from ..files import read_json, resumed_after_full_disk, write_json
from ..silver.manifest import local_models
from .metrics import TokenEntity, losses, token_entities


class Found(NamedTuple):
    """What a pipeline found in texts.

    entities: Of each text, by the pipeline's own labels.
    losses: What it could not do, as of `losses`.
    failed (int): How many texts an error has cost their entities.
    seconds (float): The time it took.
    """

    entities: list[set[TokenEntity]]
    losses: dict[str, dict[str, int]]
    failed: int
    seconds: float


def found_on(docs: Sequence[Doc], seconds: float) -> Found:
    """What is on the Docs of a pipeline."""
    failed = sum(map(has_failed, docs))
    return Found([token_entities(doc) for doc in docs], losses(docs), failed, round(seconds, 3))


def made_of(pipeline: str | None) -> list[Any]:
    """What a pipeline's name stands for: the files that it names, or of a package the version."""
    if pipeline is None:
        return [None]
    version = get_package_version(pipeline) if is_package(pipeline) else None
    return [pipeline, version, *local_models([pipeline]).values()]


def read_found(file: Path, n_texts: int) -> Found | None:
    """None if there is no such file. RAISES: InputError if it is damaged, or of another number of texts."""
    if not file.is_file():
        return None
    try:
        kept = read_json(file)
        entities = [{(int(s), int(e), str(label)) for s, e, label in t} for t in kept["entities"]]
        found = Found(entities, dict(kept["losses"]), int(kept["failed"]), float(kept["seconds"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} is damaged ({error}).", hint="Delete it.") from error
    if len(entities) != n_texts:
        raise InputError(f"{file} is damaged: another number of texts.", hint="Delete it.")
    return found


def write_found(file: Path, found: Found, about: Mapping[str, Any]) -> None:
    """about: What it was found in, for readers of the file."""
    entities = [sorted(own) for own in found.entities]
    with resumed_after_full_disk(file):
        write_json(file, {**about, **found._asdict(), "entities": entities})
