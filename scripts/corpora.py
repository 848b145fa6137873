"""Gold corpora: the extra assets of project.yml.

    python scripts/corpora.py [NAME...]

NAME is a corpus of `xlner evaluate compare` (europarl-ner, uner-pud, masakhaner2, pan-x, or one
language of it, pan-x:sw), or the path of one file. Without any: those of the workflow `bosque`.

Each comes from the folder that XLNER_DATA names, or is downloaded; one that is there stays. One that
does not have the checksum of project.yml is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import tarfile
import urllib.request
import zipfile
from pathlib import Path
from typing import IO

import srsly

from xlner_spacy.errors import InputError, XlnerError
from xlner_spacy.evaluation.corpora import KNOWN
from xlner_spacy.files import atomic_file

ASSETS = Path("assets")


def fetch(file: Path, asset: dict[str, str], local: Path | None) -> None:
    """Put one asset in its place. `local` has it in a folder of the same name.

    RAISES: InputError that says where to put the file if it can be had nowhere, or if it does not
        have the asset's checksum.
    """
    if file.is_file():
        return
    name = Path(file.parent.name) / file.name
    file.parent.mkdir(parents=True, exist_ok=True)
    if local is not None and (local / name).is_file():
        with (local / name).open("rb") as original, atomic_file(file) as copy:
            copy_checked(original, copy, asset, str(local / name))
        return
    url = asset["url"]
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, atomic_file(file) as copy:
            copy_checked(answer, copy, asset, url)
    except OSError as error:  # URLError and timeouts among them
        raise InputError(
            f"{name} cannot be downloaded from {url} ({error}).",
            hint=f"Put it at {file}, or set XLNER_DATA to a folder that has {name}.",
        ) from error


def copy_checked(original: IO[bytes], copy: IO[bytes], asset: dict[str, str], origin: str) -> None:
    """RAISES: InputError if what was copied does not have the asset's checksum."""
    digest = hashlib.md5(usedforsecurity=False)
    while block := original.read(1 << 20):
        digest.update(block)
        copy.write(block)
    if asset.get("checksum", digest.hexdigest()) != digest.hexdigest():
        raise InputError(
            f"{origin} is another version of {asset['dest']}: its MD5 is {digest.hexdigest()}, "
            f"that in project.yml {asset['checksum']}.",
            hint=f"Use the file from {asset['url']}. If that is the one, correct the checksum.",
        )


def unpack(archive: Path, lang: str) -> list[Path]:
    """Take the test files of one language, or of all (""), out of PAN-X's archive: a zip with
    a .tar.gz for each language.

    RAISES: InputError if it is no such archive, or has not that language.
    """
    made = []
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.namelist():
                code = Path(member).name.removesuffix(".tar.gz")
                if not member.endswith(".tar.gz") or lang not in ("", code):
                    continue
                with tarfile.open(fileobj=io.BytesIO(packed.read(member))) as inner:
                    made += _take(inner, archive.parent / code / "test")
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise InputError(
            f"{archive} is not PAN-X's archive ({error}).", hint="Delete it and fetch it again."
        ) from error
    if not made:
        raise InputError(f"{archive} has no test file of {lang or 'any language'!r}.")
    return made


def _take(archive: tarfile.TarFile, file: Path) -> list[Path]:
    for member in archive.getmembers():
        content = archive.extractfile(member) if Path(member.name).name == "test" else None
        if content is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(file) as copy:
                shutil.copyfileobj(content, copy)
            return [file]
    return []


def fetch_pan_x(lang: str, asset: dict[str, str], local: Path | None) -> list[Path]:
    """The test file of one language, or of all: as it is in `local`, or out of the archive."""
    file = ASSETS / "pan_x" / lang / "test"
    if lang and not file.is_file() and local is not None:
        original = local / "pan_x" / lang / "test"
        if original.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(file) as copy:
                copy.write(original.read_bytes())
    if lang and file.is_file():
        return [file]
    archive = ASSETS / "pan_x" / "panx_dataset.zip"
    fetch(archive, asset, local)
    return unpack(archive, lang)


def main(wanted: list[str]) -> None:
    """Fetch what is wanted, or what the workflow `bosque` needs."""
    project = srsly.read_yaml("project.yml")
    assets = {asset["dest"]: asset for asset in project["assets"]}
    folder = os.environ.get("XLNER_DATA")
    local = Path(folder) if folder else None
    (bosque,) = (c["outputs"] for c in project["commands"] if c["name"] == "corpora")
    for name in wanted or bosque:
        if name.partition(":")[0] == "pan-x":
            archive = assets["assets/pan_x/panx_dataset.zip"]
            made = fetch_pan_x(name.partition(":")[2], archive, local)
        else:
            made = [Path(dest) for dest in _files(name, assets)]
            for file in made:
                fetch(file, assets[file.as_posix()], local)
        print(*made, sep="\n")


def _files(name: str, assets: dict[str, dict[str, str]]) -> list[str]:
    """The assets of a corpus, or the one of that path."""
    if name in assets:
        return [name]
    if name not in KNOWN:
        raise InputError(f"There is no corpus {name!r}.", hint=f"Known: {', '.join(KNOWN)}.")
    start = (ASSETS / KNOWN[name].target).parent.as_posix()
    return [dest for dest in assets if dest.startswith(f"{start}/")]


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except XlnerError as error:
        sys.exit(f"Error: {error}")
