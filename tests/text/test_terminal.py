"""Texts of users do not steer the terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy.text.terminal import printable


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
