"""Download every asset of project.yml: compare its checksum, or add one where there is none.

    python scripts/checksums.py

Ends with 1 if a checksum differs or a download fails; those that could be had are added all the same.
"""

from __future__ import annotations

import hashlib
import sys
import urllib.request
from pathlib import Path

import srsly
from wasabi import msg

from xlner_spacy.files import atomic_file

PROJECT = Path("project.yml")


def md5_of(url: str) -> str:
    """The MD5 of what the URL gives, as `spacy project assets` computes it.

    RAISES: OSError if it cannot be downloaded.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=60) as answer:
        while block := answer.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def with_checksum(text: str, url: str, checksum: str) -> str:
    """The project file with a checksum below an asset's URL; the comments stay as they are."""
    line = f'    url: "{url}"\n'
    return text.replace(line, f'{line}    checksum: "{checksum}"\n')


def main() -> bool:
    """Check all assets. False if one is wrong, or could not be had."""
    text = PROJECT.read_text(encoding="utf8")
    fine = True
    for asset in srsly.read_yaml(PROJECT)["assets"]:
        dest, url, known = asset["dest"], asset["url"], asset.get("checksum")
        try:
            found = md5_of(url)
        except OSError as error:
            msg.fail(f"{dest}: cannot be downloaded from {url} ({error})")
            fine = False
            continue
        if known is None:
            text = with_checksum(text, url, found)
            msg.info(f"{dest}: added {found}")
        elif known == found:
            msg.good(dest)
        else:
            msg.fail(f"{dest}: {url} has {found}, {PROJECT} says {known}")
            fine = False
    with atomic_file(PROJECT) as file:
        file.write(text.encode("utf8"))
    return fine


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
