"""Run a study.

    XLNER_DATA=... python -m studies adversarial [--quick]

Start it as often as there are processors: each process takes cells that no other has. Stopped and started again, it goes on.
"""

from __future__ import annotations

from typing import Annotated

import typer

from xlner_spacy.cli.app import errors_shown if False else None
