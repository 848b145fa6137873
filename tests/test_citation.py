"""CITATION.cff says what the package says of itself."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import srsly

from xlner_spacy.about import __version__

ROOT = Path(__file__).parents[1]


def test_version_licence_and_authors_are_those_of_the_package():
    citation = srsly.read_yaml(ROOT / "CITATION.cff")
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf8")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == __version__
    assert citation["license"] == setup["metadata"]["license"]
    assert [author["name"] for author in citation["authors"]] == [setup["metadata"]["author"]]


def test_a_reference_has_what_the_format_asks_for():
    references = srsly.read_yaml(ROOT / "CITATION.cff")["references"]
    assert references
    for reference in references:
        assert {"type", "title", "authors"} <= reference.keys()
        assert all(author["family-names"] for author in reference["authors"])
