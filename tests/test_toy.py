"""A part of a user's, in one file: everything that lists or compares parts knows it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import spacy
from thinc.api import Config, ConfigValidationError

from tests.shared import blank_with, xlner
from xlner_spacy.reports.card import render_card
from xlner_spacy.reports.facts import parts
from xlner_spacy.silver.builder import BuildOptions, build
from xlner_spacy.silver.manifest import read_manifest
from xlner_spacy.silver.selection import Selection

CODE = Path(__file__).with_name("toy_measure.py")
TOY = {"@xl_measures": "toy.SameLength.v1", "unit": "characters"}
EN = "Maria B-PER\nlives O\nin O\nLisbon B-LOC\n. O\n"
PT = "A O\nMaria B-PER\nvive O\nem O\nLisboa B-LOC\n. O\n"


def run(*args):
    result = xlner(*args)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """Of a build whose pipeline has the toy."""
    run("info", "--code", CODE)
    place = tmp_path_factory.mktemp("toy")
    (place / "raw.txt").write_text("A Maria vive em Lisboa.\n", encoding="utf8")
    nlp = blank_with(measure=TOY)
    build([place / "raw.txt"], place / "silver", nlp, BuildOptions(), Selection(dev_rate=0.0))
    return read_manifest(place / "silver")


def test_info_says_what_it_is_and_what_is_missing():
    shown = json.loads(run("info", "--code", CODE, "--json"))["backends"]["xl_measures"]
    assert shown["toy.SameLength.v1"] == {
        "does": "likeness of lengths",
        "needs": "package no_such_module",
        "missing": "the Python package no_such_module",
        "install": "pip install toy",
    }
    assert "likeness of" in run("info", "--code", CODE)


@pytest.mark.models
def test_the_manifest_the_report_and_the_card_have_it(manifest):
    (component,) = manifest["settings"]["components"].values()
    assert component["measure"] == TOY
    (part,) = [part for part in parts(manifest["settings"]) if part.function == TOY["@xl_measures"]]
    assert part.what == "likeness of lengths"
    assert part.versions == [f"spacy {spacy.__version__}"]
    assert part.arguments == {"unit": "characters"}
    card = render_card({**spacy.blank("pt").meta, "name": "toy", "sources": []}, [manifest], {})
    assert f"| likeness of lengths | spacy {spacy.__version__} |" in card


def test_methods_with_it_are_compared(tmp_path):
    for name, text in (("en", EN), ("pt", PT)):
        (tmp_path / f"{name}.conll").write_text(text.replace(" ", "\t") + "\n", encoding="utf8")
    configs = []
    for name, measure in (("toy", TOY), ("default", None)):
        projector = {"factory": "xl_projector", "measure": measure}
        settings = {"nlp": {"lang": "xx", "pipeline": ["xl_projector"]}}
        config = Config({**settings, "components": {"xl_projector": projector}})
        configs.append(tmp_path / f"{name}.cfg")
        config.to_disk(configs[-1])
    corpus = f"en-pt={tmp_path / 'en.conll'},{tmp_path / 'pt.conll'}"
    options = ["--corpus", corpus, "--output", tmp_path / "out", "--code", CODE]
    run("evaluate", "compare", *configs, *options)
    rows = csv.DictReader((tmp_path / "out" / "compare.csv").open(encoding="utf8"))
    assert [(row["method"], row["error"]) for row in rows] == [("toy", ""), ("default", "")]


def test_its_settings_are_checked():
    run("info", "--code", CODE)
    with pytest.raises(ConfigValidationError, match="unit"):
        spacy.registry.resolve({"measure": {**TOY, "unit": "inches"}})
