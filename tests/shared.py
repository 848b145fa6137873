"""What many tests begin with: the command line, and pipelines of one component."""

from __future__ import annotations

from typing import Any

import spacy
from click.testing import Result
from spacy.language import Language
from typer.testing import CliRunner

from xlner_spacy.cli.app import app


def xlner(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def blank_with(component: str = "xl_projector", lang: str = "pt", **config: Any) -> Language:
    """A blank pipeline with one of our components."""
    nlp = spacy.blank(lang)
    nlp.add_pipe(component, config=config)
    return nlp
