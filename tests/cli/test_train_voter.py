"""`xlner train-voter`: from texts without labels to a file that a config names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy

from tests.shared import xlner
from xlner_spacy.errors import SetupError
from xlner_spacy.voters.bea import read_habits

NAMES = ("Ana", "Rui", "Eva")
# What each pipeline calls them: `one` and `two` agree, `three` takes Rui and Eva for places.
LABELS = {
    "one": ("PER", "PER", "PER"),
    "two": ("PER", "PER", "PER"),
    "three": ("PER", "LOC", "LOC"),
}


def ruler(labels, folder):
    nlp = spacy.blank("pt")
    patterns = [{"label": label, "pattern": n} for n, label in zip(NAMES, labels, strict=True)]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.to_disk(folder)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """The config of an ensemble of three, and texts."""
    monkeypatch.chdir(tmp_path)
    for name, labels in LABELS.items():
        ruler(labels, tmp_path / name)
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ensemble", config={"pipelines": {name: name for name in LABELS}})
    nlp.config.to_disk("ensemble.cfg")
    Path("in.txt").write_text("\n".join([f"{n} canta." for n in NAMES] * 40), encoding="utf8")
    return tmp_path / "ensemble.cfg"


def test_what_is_learnt_decides_afterwards(config):
    result = xlner("train-voter", "in.txt", "model.json", "--config", config, "-q")
    assert result.exit_code == 0, result.output
    assert "Wrote model.json. How often each gives an entity its label: one 0." in result.stderr
    habits = read_habits("model.json")
    assert habits.labels == ("", "LOC", "PER")
    person = {who: own[2] / own[2].sum() for who, own in habits.voters.items()}
    assert person["one"][2] == person["two"][2] > 0.85
    assert person["three"][1] > 0.4
    Path("one.txt").write_text("Rui canta.", encoding="utf8")
    nlp = spacy.blank("pt")
    block = {"@xl_voters": "xlner.BEA.v1", "model": "model.json"}
    nlp.add_pipe("xl_ensemble", config={"pipelines": {n: n for n in LABELS}, "voter": block})
    nlp.config.to_disk("learnt.cfg")
    result = xlner("project", "one.txt", "out.jsonl", "--config", "learnt.cfg", "-q")
    assert result.exit_code == 0, result.output
    (entity,) = json.loads(Path("out.jsonl").read_text(encoding="utf8"))["ents"]
    assert (entity["text"], entity["label"]) == ("Rui", "PER")
    assert entity["confidence"] > 0.95


def test_poor_voters_are_removed(config):
    result = xlner("train-voter", "in.txt", "model.json", "--config", config, "--keep", "2", "-q")
    assert result.exit_code == 0, result.output
    assert "three 0." in result.stderr
    assert read_habits("model.json").removed == ("three",)


def test_what_cannot_be_learnt_from(config):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ensemble", config={"pipelines": {"one": "one", "two": "two"}})
    nlp.config.to_disk("two.cfg")
    for name, message in (
        ("two.cfg", "Voters to learn from: 'one', 'two'. It takes three."),
        ("one", "No component of the pipeline has a voter (entity_ruler)."),
    ):
        result = xlner("train-voter", "in.txt", "model.json", "--config", name, "-q")
        assert result.exit_code == 1
        assert message in result.stderr
        assert not Path("model.json").exists()
    result = xlner("train-voter", "in.txt", "no/model.json", "--config", config, "-q")
    assert "cannot be written" in result.stderr


def gold(n, *labels):
    """A labelled file: the names, and what is right."""
    lines = [
        {"text": f"{name} canta.", "ents": [{"start": 0, "end": 3, "label": label}]}
        for name, label in zip(NAMES, labels, strict=True)
    ]
    path = Path("gold.jsonl")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines * n), encoding="utf8")
    return path


def test_weights_are_learnt_from_gold(config):
    file = gold(40, "PER", "LOC", "LOC")
    result = xlner("train-voter", file, "weights.json", "--config", config, "--gold", "-q")
    assert result.exit_code == 0, result.output
    assert "F1 of each alone on 120 texts: one 0.333; two 0.333; three 1.000." in result.stderr
    assert "Warning" not in result.stderr
    weights = json.loads(Path("weights.json").read_text())
    assert weights == {"one": 0.6, "two": 0.6, "three": 1.8}
    # The setting that takes them: `three` is now more than the other two.
    Path("one.txt").write_text("Rui canta.", encoding="utf8")
    for setting, label in (("{}", "PER"), (json.dumps(weights), "LOC")):
        voter = '{"@xl_voters": "xlner.Agreement.v1"}'
        options = ["--components.xl_ensemble.weights", setting]
        options += ["--components.xl_ensemble.voter", voter, "--config", config, "--force", "-q"]
        result = xlner("project", "one.txt", "out.jsonl", *options)
        assert result.exit_code == 0, result.output
        (entity,) = json.loads(Path("out.jsonl").read_text(encoding="utf8"))["ents"]
        assert entity["label"] == label


def test_gold_of_few_texts_is_warned_of(config):
    two = ruler_config("one", "two")
    result = xlner("train-voter", gold(1, *["PER"] * 3), "w.json", "--config", two, "--gold", "-q")
    assert result.exit_code == 0, result.output
    assert "Warning: gold.jsonl has 3 labelled texts; below 100" in result.stderr
    assert json.loads(Path("w.json").read_text()) == {"one": 1.0, "two": 1.0}


def test_a_voter_that_finds_nothing_right_counts_little(config):
    result = xlner(
        "train-voter", gold(1, "PER", "PER", "PER"), "w.json", "--config", config, "--gold", "-q",
        "--labels", "PER",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "three 0.500" in result.stderr
    file = gold(1, "LOC", "PER", "PER")
    result = xlner(
        "train-voter", file, "w.json", "--config", config, "--gold", "-q", "--labels", "LOC"
    )
    assert result.exit_code == 1
    assert "None of the voters ('one', 'two', 'three') has found an entity" in result.stderr
    assert "--labels" in result.stderr


def test_what_gold_cannot_be_used_for(config):
    file = gold(1, *["PER"] * 3)
    Path("empty.jsonl").write_text("")
    for arguments, message in (
        ((file, "w.json", "--gold", "--keep", "2"), "--keep and --gold do not go together"),
        ((file, "w.json", "--labels", "PER"), "give --gold too"),
        (("empty.jsonl", "w.json", "--gold"), "no labelled texts"),
        (("none.jsonl", "w.json", "--gold"), "none.jsonl"),
        ((file, file, "--gold"), "gold.jsonl is an input"),
        (("in.txt", "w.json", "--gold"), "in.txt"),
    ):
        result = xlner("train-voter", *arguments, "--config", config, "-q")
        assert result.exit_code == 1, result.output
        assert message in result.stderr
        assert not Path("w.json").exists()


def ruler_config(*names):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ensemble", config={"pipelines": {name: name for name in names}})
    nlp.config.to_disk("some.cfg")
    return Path("some.cfg")


def test_an_input_is_never_replaced(config):
    before = Path("in.txt").read_text()
    for texts, output in (("in.txt", "in.txt"), ("in.txt", "ensemble.cfg")):
        result = xlner("train-voter", texts, output, "--config", config, "--lang", "pt")
        assert result.exit_code == 1
        assert f"{output} is an input" in result.stderr
    assert Path("in.txt").read_text() == before
    result = xlner("evaluate", "model", "in.txt", "--lang", "pt", "--output", "in.txt")
    assert result.exit_code == 1
    assert "in.txt is an input" in result.stderr


def test_a_saved_pipeline_has_what_the_voter_has_learnt(config, tmp_path):
    assert xlner("train-voter", "in.txt", "model.json", "--config", config, "-q").exit_code == 0
    voter = {"@xl_voters": "xlner.BEA.v1", "model": "model.json"}
    nlp = spacy.blank("pt")
    pipelines = {name: str(tmp_path / name) for name in LABELS}
    nlp.add_pipe("xl_ensemble", config={"pipelines": pipelines, "voter": voter})
    before = [ent._.xl_confidence for ent in nlp("Rui canta.").ents]
    nlp.to_disk("saved")
    data = nlp.to_bytes()
    Path("model.json").unlink()
    for copy in (spacy.load("saved"), spacy.blank("pt").from_config(nlp.config).from_bytes(data)):
        assert [ent._.xl_confidence for ent in copy("Rui canta.").ents] == before
    (file,) = Path("saved", "xl_ensemble").iterdir()
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(SetupError, match=r"voter is damaged.*\nSave the pipeline again"):
        spacy.load("saved")
