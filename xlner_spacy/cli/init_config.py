"""`xlner init config`: the default pipeline of a language pair, written out as a config."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from wasabi import msg

from ..errors import InputError
from .options import Debug, RequiredLang, SourceLangs

init_app = typer.Typer(no_args_is_help=True, help="Write configs.")


@init_app.callback()
def init() -> None:
    """Write configs."""


@init_app.command("config")
def init_config(
    output: Annotated[
        str, typer.Argument(metavar="OUT.cfg", help="The file to write; - for standard output.")
    ],
    lang: RequiredLang,
    source_lang: SourceLangs = None,
    force: Annotated[bool, typer.Option("--force", "-F", help="Replace the file.")] = False,
    debug: Debug = False,
) -> None:
    """Write the default pipeline for a language as a complete config.

    Nothing in it is left to be chosen, so it does the same on every machine. Change it and give
    it to --config of the other commands, or train from it.
    """
    from ..files import atomic_file, check_place
    from ..pipeline.loading import default_config

    path = Path(output)
    if output != "-":
        check_place(path)
        if path.exists() and not force:
            raise InputError(f"{path} exists already.", hint="Add --force to replace it.")
    text = default_config(lang, source_lang or ["en"]).to_str()
    if output == "-":
        sys.stdout.write(text + "\n")
        return
    with atomic_file(path) as file:
        file.write(f"{text}\n".encode())
    msg.good(f"Wrote {path}")
    msg.text(f"Use it: xlner project texts.txt out.jsonl --config {path}")
