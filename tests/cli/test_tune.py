"""`xlner tune`: from texts without labels to a config that is used at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.shared import xlner
from xlner_spacy.pipeline.loading import load

PAIRS = [
    ("A {} abriu um escritório em {}.", "{} opened an office in {}."),
    ("O presidente da {} mora em {}.", "The president of {} lives in {}."),
]
FIRMS = ("Petrobras", "Siemens", "Volkswagen", "Embraer")
PLACES = ("Maputo", "Lisboa", "Luanda", "Braga", "Recife", "Porto", "Berlin")


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """Texts with translations."""
    monkeypatch.chdir(tmp_path)
    lines = [
        {"text": target.format(firm, place), "translation": source.format(firm, place)}
        for target, source in PAIRS
        for firm in FIRMS
        for place in PLACES
    ]
    Path("in.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    return "in.jsonl"


@pytest.mark.models
def test_a_config_that_project_uses(texts):
    result = xlner("tune", texts, "--lang", "pt", "--output", "pt.cfg", "-q")
    assert result.exit_code == 0, result.output
    figures = json.loads(Path("pt.json").read_text())
    assert figures["texts"] == 56
    assert set(figures["methods"]) >= {"default", "bea", "projection", "transfer"}
    assert figures["failed"] == {}
    chosen = figures["chosen"]
    assert f"\n{chosen} *" in result.stdout
    nlp = load("pt.cfg")
    doc = nlp("A Petrobras abriu um escritório em Maputo.")
    assert ("Maputo", "LOC") in [(ent.text, ent.label_) for ent in doc.ents]
    result = xlner("project", texts, "out.jsonl", "--config", "pt.cfg", "--lang", "pt", "-q")
    assert result.exit_code == 0, result.output
    n_found = sum(
        len(json.loads(line)["ents"]) for line in Path("out.jsonl").read_text().splitlines()
    )
    assert n_found == figures["methods"][chosen]["entities"]


@pytest.mark.models
def test_a_method_of_ones_own_and_few_texts(texts):
    Path("few.jsonl").write_text(Path(texts).read_text().splitlines()[0])
    own = (
        '[nlp]\nlang = "xx"\npipeline = ["xl_projector"]\n[components]\n[components.xl_projector]\n'
    )
    own += 'factory = "xl_projector"\n'
    Path("mine.cfg").write_text(
        own + '[components.xl_projector.matcher]\n@xl_matchers = "xlner.Greedy.v1"\n'
    )
    Path("broken.cfg").write_text(own.replace('["xl_projector"]', '["nothing"]'))
    arguments = ("--method", "mine=mine.cfg", "--method", "broken=broken.cfg", "-o", "pt.cfg", "-q")
    result = xlner("tune", "few.jsonl", "--lang", "pt", *arguments)
    assert result.exit_code == 0, result.output
    assert "broken cannot run: " in result.stderr
    figures = json.loads(Path("pt.json").read_text())
    assert set(figures["methods"]) == {"default", "projection", "transfer", "mine"}
    assert set(figures["failed"]) == {"broken"}
    assert figures["chosen"] == "default"
    assert load("pt.cfg").get_pipe_config("xl_projector")["own_voice"] is True


def test_what_cannot_be_compared(texts):
    Path("empty.txt").write_text("\n\n")
    Path("own.cfg").write_text('[nlp]\nlang = "xx"\npipeline = ["sentencizer"]\n[components]\n'
                               '[components.sentencizer]\nfactory = "sentencizer"\n')  # fmt: skip
    for arguments, message in (
        (("empty.txt", "-o", "pt.cfg"), "empty.txt has no text"),
        (("none.txt", "-o", "pt.cfg"), "none.txt does not exist"),
        ((texts, "-o", "pt.json"), "pt.json does not end in .cfg"),
        ((texts, "-o", "no/pt.cfg"), "its folder does not exist"),
        ((texts, "-o", "own.cfg", "--config", "own.cfg"), "own.cfg is an input"),
        ((texts, "-o", "pt.cfg", "--config", "own.cfg"), "has 0 components xl_projector, not one"),
        ((texts, "-o", "pt.cfg", "--method", "mine"), "is no name and config"),
        ((texts, "-o", "pt.cfg", "--method", "default=own.cfg"), "two methods 'default'"),
        ((texts, "-o", "pt.cfg", "--method", "mine=none.cfg"), "there is no such config file"),
        ((texts, "-o", "pt.cfg", "--source-lang", "pt"), "The source language is the target"),
    ):
        result = xlner("tune", *arguments, "--lang", "pt", "-q")
        assert result.exit_code == 1, arguments
        assert message in result.stderr, arguments
        assert not Path("pt.cfg").exists()
    result = xlner("tune", texts, "-o", "pt.cfg", "--lang", "klingon!", "-q")
    assert result.exit_code == 1
    assert "is not the code of a language" in result.stderr
