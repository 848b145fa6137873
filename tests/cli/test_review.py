"""`xlner review` and the commands about it, as a user gives them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.review.silver_folder import make_silver
from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.review.decisions import Review
from xlner_spacy.review.review_texts import read_silver
from xlner_spacy.web.listening import bind

COMMAND = [sys.executable, "-c", "from xlner_spacy.cli.app import run; run()", "review"]


@pytest.fixture(scope="module")
def silver_folder(tmp_path_factory):
    return make_silver(tmp_path_factory.mktemp("cli"))


def start(*arguments):
    """RETURNS: The process, and the page's address."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments), "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    said = ""
    for line in process.stderr:
        said += line
        found = re.search(r"Review at (\S+)", line)
        if found:
            return process, found[1], said
    raise AssertionError(said)


@pytest.mark.long
def test_killed_at_any_moment_it_goes_on(silver_folder, tmp_path):
    gold = tmp_path / "gold.jsonl"
    given = (silver_folder, "-o", gold, "--reviewer", "Ana", "--order", "random", "--seed", 2)
    process, page, _ = start(*given)
    with httpx.Client(base_url=page, headers={"x-xlner-review": "1"}) as client:
        texts = [client.get(f"/api/texts/{n}").json() for n in range(6)]
        for n in (0, 1):
            body = {
                "entities": texts[n]["entities"],
                "revision": 0,
                "done": True,
                "action": "accept",
            }
            assert client.post(f"/api/texts/{n}", json=body).status_code == 200
    with pytest.raises(InputError, match="Ana is reviewing into this file"):
        Review(read_silver(silver_folder), gold, "Ben")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    process, page, said = start(*given)
    with httpx.Client(base_url=page, headers={"x-xlner-review": "1"}) as client:
        assert "2 of 6 texts are reviewed" in said
        assert client.get("/api/open").json() == {"n": 2}
        assert client.get("/api/texts/0").json()["words"] == texts[0]["words"]
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait() == 0
    assert f"{gold}: 2 texts are reviewed" in rest
    assert len(gold.read_text("utf8").splitlines()) == 2
    process.stderr.close()


def test_what_cannot_be_is_refused_before_a_page_opens(silver_folder, tmp_path):
    gold = tmp_path / "gold.jsonl"
    with bind("127.0.0.1", 0) as own:
        result = xlner("review", silver_folder, "-o", gold, "--port", own.getsockname()[1])
        assert result.exit_code == 1
        assert "another program uses the port" in result.output
    for arguments, message in [
        ((tmp_path,), "has no .spacy files"),
        ((silver_folder, "--order", "best"), "There is no order 'best'"),
        ((silver_folder, "--label", " "), "is no label"),
        ((silver_folder, "--host", "192.0.2.1"), "no such address"),
    ]:
        result = xlner("review", *arguments, "-o", gold, "--port", 0)
        assert result.exit_code == 1
        assert message in result.output
    assert not gold.exists() or gold.read_bytes() == b""


@pytest.fixture
def two(silver_folder, tmp_path):
    """Ana and Ben, who differ in a label."""
    silver = read_silver(silver_folder)
    for name, label in (("ana", "LOC"), ("ben", "PER")):
        review = Review(silver, tmp_path / f"{name}.jsonl", name)
        for text in silver.texts[:2]:
            review.decide(text.key, text.silver, done=True, action="accept")
        review.decide(silver.texts[2].key, [(3, 4, label)], done=True, action="relabel")
        review.close()
    return tmp_path


def test_two_reviewers_are_compared(two):
    out = two / "agreement.json"
    result = xlner(
        "review-agreement", two / "ana.jsonl", two / "ben.jsonl", "--lang", "pt", "-o", out
    )
    assert result.exit_code == 0, result.output
    figures = json.loads(out.read_text())
    assert figures["by_label"][""]["same"] == 4
    assert figures["by_label"][""]["f1"][0] == 0.8
    assert figures["by_label"]["PER"] == {
        **figures["by_label"]["PER"],
        "first": 1,
        "second": 2,
        "same": 1,
    }
    assert (figures["texts"], figures["only_first"], figures["only_second"]) == (3, 0, 0)
    # 25 words, 19 outside for both; 24 alike. By chance: outside 19², ORG 1, LOC 3*2, PER 2*3 of 25².
    chance = (19 * 19 + 1 * 1 + 3 * 2 + 2 * 3) / 25**2
    assert figures["kappa"][0] == pytest.approx((24 / 25 - chance) / (1 - chance), abs=1e-4)
    assert "Cohen's kappa of words" in result.output


def test_export_and_import(silver_folder, two):
    result = xlner("review-export", silver_folder, two / "pre.json", "--format", "label-studio")
    assert result.exit_code == 0, result.output
    assert '<Label value="PER"/>' in result.output
    assert len(json.loads((two / "pre.json").read_text("utf8"))) == 6
    for name in ("label-studio", "doccano", "prodigy"):
        exported, gold = two / f"{name}.out", two / f"{name}.jsonl"
        result = xlner(
            "review-export", two / "ana.jsonl", exported, "--format", name, "--lang", "pt"
        )
        assert result.exit_code == 0, result.output
        result = xlner("review-import", exported, silver_folder, "-o", gold, "--format", name)
        assert result.exit_code == 0, result.output
        assert "3 texts, 3 of them new" in result.output
        assert gold.read_bytes() == (two / "ana.jsonl").read_bytes()
    result = xlner("review-export", two / "ana.jsonl", two / "ana.jsonl", "--format", "doccano")
    assert "would be replaced" in result.output
    result = xlner("review-export", two / "ana.jsonl", two / "x", "--format", "brat")
    assert "label-studio, doccano, prodigy" in result.output


def test_reviewed_texts_are_evaluated_without_conversion(two):
    import spacy

    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Maputo"}])
    nlp.to_disk(two / "rules")
    out = two / "metrics.json"
    result = xlner("evaluate", "model", two / "ana.jsonl", two / "rules", "--lang", "pt", "-o", out)
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text())["counts"] == {
        "gold": 5,
        "predicted": 1,
        "correct": 1,
        "sentences": 3,
    }


def test_without_the_extra_the_error_names_it(silver_folder, tmp_path):
    """fastapi cannot be imported where a folder before it has a broken one."""
    (tmp_path / "fastapi.py").write_text("raise ImportError('no', name='fastapi')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    result = subprocess.run(
        [*COMMAND, silver_folder, "-o", tmp_path / "gold.jsonl"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert result.returncode == 1
    assert "'fastapi'" in result.stderr
    assert '".[serve]"' in result.stderr
