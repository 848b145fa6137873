"""Files are written whole or not at all, and nothing is left of runs that were killed."""

from __future__ import annotations

import pytest

from xlner_spacy.files import atomic_file


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
