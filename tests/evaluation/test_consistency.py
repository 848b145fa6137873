"""`xlner evaluate consistency`: by hand, on two pairs of sentences."""

from __future__ import annotations

import json

import pytest
import spacy

from tests.shared import xlner

EN = "Maria\tB-PER\nlives\tO\nin\tO\nLisbon\tB-LOC\n.\tO\n\nPetrobras\tB-ORG\nopened\tO\n.\tO\n"
PT = "A\tO\nMaria\tB-PER\nvive\tO\nem\tO\nLisboa\tB-LOC\n.\tO\n\nA\tO\nPetrobras\tB-LOC\nabriu\tO\n.\tO\n"


def ruler(folder, **names):
    nlp = spacy.blank("xx")
    patterns = [{"label": label, "pattern": name} for name, label in names.items()]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def files(tmp_path):
    (tmp_path / "en.conll").write_text(EN)
    (tmp_path / "pt.conll").write_text(PT)
    ruler(tmp_path / "source", Maria="PER", Lisbon="LOC", Petrobras="ORG")
    ruler(tmp_path / "target", Maria="PER", Petrobras="ORG")
    return tmp_path


def compare(files, *options, source="en=en.conll"):
    lang, file = source.split("=")
    given = ["--lang", "pt", "--source", f"{lang}={files / file}", "-o", files / "out.json", "-q"]
    result = xlner("evaluate", "consistency", files / "pt.conll", *given, *options)
    return result, json.loads((files / "out.json").read_text()) if not result.exit_code else None


@pytest.mark.models
def test_figures_by_hand(files):
    pipelines = ["--pipeline", files / "target", "--source-pipeline", files / "source"]
    result, metrics = compare(files, *pipelines)
    assert result.exit_code == 0, result.output
    assert metrics["en"] == {
        "sentences": 2,
        # {PER, LOC} and {PER}, {ORG} and {ORG}; of gold {ORG} and {LOC} in the second.
        "labels": {"f1": 0.8, "gold": 0.6667},
        "mentions": {"f1": 0.8, "gold": 0.6667},
        # Both annotations have Maria and Lisbon; the target misses Lisbon.
        "weakness": 0.5,
        "mirror": 0.0,
        "shared": 2,
        "source_f1": 1.0,
        "target_f1": 0.4,
        "left_out": 0,
    }
    assert "en-pt" in result.stdout


@pytest.mark.models
def test_the_recogniser_is_consistent_where_nothing_is_named(files):
    result, metrics = compare(files)
    assert result.exit_code == 0, result.output
    assert metrics["en"]["labels"]["f1"] == metrics["en"]["mentions"]["f1"] == 1.0
    assert metrics["en"]["weakness"] == metrics["en"]["mirror"] == 0.0


def test_files_that_cannot_be_compared(files):
    result, _ = compare(files, source="en=none.conll")
    assert result.exit_code == 1
    assert "none.conll" in result.stderr
    result, _ = compare(files, "--source", f"en={files / 'en.conll'}")
    assert "a language is given twice" in result.stderr
