"""`xlner evaluate sources`: all subsets of the sources, with every voter."""

from __future__ import annotations

import csv
import json

import pytest

from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.corpora import parallel_files

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
    outcome = json.loads((files / "out" / "sources.json").read_text())
    rows = outcome["measured"]
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
    # French, which the others contradict, comes last in the ranking without labels.
    assert outcome["order"][-1] == "fr"
    assert [row["f1"] for row in outcome["first"]] == [1.0, 1.0, 1.0]
    assert "ranked by agreement: en, es, fr" in result.stdout.lower()
    assert result.stdout == (files / "out" / "sources.md").read_text()
    assert "source languages" in (files / "out" / "sources.svg").read_text()


@pytest.mark.models
def test_no_more_subsets_than_wanted(files):
    assert measure(files, "en", "es", "fr", options=["--subsets", "2"]).exit_code == 0
    rows = json.loads((files / "out" / "sources.json").read_text())["measured"]
    sizes = {len(row["sources"]) for row in rows}
    chosen = {
        size: {tuple(r["sources"]) for r in rows if len(r["sources"]) == size} for size in sizes
    }
    assert {size: len(subsets) for size, subsets in chosen.items()} == {1: 2, 2: 2, 3: 1}


def test_a_source_that_is_not_there(files):
    result = measure(files, "en", "de")
    assert result.exit_code == 1
    assert "de.conll" in result.stderr


@pytest.mark.models
def test_two_sources_are_ranked_by_likeness(files):
    result = measure(files, "en", "es")
    assert result.exit_code == 0, result.output
    outcome = json.loads((files / "out" / "sources.json").read_text())
    assert outcome["ordered_by"] == "likeness"
    assert sorted(outcome["order"]) == ["en", "es"]


@pytest.mark.models
@pytest.mark.data
def test_a_corpus_by_name(data, tmp_path):
    result = xlner(
        *("evaluate", "sources", "--corpus", "uner-pud", "--target", "pt", "--limit", "40", "-q"),
        *("--output", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.output
    outcome = json.loads((tmp_path / "out" / "sources.json").read_text())
    assert set(outcome["order"]) >= {"en", "de", "zh"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "uner-pud"], "It is not clear what is to be measured"),
        (["--corpus", "uner-pud", "--target", "pt", "--lang", "pt"], "--corpus goes with --target"),
        (["--corpus", "nowhere", "--target", "pt"], "There is no corpus 'nowhere'"),
        ([], "Give --corpus uner-pud --target pt"),
    ],
)
def test_what_is_missing_is_named(tmp_path, arguments, message):
    result = xlner("evaluate", "sources", *arguments, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_corpus_that_is_not_parallel(tmp_path):
    (tmp_path / "masakhaner2").mkdir()
    (tmp_path / "masakhaner2" / "swa.test.txt").write_text("a O\n")
    with pytest.raises(InputError, match="is not parallel"):
        parallel_files("masakhaner2", "sw", tmp_path)
