"""`xlner init project`: the project file, with the configs, scripts and sample texts that its commands read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from wasabi import msg

from ..errors import InputError, SetupError
from .options import Debug

PACKAGE = Path(__file__).parents[1]
_PATTERNS = Path(__file__).with_name("template.txt")


def init_project(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A new folder, or an empty one.")
    ],
    debug: Debug = False,
) -> None:
    """Write the project file, and what its commands read: configs, scripts, sample texts.

    `spacy project run all` in it goes from the sample texts to an installed model; put your own texts in their place.
    """
    count = copy_template(folder)
    msg.good(f"Wrote {count} files into {folder}")
    msg.text(f"Run it: cd {folder} && spacy project run all")


def copy_template(folder: Path) -> int:
    """Write the template into a folder: all of it, or nothing.

    RETURNS: The number of files.
    RAISES: InputError if there is something already; SetupError if the package came without its template.
    """
    root = _root()
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(f"{folder} exists already.", hint="Name a folder that is new or empty.")
    folder.mkdir(parents=True, exist_ok=True)
    names = [file.relative_to(root) for file in _files(root)]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".draft-") as draft:
        for name in names:
            target = Path(draft) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
        for part in Path(draft).iterdir():
            part.replace(folder / part.name)
    return len(names)


def _root() -> Path:
    """In a wheel, the folder that setup.py adds; in a checkout, the checkout."""
    for root in (PACKAGE / "template", PACKAGE.parent):
        if (root / "project.yml").is_file() and (root / "configs" / "ner_student.cfg").is_file():
            return root
    raise SetupError(
        "This installation came without the project's template.",
        hint="Install xlner-spacy from a wheel, or from a whole checkout.",
    )


def _files(root: Path) -> Iterator[Path]:
    for pattern in _PATTERNS.read_text(encoding="utf8").split():
        yield from sorted(root.glob(pattern))
