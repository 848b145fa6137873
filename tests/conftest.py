"""Real parts wherever one can run: the offline models, made once for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from spacy.language import Language

from tests.shared import blank_with


@pytest.fixture(scope="session")
def nlp() -> Language:
    """The default pipeline for Portuguese, on the embedded models."""
    nlp = blank_with()
    return nlp


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of gold data that is not part of the project."""
    folder = os.environ.get("XLNER_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip(
            "needs gold data: set XLNER_DATA to a folder that has europarl_ner, uner_pud, ..."
        )
    return Path(folder)


TEXTS = [
    "A Petrobras abriu um escritório em Maputo.",
    "O presidente Luiz Inácio Lula da Silva recebeu António Guterres em Brasília.",
    "Bom dia, Teresa! Podes confirmar a reunião com o João Pacheco no Porto?",
]


@pytest.fixture
def texts() -> list[str]:
    return list(TEXTS)
