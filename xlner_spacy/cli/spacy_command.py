"""`spacy xl ...`: spaCy imports this module through the entry point group `spacy_cli`."""

from __future__ import annotations

from spacy.cli import app as spacy_app

from .app import app

spacy_app.add_typer(app, name="xl", help="Named entities for any language, by projection.")

__all__ = ["app"]
