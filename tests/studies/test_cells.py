"""Cells: done once, resumed, shared by processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studies.cells import Cell, run

ROOT = Path(__file__).parents[2]


def cell(name, done, needs=(), **settings):
    def make(folder):
        assert all(need.record(folder.parent) for need in needs)
        done.append(name)
        return {"answer": len(done)}

    return Cell(name, settings, make, needs)


def test_each_cell_is_done_once_after_what_it_needs(tmp_path):
    done = []
    corpus = cell("corpus", done)
    cells = [cell(f"model{n}", done, [corpus], seed=n) for n in range(3)]
    run(cells, tmp_path)
    assert done == ["corpus", "model0", "model1", "model2"]
    run(cells, tmp_path)
    assert len(done) == 4
    record = cells[2].record(tmp_path)
    assert record["answer"] == 4
    assert record["settings"] == {"seed": 2}


def test_other_settings_are_another_cell_and_so_is_what_needs_it(tmp_path):
    done = []
    for size in (1, 2, 1):
        corpus = cell("corpus", done, size=size)
        run([cell("model", done, [corpus])], tmp_path)
    assert done == ["corpus", "model"] * 2


def test_a_cell_that_fails_is_done_again_and_the_others_stay(tmp_path):
    done = []
    broken = Cell("broken", {}, lambda folder: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        run([cell("before", done), broken, cell("after", done)], tmp_path)
    assert done == ["before"]
    assert broken.record(tmp_path) is None
    run(
        [cell("before", done), Cell("broken", {}, lambda folder: {}), cell("after", done)], tmp_path
    )
    assert done == ["before", "after"]


PROGRAM = """
import sys, time
from pathlib import Path
from studies.cells import Cell, run

def make(folder):
    with open(sys.argv[1] + "/log", "a") as log:
        log.write(folder.name + "\\n")
    time.sleep(0.2)
    return {}

first = Cell("first", {}, make)
run([Cell(f"cell{n}", {}, make, [first]) for n in range(8)], Path(sys.argv[1]))
"""


def test_two_processes_share_the_work(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    names = (tmp_path / "log").read_text().split()
    assert names[0].startswith("first")
    assert len(names) == len(set(names)) == 9
