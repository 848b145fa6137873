"""Finds the files of a model that are cut off or empty, so that an error can name them."""

from __future__ import annotations

import json
import zipfile
from importlib import metadata
from pathlib import Path

# Files that a model cannot be loaded with if they are empty.
_NEVER_EMPTY = {".bin", ".json", ".model", ".npz", ".safetensors", ".spm", ".xml"}


def damaged_files(folder: Path) -> list[str]:
    """The files of a model folder that are damaged as far as their format shows it, relative to
    the folder. Weights that are whole but wrong are not noticed."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [str(file.relative_to(folder)) for file in files if _is_damaged(file)]


def damaged_wheel_files(package: str) -> list[Path]:
    """The files of an installed distribution that are missing or not as long as its RECORD says.

    Some engines end the whole process when their model is cut off: look before they load it.
    """
    found = []
    for file in metadata.files(package) or []:
        if file.size is None:
            continue
        path = Path(str(file.locate()))
        if not path.is_file() or path.stat().st_size != file.size:
            found.append(path)
    return found


def _is_damaged(file: Path) -> bool:
    if file.stat().st_size == 0:
        return file.suffix in _NEVER_EMPTY
    if file.suffix == ".json":
        return not _is_json(file.read_bytes())
    if file.suffix == ".safetensors":
        return not _is_whole_safetensors(file)
    with file.open("rb") as opened:
        is_archive = opened.read(4) == b"PK\x03\x04"
    return is_archive and not zipfile.is_zipfile(file)


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except ValueError:  # of these is UnicodeDecodeError
        return False
    return True


def _is_whole_safetensors(file: Path) -> bool:
    """Its header is JSON behind its length (8 bytes), and says where the last tensor ends."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length > file.stat().st_size:
            return False
        header = opened.read(length)
    if not _is_json(header):
        return False
    tensors = [value for key, value in json.loads(header).items() if key != "__metadata__"]
    end = max((tensor["data_offsets"][1] for tensor in tensors), default=0)
    return file.stat().st_size == 8 + length + end
