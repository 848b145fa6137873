"""`xlner augment`, and augmenters in `spacy train`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from tests.shared import xlner

ROOT = Path(__file__).parents[2]
GOLD = "Maria B-PER\nvive O\nem O\nLisboa B-LOC\n. O\n\nAna B-PER\nSousa I-PER\nviu O\no O\nPorto B-LOC\n. O\n\nSim O\n. O\n"
NLP = spacy.blank("pt")


@pytest.fixture
def gold(tmp_path):
    file = tmp_path / "gold.conll"
    file.write_text(GOLD, encoding="utf8")
    return file


def augment(*arguments, method="MentionReplacement"):
    method = f"xlner.{method}.v1" if "." not in method else method
    return xlner("augment", *arguments, "--lang", "pt", "--method", method, "-q")


def read(path):
    docs = DocBin().from_disk(path).get_docs(NLP.vocab)
    return [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs]


def test_texts_and_their_copies(gold, tmp_path):
    out = tmp_path / "out.spacy"
    settings = ["--augmenter.strength", "1.0", "--augmenter.copies", "2", "--augmenter.seed", "3"]
    result = augment(gold, out, *settings)
    assert result.exit_code == 0, result.output
    assert "5 texts, 2 of them copies, made from 3" in result.output
    maria, ana = [("Maria", "PER"), ("Lisboa", "LOC")], [("Ana Sousa", "PER"), ("Porto", "LOC")]
    # The first text's copy has names of the second.
    swapped = [("Ana Sousa", "PER"), ("Porto", "LOC")], [("Maria", "PER"), ("Lisboa", "LOC")]
    assert read(out) == [maria, swapped[0], ana, swapped[1], []]
    content = out.read_bytes()
    assert augment(gold, out, *settings).exit_code == 0
    assert out.read_bytes() == content


def test_it_trains_from_what_was_written(gold, tmp_path):
    """A .spacy file of copies can be augmented again."""
    out, again = tmp_path / "out.spacy", tmp_path / "again.spacy"
    assert augment(gold, gold, out).exit_code == 0
    result = augment(out, again, "--augmenter.level", "1.0", method="LetterCase")
    assert result.exit_code == 0, result.output
    assert len(read(again)) > len(read(out)) >= 6


def test_other_packages_augmenters(gold, tmp_path):
    result = augment(
        gold, tmp_path / "out.spacy", "--augmenter.level", "1.0", method="spacy.lower_case.v1"
    )
    assert result.exit_code == 0, result.output
    assert read(tmp_path / "out.spacy")[0] == [("maria", "PER"), ("lisboa", "LOC")]


def test_nothing_to_change_is_said(gold, tmp_path):
    result = augment(gold, tmp_path / "out.spacy", "--augmenter.level", "0.0")
    assert result.exit_code == 0
    assert "No text was changed" in result.output


@pytest.mark.parametrize(
    ("output", "more", "method", "message"),
    [
        (
            "out.conll",
            [],
            "MentionReplacement",
            "out.conll: the copies are written as a .spacy file",
        ),
        ("none/out.spacy", [], "MentionReplacement", "its folder does not exist"),
        ("out.spacy", [], "Magic", "There is no augmenter 'xlner.Magic.v1'"),
        ("out.spacy", ["--augmenter.copy", "2"], "MentionReplacement", "copy"),
        ("out.spacy", ["--augmenter.copies", "0"], "MentionReplacement", "copies=0"),
        ("out.spacy", ["--augmented.copies", "2"], "MentionReplacement", "is no setting"),
        ("out.spacy", [], "MELM", "model"),
        ("out.spacy", ["--augmenter.model", "/nowhere"], "MELM", "/nowhere"),
        (
            "out.spacy",
            ["--label-map", "PER=X"],
            "MentionReplacement",
            "'LOC' is not in the label map",
        ),
    ],
)
def test_what_cannot_be_done_is_named(output, more, method, message, gold, tmp_path):
    result = augment(gold, tmp_path / output, *more, method=method)
    assert result.exit_code == 1, result.output
    assert message in result.output
    assert not (tmp_path / output).exists()


def test_inputs_are_not_replaced(gold, tmp_path):
    out = tmp_path / "out.spacy"
    assert augment(gold, out).exit_code == 0
    result = augment(out, out)
    assert result.exit_code == 1
    assert "would be replaced" in result.output


def test_an_empty_file(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf8")
    result = augment(empty, tmp_path / "out.spacy")
    assert result.exit_code == 0
    assert read(tmp_path / "out.spacy") == []


@pytest.mark.long
@pytest.mark.parametrize("reader", ["xlner.Corpus.v1", "spacy.Corpus.v1"])
def test_spacy_train_finds_them_without_code(reader, gold, tmp_path):
    """Entry points alone: the config names augmenters, the command imports nothing of ours."""
    train = tmp_path / "train.spacy"
    assert augment(gold, train).exit_code == 0
    config = spacy.util.load_config(ROOT / "configs" / "ner_cpu.cfg")
    names = ("MentionReplacement", "TokenReplacement", "SentenceJoining", "OCRNoise", "LetterCase")
    block = {"@readers": reader, "path": str(train)}
    if reader == "spacy.Corpus.v1":
        block |= {"gold_preproc": False, "max_length": 0, "limit": 0}
    config["corpora"]["train"] = {
        **block,
        "augmenter": {
            "@augmenters": "xlner.Several.v1",
            "augmenters": {name: {"@augmenters": f"xlner.{name}.v1"} for name in names},
        },
    }
    config["paths"] |= {"train": str(train), "dev": str(train)}
    config["training"] |= {"max_steps": 4, "eval_frequency": 2}
    config.to_disk(tmp_path / "config.cfg")
    command = ["train", tmp_path / "config.cfg", "--output", tmp_path / "model"]
    done = subprocess.run(
        [sys.executable, "-m", "spacy", *map(str, command)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    nlp = spacy.load(tmp_path / "model" / "model-last")
    assert set(nlp.get_pipe("ner").labels) == {"PER", "LOC"}
