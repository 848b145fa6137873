"""Texts of users do not steer the terminal."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab

from tests.shared import xlner
from xlner_spacy.cli.app import VisibleFormatter
from xlner_spacy.reports.page import render_page
from xlner_spacy.text.terminal import drawable, printable


@given(st.text())
def test_nothing_but_visible_characters(text):
    assert len(printable(text)) == len(text)
    assert printable(text).isprintable()


def test_visible_text_stays():
    assert printable("São Tomé [bold] 🎉 القاهرة") == "São Tomé [bold] 🎉 القاهرة"


@pytest.mark.long
def test_the_demo_prints_hostile_text(tmp_path):
    """Markup stays text, escapes do not reach the terminal."""
    (tmp_path / "in.txt").write_text("[/b] A Petrobras [bold] abriu\x1b[31m em Maputo.\n")
    done = subprocess.run(
        [sys.executable, "scripts/demo.py", str(tmp_path / "in.txt"), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert "[/b] A Petrobras [bold] abriu" in done.stdout
    assert "\x1b" not in done.stdout


def test_an_error_quotes_a_hostile_name_without_its_escapes():
    result = xlner("project", "\x1b[31m.txt", "out.jsonl", "--lang", "pt")
    assert result.exit_code == 1
    assert "[31m.txt" in result.stderr
    assert "\x1b[31m.txt" not in result.stderr


def test_a_warning_quotes_a_hostile_text_without_its_escapes():
    formatter = VisibleFormatter("%(message)s")
    record = logging.makeLogRecord({"msg": "for %s", "args": ("\x1b]0;title\x07\nnext",)})
    assert formatter.format(record) == "for \ufffd]0;title\ufffd\nnext"


def test_help_texts_keep_their_square_brackets():
    result = xlner("train-aligner", "--help")
    assert "[components" in result.stdout


def test_a_page_shows_no_character_that_hides_or_turns_others():
    # Joiners stay, which Persian, Hindi and emoji need.
    assert drawable("a\u202eb\x00c\u200dd\u2066\te\n") == "a\ufffdb\ufffdc\u200dd\ufffd\te\n"
    doc = Doc(Vocab(), words=["Rui\u202e", "vive", "\x1b"])
    page = render_page([doc], "Title", "pt")
    assert "Rui\ufffd vive" in page
    assert not {"\u202e", "\x1b"} & set(page)
