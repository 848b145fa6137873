"""`xlner evaluate sources`: all subsets of the sources, with every voter."""

from __future__ import annotations

import csv
import json

import pytest

from tests.shared import xlner

PT = "A\tO\nMaria\tB-PER\nvive\tO\nem\tO\nLisboa\tB-LOC\n.\tO\n\n"
EN = "Maria\tB-PER\nlives\tO\nin\tO\nLisbon\tB-LOC\n.\tO\n\n"
ES = "María\tB-PER\nvive\tO\nen\tO\nLisboa\tB-LOC\n.\tO\n\n"
FR = "Maria\tB-ORG\nhabite\tO\nà\tO\nLisbonne\tO\n.\tO\n\n"  # this one is no good


@pytest.fixture
def files(tmp_path):
    for lang, content in {"pt": PT, "en": EN, "es": ES, "fr": FR}.items():
        (tmp_path / f"{lang}.conll").write_text(content * 4)
    return tmp_path


def measure(files, *langs, options=()):
    sources = [word for lang in langs for word in ("--source", f"{lang}={files / lang}.conll")]
    command = ["evaluate", "sources", files / "pt.conll", "--lang", "pt", *sources]
    return xlner(*command, "--output", files / "out", "-q", *options)


@pytest.mark.models
def test_every_subset_is_decided_by_every_voter(files):
    result = measure(files, "en", "es", "fr")
    assert result.exit_code == 0, result.output
    rows = json.loads((files / "out" / "sources.json").read_text())
    f1 = {(row["voter"], *row["sources"]): row["f1"] for row in rows}
    assert [f1["alone", lang] for lang in ("en", "es", "fr")] == [1.0, 1.0, 0.0]
    # Two against one; where two disagree, nothing tells who is right, and Maria is an ORG.
    assert f1["Rover", "en", "es", "fr"] == f1["BEA, learnt", "en", "es", "fr"] == 1.0
    assert f1["Consensus", "en", "es"] == 1.0
    assert ("BEA, learnt", "en", "fr") not in f1
    assert len(rows) == 3 + 3 * 4 + 5
    # The same figures in all files.
    with (files / "out" / "sources.csv").open() as file:
        assert [float(row["f1"]) for row in csv.DictReader(file)] == [row["f1"] for row in rows]
    assert "Best single source: en, 1.0000" in result.stdout
    assert result.stdout == (files / "out" / "sources.md").read_text()
    assert "source languages" in (files / "out" / "sources.svg").read_text()


@pytest.mark.models
def test_no_more_subsets_than_wanted(files):
    assert measure(files, "en", "es", "fr", options=["--subsets", "2"]).exit_code == 0
    rows = json.loads((files / "out" / "sources.json").read_text())
    sizes = {len(row["sources"]) for row in rows}
    chosen = {
        size: {tuple(r["sources"]) for r in rows if len(r["sources"]) == size} for size in sizes
    }
    assert {size: len(subsets) for size, subsets in chosen.items()} == {1: 2, 2: 2, 3: 1}


def test_a_source_that_is_not_there(files):
    result = measure(files, "en", "de")
    assert result.exit_code == 1
    assert "de.conll" in result.stderr
