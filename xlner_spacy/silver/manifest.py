"""The manifest of a build: what was made, from what, with which settings and models.

It has no dates and no machine's paths beyond those given: two builds of the same input
with the same settings have the same manifest, byte for byte.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from spacy.language import Language

from ..errors import InputError
from ..files import read_json, write_json
from ..models.description import describe_name
from ..pipeline.loading import read_config
from ..settings import differences

FILE = "manifest.json"
FORMAT = 1

# Extras of our distribution that serve work on it or carry data, and that no silver corpus depends on.
_OF_DEVELOPERS = {"dev", "docs", "workflow", "ray", "remote", "parquet"}
# What it requires that prints, and changes no result.
_OF_THE_COMMAND_LINE = {"jinja2", "tqdm", "typer", "wasabi"}
_OURS = "xlner-spacy"
_CACHE = "xlner.Cache.v1"


def pipeline_settings(nlp: Language, models: Any = None) -> dict[str, Any]:
    """All that the results of a pipeline depend on besides the texts, as plain data.

    models: What the pipeline was made from, where its own config does not say: files, folders, and
        configs with components that have a `source`.
    """
    components = {name: dict(nlp.config["components"][name]) for name in nlp.pipe_names}
    return {
        "lang": nlp.lang,
        "components": components,
        "local_models": local_models([components, models]),
        "versions": versions(components),
    }


def versions(config: Any = None) -> dict[str, str | None]:
    """The version of this package and of each that its results depend on, those of its extras
    included. None: not installed.

    config (Any): Blocks, in any depth: what the parts in them depend on is included, parts of
        other packages among them.
    """
    required = {_OURS, *_required()}
    found: dict[str, str | None] = {}
    for name in sorted(required | _of_parts(config)):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            if name in required:
                found[name] = None
    return found


def _of_parts(config: Any) -> set[str]:
    """The distributions that the parts of a config say they depend on."""
    if isinstance(config, Mapping):
        found = set().union(*map(_of_parts, config.values()))
        for key, name in config.items():
            described = describe_name(key[1:], name) if key.startswith("@xl_") else None
            # Among them are names of models, which may be those of spaCy pipelines.
            found.update(described.packages(config) if described else ())
        return {name for name in found if "/" not in name}
    if isinstance(config, list | tuple):
        return set().union(*map(_of_parts, config))
    return set()


def _required() -> set[str]:
    ours = importlib.metadata.metadata(_OURS)
    extras = {"", *(ours.get_all("Provides-Extra") or ())} - _OF_DEVELOPERS
    requirements = map(Requirement, importlib.metadata.requires(_OURS) or ())
    return {
        requirement.name
        for requirement in requirements
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
    } - _OF_THE_COMMAND_LINE


def local_models(config: Any) -> dict[str, str]:
    """The files and folders that a config names, with a digest of the content of each: a model
    that is trained again under the same name is another model, and an edited file of
    translations another translator. A config that is named is searched too.

    config (Any): Blocks, in any depth.
    RETURNS (dict[str, str]): Path, as the config has it -> SHA-256 in hexadecimal.
    RAISES: InputError for a named .cfg file that is not a config.
    """
    found: dict[str, str] = {}
    _search(config, found)
    return found


def _search(value: Any, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        # A cache of translations grows with each run and changes nothing.
        is_cache = value.get("@xl_translators") == _CACHE
        for name, item in value.items():
            if not (is_cache and name == "folder"):
                _search(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _search(item, found)
    elif isinstance(value, str | Path) and str(value) and str(value) not in found:
        if os.path.isdir(value):
            found[str(value)] = _digest_of_folder(Path(value))
        elif os.path.isfile(value):
            found[str(value)] = _digest_of_file(Path(value)).hex()
            if str(value).endswith(".cfg"):
                _search(read_config(Path(value), interpolate=True), found)


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode())
        digest.update(_digest_of_file(file))
    return digest.hexdigest()


def _digest_of_file(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write it under its name when it is whole."""
    write_json(folder / FILE, manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """RAISES: InputError if the folder has none, or one that cannot be read."""
    manifest = read_json(folder / FILE)
    if manifest.get("format") != FORMAT or not isinstance(manifest.get("settings"), dict):
        raise InputError(
            f"{folder / FILE} is not a manifest that this version of xlner build writes.",
            hint="Build into another folder.",
        )
    return manifest


def has_more_labels(old: Any, new: Any) -> bool:
    """Whether a label map only added labels."""
    return bool(old) and bool(new) and old.items() <= new.items()


def check_same_settings(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    """RAISES: InputError that names every setting that differs."""
    found = differences(old, new)
    if found:
        raise InputError(
            f"{folder} was begun with other settings:\n  " + "\n  ".join(found),
            hint="Run it with the old settings to go on, or build into another folder.",
        )
