"""`xlner encoder`: the embedded encoder as a Hugging Face folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .options import Debug


def encoder(
    output: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    debug: Debug = False,
) -> None:
    """Write the embedded encoder, multilingual-e5-small, as a Hugging Face folder.

    For what takes a local model: [paths] encoder of configs/ner_trf.cfg, SimAlign, transformers.
    """
    write_encoder(output)
    print(f"Wrote {output}", file=sys.stderr)


def write_encoder(output: Path) -> None:
    """Copy the encoder; the folder appears when it is complete.

    RAISES: InputError if the folder is there already or cannot be made; SetupError if the
        offline extra is not installed.
    """
    from ..files import make_folder
    from ..models.embedded import encoder_path

    if output.exists():
        raise InputError(f"{output} exists already.", hint="Name a folder that does not exist.")
    source = encoder_path()
    make_folder(output.parent)
    partial = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        shutil.copytree(source, partial, dirs_exist_ok=True)
        partial.chmod(0o755)
        os.replace(partial, output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
