"""Files are written whole or not at all, and nothing is left of runs that were killed."""

from __future__ import annotations

import os

import pytest

from xlner_spacy.files import atomic_file, forget_oldest


def test_what_a_killed_run_left_is_removed_and_what_another_writes_is_not(tmp_path):
    (tmp_path / ".out.json-abcd1234").write_text("half")
    with atomic_file(tmp_path / "out.json") as other:
        other.write(b"other")
        with atomic_file(tmp_path / "out.json") as file:
            file.write(b"whole")
        assert (tmp_path / "out.json").read_bytes() == b"whole"
    assert (tmp_path / "out.json").read_bytes() == b"other"
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def write_and_fail(path):
    with atomic_file(path) as file:
        file.write(b"new")
        raise RuntimeError


def test_an_error_leaves_the_old_file(tmp_path):
    (tmp_path / "out.json").write_bytes(b"old")
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "out.json")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_of_what_can_be_made_again_the_last_used_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("XLNER_CACHE", str(tmp_path))
    for age, name in enumerate(("pipeline-c", "pipeline-a", "encoder", "pipeline-b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    forget_oldest("pipeline-*", 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "encoder",
        "pipeline-a",
        "pipeline-c",
    ]
    forget_oldest("nothing-*", 2)
