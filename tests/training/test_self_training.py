"""`xlner self-train`: a pipeline labels texts, students learn from them and label them anew."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import spacy
import srsly
from filelock import FileLock
from spacy.tokens import Doc, DocBin
from thinc.api import Config, fix_random_seed

from tests.shared import xlner
from tests.training.test_token_classifier import SMALL, found, trained
from xlner_spacy.document.teacher import teacher_of
from xlner_spacy.silver.label_changes import changed_share

BIN = Path(sys.executable).parent

RAW = [f"{who} vive em {where} ." for who in ("Maria", "João") for where in ("Lisboa", "Porto")]
RAW += ["Petrobras abriu um escritório em Maputo .", "a Petrobras vive .", "Maria vive ."]
CONFIG = """
[paths]
train = null
dev = null
labels = null

[nlp]
lang = "en"
pipeline = ["xl_ner"]

[components]

[components.xl_ner]
factory = "xl_ner"

[corpora]

[corpora.train]
@readers = "xlner.Corpus.v1"
path = ${paths.train}
labels = ${paths.labels}

[corpora.dev]
@readers = "xlner.Corpus.v1"
path = ${paths.dev}

[training]
seed = 0
gpu_allocator = null
max_steps = 30
eval_frequency = 15

[training.optimizer]
@optimizers = "Adam.v1"
learn_rate = 0.01
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A pipeline to start with, texts, and a config of training."""
    folder = tmp_path_factory.mktemp("made")
    fix_random_seed(0)
    trained(SMALL, rounds=15).to_disk(folder / "start")
    ruler = spacy.blank("pt")
    ruler.add_pipe("entity_ruler").add_patterns(
        [{"label": "PERSON", "pattern": "Maria"}, {"label": "CITY", "pattern": "Lisboa"}]
    )
    ruler.to_disk(folder / "rules")
    srsly.write_jsonl(folder / "raw.jsonl", [{"text": text} for text in RAW])
    config = Config().from_str(CONFIG, interpolate=False)
    config["components"]["xl_ner"]["model"] = SMALL
    config.to_disk(folder / "student.cfg")
    return folder


@pytest.fixture(autouse=True)
def here(made, tmp_path, monkeypatch):
    """A folder of the test's own, with the same names in it."""
    for item in made.iterdir():
        (shutil.copytree if item.is_dir() else shutil.copy)(item, tmp_path / item.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*more, config="student.cfg", texts="raw.jsonl", start="start"):
    arguments = ["--start", start, "--output", "out", "--lang", "pt", "--dev", "0.3", "--quiet"]
    return xlner("self-train", config, texts, *arguments, *more)


def silver(folder):
    shards = sorted(folder.glob("round-1/silver/*/*.spacy"))
    return [doc for s in shards for doc in DocBin().from_disk(s).get_docs(spacy.blank("pt").vocab)]


def test_two_rounds(here):
    result = run("--stop-below", "0")
    assert result.exit_code == 0, result.output
    lines = result.stderr.splitlines()
    assert lines[0].startswith("Round 1: 7 texts, ")
    assert " LOC, " in lines[0]
    assert "of the tokens have another label than in the round before." in lines[1]
    assert lines[-1] == "Wrote out/model."
    nlp = spacy.load("out/model")
    assert nlp.lang == "pt"
    assert nlp.get_pipe("xl_ner").labels == ("LOC", "ORG", "PER")
    assert found(nlp("Maria vive em Lisboa .")) == [("Maria", "PER"), ("Lisboa", "LOC")]
    # Round 2 was labelled by the student of round 1, which learnt from probabilities.
    (component,) = srsly.read_json("out/round-2/silver/manifest.json")["settings"][
        "components"
    ].values()
    assert component["teachers"] == {"round-1": "out/round-1/model-last"}
    doc = silver(here / "out")[0]
    names, beliefs, _ = teacher_of(doc)
    assert len(names) == 13
    tagger = spacy.load("start").get_pipe("xl_ner")
    (own,) = tagger.predict([Doc(tagger.vocab, [token.text for token in doc])])
    squares = own**2 / (own**2).sum(axis=1, keepdims=True)
    assert beliefs == pytest.approx(squares, abs=0.005)
    shares = changed_share(here / "out/round-1/silver", here / "out/round-2/silver")
    assert f"{shares:.2%}" in lines[1]
    model = here / "out" / "model" / "xl_ner" / "model"
    last = here / "out" / "round-2" / "model-last" / "xl_ner" / "model"
    assert model.read_bytes() == last.read_bytes()


def test_it_goes_on_after_a_kill(here):
    """The labels of finished parts and the first student are not made again, and the second is the same."""
    arguments = ["student.cfg", "raw.jsonl", "--start", "start", "--output", "out", "--lang", "pt"]
    command = [BIN / "xlner", "self-train", *arguments, "--dev", "0.3", "--stop-below", "0"]
    process = subprocess.Popen([*command, "--quiet"], stderr=subprocess.DEVNULL)
    journal = here / "out" / "self-training.json"
    while not (journal.is_file() and json.loads(journal.read_text())["rounds"]):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (here / "out" / "model").exists()
    kept = [*here.glob("out/round-1/model-last/*"), *here.glob("out/round-1/silver/*/*")]
    before = [file.stat().st_mtime_ns for file in kept]
    assert run("--stop-below", "0").exit_code == 0
    assert [file.stat().st_mtime_ns for file in kept] == before
    interrupted = (here / "out" / "model" / "xl_ner" / "model").read_bytes()
    shutil.move("out", "interrupted")
    assert run("--stop-below", "0").exit_code == 0
    assert (here / "out" / "model" / "xl_ner" / "model").read_bytes() == interrupted


def test_a_mistake_before_the_first_student_costs_nothing(here):
    """The texts stay labelled, and the settings may be corrected."""
    broken = (here / "student.cfg").read_text().replace("Adam.v1", "Eve.v1")
    (here / "broken.cfg").write_text(broken)
    assert run("--rounds", "1", config="broken.cfg").exit_code == 1
    shards = list(here.glob("out/round-1/silver/*/*.spacy"))
    kept = [shard.stat().st_mtime_ns for shard in shards]
    assert run("--rounds", "1").exit_code == 0
    assert [shard.stat().st_mtime_ns for shard in shards] == kept
    other = run("--rounds", "1", "--keep-above", "0.5")
    assert "keep_above: 0.0 then, 0.5 now" in other.stderr


def test_a_third_round_can_follow(here):
    assert run("--stop-below", "0", "--rounds", "1").exit_code == 0
    done = (here / "out" / "round-1" / "model-last" / "meta.json").stat().st_mtime_ns
    result = run("--stop-below", "0")
    assert result.exit_code == 0, result.output
    assert (here / "out" / "round-1" / "model-last" / "meta.json").stat().st_mtime_ns == done
    assert (here / "out" / "round-2" / "model-last").is_dir()
    fewer = run("--rounds", "1")
    assert fewer.exit_code == 1
    assert "out has 2 rounds already; 1 are asked for" in fewer.stderr


def test_it_ends_early_where_little_changes(here):
    result = run("--stop-below", "1", "--rounds", "5")
    assert result.exit_code == 0, result.output
    assert "less than 100.00% (--stop-below): no student is trained on it." in result.stderr
    assert not (here / "out" / "round-2" / "model-last").exists()
    record = json.loads((here / "out" / "self-training.json").read_text())
    assert record["model"] == "round-1"
    assert [done["number"] for done in record["rounds"]] == [1]


def test_a_corpus_beside_the_texts(here):
    lines = [{"text": "Ana vive em Faro .", "ents": [{"start": 0, "end": 3, "label": "PER"}]}]
    srsly.write_jsonl(here / "gold.jsonl", lines * 20)
    result = run("--train", "gold.jsonl", "--rounds", "1")
    assert result.exit_code == 0, result.output
    config = Config().from_disk("out/model/config.cfg")
    assert config["paths"]["train"] == ["out/round-1/silver/train", "gold.jsonl"]
    assert ("Ana", "PER") in found(spacy.load("out/model")("Ana vive em Faro ."))


def test_a_start_that_knows_no_probabilities(here):
    """Its entities are what it believes; its labels may be renamed."""
    labels = ("--label-map", "PERSON=PER", "--label-map", "CITY=LOC")
    result = run("--rounds", "1", *labels, start="rules")
    assert result.exit_code == 0, result.output
    assert spacy.load("out/model").get_pipe("xl_ner").labels == ("LOC", "PER")


def test_words_of_unsure_entities_are_not_learnt_from(here):
    result = run("--rounds", "1", "--keep-above", "0.9999", "--training.max_steps", "1")
    docs = silver(here / "out")
    trusts = [teacher_of(doc)[2] for doc in docs]
    assert any((trust == 0).any() for trust in trusts), result.output
    for doc, trust in zip(docs, trusts, strict=True):
        assert all(trust[ent.start : ent.end].all() for ent in doc.ents)


def test_other_settings_are_named(here):
    assert run("--rounds", "1").exit_code == 0
    for more, message in (
        (("--keep-above", "0.5"), "keep_above: 0.0 then, 0.5 now"),
        (("--training.max_steps", "31"), "config.training.max_steps: 30 then, 31 now"),
    ):
        result = run(*more)
        assert result.exit_code == 1
        assert "out was begun with other settings" in result.stderr
        assert message in result.stderr
    with FileLock("out/.lock"):
        assert "being written by another process" in run("--rounds", "1").stderr
    (here / "raw.jsonl").write_text('{"text": "Maria vive ."}\n')
    assert "local_models.raw.jsonl" in run("--rounds", "1").stderr


def test_settings_may_come_first(here):
    options = ("--start", "start", "-o", "out", "--lang", "pt", "--rounds", "1", "--quiet")
    paths = ("student.cfg", "raw.jsonl", "--dev", "0.3")
    result = xlner("self-train", "--training.max_steps", "1", *options, *paths)
    assert result.exit_code == 0, result.output
    assert Config().from_disk("out/model/config.cfg")["training"]["max_steps"] == 1
    alone = xlner("self-train", "student.cfg", *options)
    assert alone.exit_code == 2
    assert "at least one file of texts" in alone.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"texts": "nothing.txt"}, "nothing.txt does not exist"),
        ({"texts": "empty.txt"}, "empty.txt: no texts"),
        ({"texts": "dull.txt"}, "start found no entity in the texts of dull.txt"),
        ({"config": "none.cfg"}, "none.cfg: there is no such config"),
        ({"config": "other.cfg"}, "other.cfg trains no xl_ner"),
        ({"config": "deaf.cfg"}, "deaf.cfg does not read paths.train"),
        ({"config": "labels.cfg"}, "labels.cfg names the labels MISC for xl_ner"),
        ({"config": "broken.cfg"}, "broken.cfg cannot be trained"),
        ({"start": "nobody"}, "The pipeline of the teacher 'start' cannot be loaded"),
        ({"more": ("--rounds", "0")}, "rounds=0 is not a whole number from 1 on"),
        ({"more": ("--keep-above", "2")}, "keep_above=2.0 is not between 0 and 1"),
        ({"more": ("--dev", "0")}, "for dev, which training needs"),
        ({"more": ("--train", "misc.jsonl")}, "misc.jsonl has the labels MISC, which are not"),
        ({"more": ("--paths.train", "x")}, "--paths.train is set by self-train"),
        ({"more": ("--output", "start")}, "is not the folder of an `xlner self-train`"),
        ({"more": ("--label-map", "PER")}, "not in the label map"),
    ],
)
def test_bad_input_is_named(here, settings, message):
    (here / "empty.txt").write_text("")
    (here / "dull.txt").write_text("e um em\num em e\n" * 4)
    text = {"text": "Ana vive .", "ents": [{"start": 0, "end": 3, "label": "MISC"}]}
    srsly.write_jsonl("misc.jsonl", [text])
    config = (here / "student.cfg").read_text()
    (here / "deaf.cfg").write_text(config.replace("path = ${paths.train}", 'path = "x"'))
    (here / "other.cfg").write_text(config.replace('factory = "xl_ner"', 'factory = "ner"'))
    (here / "broken.cfg").write_text(config.replace("Adam.v1", "Eve.v1"))
    named = '\n[initialize]\n\n[initialize.components]\n\n[initialize.components.xl_ner]\nlabels = ["MISC"]\n'
    (here / "labels.cfg").write_text(config + named)
    more = settings.get("more", ())
    result = run(*more, **{name: value for name, value in settings.items() if name != "more"})
    assert result.exit_code == 1, result.output
    assert message in result.stderr
