from __future__ import annotations

import pytest

from tests.review.silver_folder import make_silver
from xlner_spacy.review.review_texts import read_silver


@pytest.fixture(scope="session")
def silver_folder(tmp_path_factory):
    """A finished build of six texts."""
    return make_silver(tmp_path_factory.mktemp("review"))


@pytest.fixture(scope="session")
def silver(silver_folder):
    return read_silver(silver_folder)
