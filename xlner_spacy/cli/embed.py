"""`xlner embed`: the embedded models as Hugging Face folders."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .options import Debug


def embed(
    name: Annotated[
        str, typer.Argument(help="Which: encoder, recogniser or aligner.", metavar="NAME")
    ],
    output: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    debug: Debug = False,
) -> None:
    """Write an embedded model as an ordinary Hugging Face folder, for everything that takes one:
    transformers, spacy-transformers, simalign.

    encoder: multilingual-e5-small as it was published. recogniser: the same, fine-tuned to find
    people, places and organisations. aligner: its first layers, fine-tuned to align words.
    """
    write_model(name, output)
    print(f"Wrote {output}", file=sys.stderr)


def write_model(name: str, output: Path) -> None:
    """Copy an embedded model; the folder appears when it is complete.

    RAISES: InputError if there is no such model, or the folder is there already or cannot be
        made; SetupError if the offline extra is not installed.
    """
    from ..files import make_folder
    from ..models.adapters import SKILLS, merged_path
    from ..models.embedded import encoder_path

    folders: dict[str, Callable[[], Path]] = {"encoder": encoder_path}
    folders |= {skill: partial(merged_path, skill) for skill in SKILLS}
    if name not in folders:
        raise InputError(
            f"There is no embedded model {name!r}.", hint=f"Name one of {', '.join(folders)}."
        )
    if output.exists():
        raise InputError(f"{output} exists already.", hint="Name a folder that does not exist.")
    source = folders[name]()
    make_folder(output.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        shutil.copytree(source, unfinished, dirs_exist_ok=True)
        unfinished.chmod(0o755)
        os.replace(unfinished, output)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
