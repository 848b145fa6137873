"""The parts of a build on disk: shards of Docs, and a record of each part.

A part is a fixed number of input texts. Its shards are written first, its record last: a
part that has a record is done. The record has digests of the input and of the shards, so that
a changed input and a shard that was cut off are found and named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc, DocBin

from ..errors import InputError
from ..files import atomic_file, read_json, write_json
from .manifest import FILE, read_manifest

RECORDS = "parts"
SPLITS = ("train", "dev")


class PackedShard(NamedTuple):
    """The Docs of a split.

    texts (int): How many they are.
    content (bytes): Their DocBin.
    """

    texts: int
    content: bytes


@dataclass(frozen=True)
class MadePart:
    """A finished part, wherever it was made, as it is written.

    input_sha256 (str): The digest of the texts that it was made from.
    record (dict): Counts and examples, for the manifest.
    """

    number: int
    input_sha256: str
    shards: dict[str, PackedShard]
    record: dict[str, Any]


def prepare(folder: Path) -> None:
    """Make the folders. (What a killed run left half-written goes when it is written again.)"""
    for name in (RECORDS, *SPLITS):
        (folder / name).mkdir(parents=True, exist_ok=True)


def pack(docs: Mapping[str, Sequence[Doc]]) -> dict[str, PackedShard]:
    """The shards of a part's Docs, by split. A split without Docs has none."""
    return {
        split: PackedShard(len(split_docs), DocBin(docs=split_docs).to_bytes())
        for split, split_docs in docs.items()
        if split_docs
    }


def write_part(folder: Path, made: MadePart) -> None:
    """Write a part's shards, then its record."""
    shards = {}
    for split, packed in made.shards.items():
        file = folder / split / f"{made.number:05}.spacy"
        with atomic_file(file) as shard:
            shard.write(packed.content)
        shards[split] = {
            "file": f"{split}/{file.name}",
            "texts": packed.texts,
            "bytes": len(packed.content),
            "sha256": hashlib.sha256(packed.content).hexdigest(),
        }
    write_json(
        record_file(folder, made.number),
        {"part": made.number, "input_sha256": made.input_sha256, **made.record, "shards": shards},
    )


def read_part(folder: Path, number: int, input_digest: str) -> dict[str, Any] | None:
    """The record of a part that is done; None if it is not.

    RAISES: InputError if the input is not the one that the part was made from, or a shard is
        missing, cut off or changed.
    """
    file = record_file(folder, number)
    if not file.exists():
        return None
    record = read_json(file)
    if record.get("input_sha256") != input_digest:
        raise InputError(
            f"{folder}: the texts of part {number} are not those that it was made from.",
            hint="The input has changed since: build into another folder.",
        )
    for shard in record["shards"].values():
        _check_shard(folder, shard, file)
    return record


def records(folder: Path) -> list[dict[str, Any]]:
    """All records of a build, in order."""
    return [read_json(file) for file in sorted((folder / RECORDS).glob("*.json"))]


def check_split(folder: Path) -> int | None:
    """A folder of shards may be read if the build that it belongs to is finished and it has
    that build's shards and no others. A folder that belongs to no build may be read.

    RETURNS: How many shards it has; None if it belongs to no build.
    RAISES: InputError if it may not be read.
    """
    build = folder.resolve().parent
    if folder.resolve().name not in SPLITS or not (build / FILE).is_file():
        return None
    if not read_manifest(build).get("complete"):
        raise InputError(
            f"{folder} belongs to an xlner build that is not finished.",
            hint="Run the same `xlner build` command again: it goes on where it was.",
        )
    known = set()
    for record in records(build):
        shard = record["shards"].get(folder.resolve().name)
        if shard:
            known.add(Path(shard["file"]).name)
            _check_shard(build, shard, record_file(build, record["part"]))
    strange = sorted({path.name for path in folder.glob("*.spacy")} - known)
    if strange:
        raise InputError(
            f"{folder} has files that its build did not write: {', '.join(strange[:5])}.",
            hint="Move them elsewhere; several corpora are read as a list of paths.",
        )
    return len(known)


def _check_shard(folder: Path, shard: dict[str, Any], record_file: Path) -> None:
    path = folder / shard["file"]
    if not path.is_file():
        problem = "is missing"
    elif path.stat().st_size != shard["bytes"]:
        problem = f"has {path.stat().st_size} bytes, not {shard['bytes']}"
    else:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == shard["sha256"]:
                return
        problem = "has other content than was written"
    raise InputError(
        f"{path} {problem}.",
        hint=f"Delete {record_file} and run the same command again: only this part is built again.",
    )


def record_file(folder: Path, number: int) -> Path:
    """Where the record of a part is, if the part is done."""
    return folder / RECORDS / f"{number:05}.json"
