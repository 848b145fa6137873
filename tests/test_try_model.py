"""Trying out a trained model: what it should have found is printed beside what it found."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import spacy
import srsly

ROOT = Path(__file__).parents[1]
UNSEEN = srsly.read_yaml(ROOT / "project.yml")["vars"]["unseen"]


@pytest.fixture
def try_out(tmp_path, capsys):
    """Runs the script on a model that finds these phrases."""

    def run(text, **found):
        nlp = spacy.blank("pt")
        ruler = nlp.add_pipe("entity_ruler")
        ruler.add_patterns(
            [{"label": label, "pattern": p} for label, phrases in found.items() for p in phrases]
        )
        nlp.to_disk(tmp_path / "model")
        runpy.run_path(str(ROOT / "scripts" / "try_model.py"))["main"](tmp_path / "model", text)
        printed = capsys.readouterr().out.splitlines()
        text, *rows = [line for line in printed if line.strip("- ")]
        return text, [" ".join(row.split()) for row in rows]

    return run


def test_a_model_that_is_right(try_out):
    text, rows = try_out(
        UNSEEN, PER=["Marta Figueiredo"], ORG=["Câmara de Aveiro", "Universidade de Lisboa"]
    )
    assert text == (
        "A Marta Figueiredo trocou a Câmara de Aveiro por um lugar na Universidade de Lisboa."
    )
    assert rows == [
        "expected found",
        "Marta Figueiredo (PER) Marta Figueiredo (PER) right",
        "Câmara de Aveiro (ORG) Câmara de Aveiro (ORG) right",
        "Universidade de Lisboa (ORG) Universidade de Lisboa (ORG) right",
        "3 of 3 expected entities are right.",
    ]


def test_a_model_that_is_wrong_says_so_and_where(try_out):
    _, rows = try_out(UNSEEN, ORG=["Marta Figueiredo", "Universidade"], LOC=["Aveiro", "lugar"])
    assert rows[1:5] == [
        "Marta Figueiredo (PER) Marta Figueiredo (ORG) WRONG: label",
        "Câmara de Aveiro (ORG) Aveiro (LOC) WRONG: boundaries and label",
        "- lugar (LOC) WRONG: not an entity",
        "Universidade de Lisboa (ORG) Universidade (ORG) WRONG: boundaries",
    ]
    assert rows[5].startswith("0 of 3 expected entities are right. The model is WRONG")


def test_a_model_that_finds_nothing(try_out):
    _, rows = try_out("[Rita](PER) vive em [Faro](LOC).")
    assert rows[1:3] == ["Rita (PER) - WRONG: not found", "Faro (LOC) - WRONG: not found"]
    assert rows[3].startswith("0 of 2")


def test_a_text_without_marks_is_only_tagged(try_out):
    text, rows = try_out("Rita vive em Faro.", LOC=["Faro"])
    assert text == "Rita vive em Faro."
    assert rows == [
        "LOC Faro",
        "No entities are marked in the text: nothing to compare with.",
    ]
