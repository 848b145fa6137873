"""`xlner evaluate alignment`: error rates by hand, and files that do not fit."""

from __future__ import annotations

import json

import pytest

from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.alignment import read_gold_links

CODE = """
import spacy
from xlner_spacy.types import Link

@spacy.registry.xl_aligners("test.FirstWords.v1")
def make():
    def align(pairs, *, source_lang, target_lang):
        assert (source_lang, target_lang) == ("en", "pt")
        return [[Link(0, 0, 1.0), Link(1, 1, 0.5, weak=True)] for _ in pairs]
    return align
"""
CONFIG = """
[nlp]
lang = "pt"
pipeline = ["xl_projector"]

[components]

[components.xl_projector]
factory = "xl_projector"

[components.xl_projector.aligner]
@xl_aligners = "test.FirstWords.v1"
"""


def run(folder, gold, *options):
    (folder / "gold.tsv").write_text(gold)
    out = folder / "metrics.json"
    arguments = ["alignment", folder / "gold.tsv", "--lang", "pt", "-o", out, "-q", *options]
    result = xlner("evaluate", *arguments)
    return result, json.loads(out.read_text()) if result.exit_code == 0 else None


@pytest.fixture
def own(tmp_path):
    """An aligner of the user's, registered by a file that --code names."""
    (tmp_path / "parts.py").write_text(CODE)
    (tmp_path / "own.cfg").write_text(CONFIG)
    return tmp_path, ["--code", tmp_path / "parts.py", "--config", tmp_path / "own.cfg"]


def test_error_rate_by_hand(own):
    folder, options = own
    gold = "the house\ta casa\t0-0 1?1\ngood day\tbom dia\t0-0 1-0\n"
    result, metrics = run(folder, gold, *options, "--weak")
    assert result.exit_code == 0, result.output
    # Found: 4 links. Sure: 3, two of them found. Possible: 4, three of them found.
    assert metrics["precision"] == 0.75
    assert metrics["recall"] == 0.6667
    assert metrics["aer"] == round(1 - (2 + 3) / (4 + 3), 4)
    assert metrics["counts"] == {"pairs": 2, "found": 4, "sure": 3, "possible": 4}
    assert "0.7500" in result.stdout


def test_weak_links_do_not_count(own):
    folder, options = own
    _, metrics = run(folder, "the house\ta casa\t0-0\n", *options)
    assert (metrics["precision"], metrics["recall"], metrics["aer"]) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ("a b\tc\n", "line 1: 2 columns"),
        ("a b\tc d\t0-0\n\na\tb\t0-1\n", "line 3: the link 0-1 lies outside"),
        ("a\tb\tx\n", "'x' is not a link"),
        ("", "no sentence pairs"),
    ],
)
def test_files_that_do_not_fit(own, gold, message):
    folder, options = own
    result, _ = run(folder, gold, *options)
    assert result.exit_code == 1
    assert message in result.stderr


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.tsv"):
        list(read_gold_links(tmp_path / "no.tsv"))


@pytest.mark.data
def test_the_default_aligner_links_most_words(data, tmp_path):
    """On the Portuguese of XL-WA; weak links find more of them, and more that are none."""
    lines = (data / "alignments_dev" / "xl_wa" / "en-pt.dev.tsv").read_text().splitlines()[:50]
    gold = "\n".join(lines)
    _, strong = run(tmp_path, gold)
    _, every = run(tmp_path, gold, "--weak")
    assert strong["aer"] < 0.16
    assert every["recall"] > strong["recall"] > 0.8
    assert strong["precision"] > every["precision"] + 0.1
