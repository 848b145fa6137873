"""`xlner evaluate model`: figures of trained pipelines, checked by hand and against others."""

from __future__ import annotations

import json

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab

from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.metrics import interval, score
from xlner_spacy.evaluation.model import confusion, evaluate_model, together

GOLD = (
    "Ana B-PER\nvive O\nem O\no O\nPorto B-LOC\n. O\n\n"
    "A O\nPetrobras B-ORG\nabriu O\nno O\nRio B-LOC\nde I-LOC\nJaneiro I-LOC\n. O\n\nChove O\n"
)


def rules(folder, **patterns):
    """A pipeline on disk that finds just these words."""
    nlp = spacy.blank("pt")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": label, "pattern": p} for label, words in patterns.items() for p in words]
    )
    nlp.to_disk(folder)
    return str(folder)


def texts(number):
    return [Doc(Vocab(), words=list("abcdefghijklm")) for _ in range(number)]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "gold.conll").write_text(GOLD)
    rules(tmp_path / "a", PER=["Ana", "Petrobras", "Chove"], LOC=["Rio"])
    rules(tmp_path / "b", LOC=["Rio de Janeiro", "Porto"], ORG=["Ana"])
    return tmp_path


def test_figures_by_hand(files):
    result = evaluate_model([str(files / "a")], files / "gold.conll", "pt", quiet=True)
    # Right: Ana. Found: Ana, Petrobras, Rio, Chove. Gold: Ana, Porto, Petrobras, Rio de Janeiro.
    assert (result["precision"], result["recall"], result["f1"]) == (0.25, 0.25, 0.25)
    assert result["unlabelled"]["f1"] == 0.5
    assert result["confusion"] == {
        "LOC": {"not found": 1, "other words": 1},
        "ORG": {"PER": 1},
        "PER": {"PER": 1},
        "no entity": {"PER": 1},
    }
    assert result["counts"] == {"gold": 4, "predicted": 4, "correct": 1, "sentences": 3}
    wrong = result["wrong"][0]
    assert wrong["text"] == "Ana vive em o Porto."
    assert [wrong["text"][e["start"] : e["end"]] for e in wrong["gold"]] == ["Ana", "Porto"]


def test_several_pipelines_the_first_goes_before(files):
    models = [str(files / "a"), str(files / "b")]
    result = evaluate_model(models, files / "gold.conll", "pt", quiet=True)
    # b adds Porto; its Ana and its Rio de Janeiro overlap what a has found.
    assert result["counts"]["correct"] == 2
    other = evaluate_model(models[::-1], files / "gold.conll", "pt", quiet=True)
    assert other["counts"]["correct"] == 2
    assert other["confusion"]["PER"] == {"ORG": 1}


def test_only_some_labels_and_texts(files):
    result = evaluate_model(
        [str(files / "b")], files / "gold.conll", "pt", labels=["LOC"], limit=2, quiet=True
    )
    assert result["f1"] == 1.0
    assert result["interval"] == [1.0, 1.0]
    assert result["counts"]["sentences"] == 2


def test_interval_has_the_score_and_narrows_with_more_texts():
    gold = [{(0, 1, "PER")}, {(0, 1, "PER")}, {(1, 2, "LOC")}, set()]
    found = [{(0, 1, "PER")}, {(0, 1, "LOC")}, {(1, 2, "LOC")}, {(0, 1, "PER")}]
    few, many = interval(found * 5, gold * 5), interval(found * 100, gold * 100)
    f1 = score(texts(4), found, gold)["f1"]
    for low, high in (few, many):
        assert low < f1 < high
    assert many[1] - many[0] < (few[1] - few[0]) / 2
    assert interval(found, gold) == interval(found, gold)


def test_nothing_found_and_nothing_there():
    assert interval([set()], [set()]) == [0.0, 0.0]
    assert confusion([set()], [set()]) == {}


spans = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 3), st.sampled_from(["PER", "LOC"])), max_size=6
).map(lambda items: together([[{(s, s + n, label)}] for s, n, label in items] or [[set()]])[0])


@given(st.lists(st.tuples(spans, spans), min_size=1, max_size=6))
def test_a_confusion_counts_every_gold_entity_once(pairs):
    found, gold = [p[0] for p in pairs], [p[1] for p in pairs]
    table = confusion(found, gold)
    for label in ("PER", "LOC"):
        wanted = sum(e[2] == label for entities in gold for e in entities)
        assert sum(table.get(label, {}).values()) == wanted
    right = sum(table.get(label, {}).get(label, 0) for label in ("PER", "LOC"))
    assert right == score(texts(len(gold)), found, gold)["counts"]["correct"]


def test_command_line(files):
    def run(*args):
        return xlner("evaluate", "model", *args)

    out = files / "m.json"
    result = run(files / "gold.conll", files / "a", "--lang", "pt", "--output", out, "-q")
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text())["f1"] == 0.25
    assert "0.2500" in result.stdout
    assert "0.2500" not in result.stderr
    result = run(files / "gold.conll", files / "nowhere", "--lang", "pt", "--output", out)
    assert result.exit_code == 1
    assert "nowhere' is not a pipeline that can be loaded" in result.stderr


def test_bad_gold(files):
    (files / "bad.conll").write_text("Ana B-PER\nvive\n")
    with pytest.raises(InputError, match=r"bad\.conll, line 2"):
        evaluate_model([str(files / "a")], files / "bad.conll", "pt", quiet=True)


@pytest.mark.models
def test_without_a_pipeline_the_default_of_the_language_is_measured(files):
    out = files / "m.json"
    arguments = ["evaluate", "model", files / "gold.conll", "--lang", "pt", "-o", out, "-q"]
    result = xlner(*arguments, "--labels", "LOC")
    assert result.exit_code == 0, result.output
    metrics = json.loads(out.read_text())
    assert set(metrics["per_type"]) == {"LOC"}
    assert metrics["counts"]["gold"] == 2
    assert metrics["seconds"]["translate"] > 0
    assert metrics["settings"]["models"] == ["default"]


@pytest.mark.models
def test_settings_are_changed_on_the_command_line(files):
    def correct(*changes):
        out = files / "m.json"
        arguments = ["evaluate", "model", files / "gold.conll", "--lang", "pt", "-o", out, "-q"]
        arguments += ["--components.xl_projector.own_voice", "false"]
        result = xlner(*arguments, *changes)
        assert result.exit_code == 0, result.output
        return json.loads(out.read_text())["counts"]["predicted"]

    assert correct() > 0
    assert correct("--components.xl_projector.matcher.min_score", "2.0") == 0
    assert correct("--components.xl_projector.matcher.min_score=2.0") == 0


def test_settings_of_several_pipelines_cannot_be_changed_at_once(files):
    with pytest.raises(InputError, match="one pipeline at a time"):
        evaluate_model(["a", "b"], files / "gold.conll", "pt", overrides={"nlp.batch_size": 3})
