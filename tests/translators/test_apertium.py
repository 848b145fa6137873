"""Apertium: one process, one answer a text, whatever is in the text."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
from pathlib import Path

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlner_spacy.errors import SetupError
from xlner_spacy.translators.apertium import Apertium

MODES = Path("/usr/share/apertium/modes")
needs_apertium = pytest.mark.skipif(
    not shutil.which("apertium") or not (MODES / "eng-spa.mode").exists(),
    reason="needs Apertium: apt-get install apertium apertium-eng-spa",
)
PAIR = {"from_lang": "en", "to_lang": "es"}


@pytest.fixture(scope="module")
def apertium():
    return Apertium()


def pipe(apertium):
    (process,) = apertium._pipes.values()
    return process.process.pid


@needs_apertium
def test_one_process_for_all_texts_and_one_answer_for_each(apertium):
    texts = ["The house is red.", "I live in London", "", "  ", "Two lines\nhere", "."]
    answers = ["La casa es roja.", "Vivo en Londres", "", "", "Dos líneas aquí", "."]
    assert apertium(texts, **PAIR) == answers
    first = pipe(apertium)
    assert apertium(texts[::-1], **PAIR) == answers[::-1]
    assert pipe(apertium) == first
    assert apertium([], **PAIR) == []


@needs_apertium
def test_unknown_words_and_special_characters_come_as_they_are(apertium):
    text = "Xyzzy [sic] ^a$ {x} <b>y</b> \\ / @me 100% #tag *star* a\0b 😀"
    (answer,) = apertium([text], **PAIR)
    for part in ("Xyzzy [", "{x}", "<b>", "</b>", "\\", "@me", "100%", "#", "😀"):
        assert part in answer


@needs_apertium
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(st.characters(codec="utf8"), max_size=30), max_size=4))
def test_any_text_has_its_own_answer(apertium, texts):
    asked = [part for text in texts for part in (text, "I live in London")]
    answers = apertium(asked, **PAIR)
    assert answers[1::2] == ["Vivo en Londres"] * len(texts)


@needs_apertium
def test_a_process_that_died_is_started_again(apertium):
    apertium(["red"], **PAIR)
    os.killpg(pipe(apertium), signal.SIGKILL)
    assert apertium(["I live in London"], **PAIR) == ["Vivo en Londres"]
    assert not apertium.failures


@needs_apertium
def test_a_process_that_hangs_costs_one_text(caplog):
    apertium = Apertium(timeout=1)
    apertium(["red"], **PAIR)
    os.killpg(pipe(apertium), signal.SIGSTOP)
    assert apertium(["The house", "I live in London"], **PAIR) == ["", "Vivo en Londres"]
    assert apertium.failures == {"The house": "no answer in 1 seconds"}
    assert "Gave up translating (no answer in 1 seconds), for a text of 9 " in caplog.text
    assert "The house" not in caplog.text


@needs_apertium
def test_languages_by_any_code(apertium):
    assert apertium(["red"], from_lang="eng", to_lang="es-MX") == apertium(["red"], **PAIR)
    assert apertium(["rojo"], from_lang="es", to_lang="en") == ["Red"] or ["red"]
    other = Apertium(mode="spa-eng_US")
    assert "color" in other(["El color de la casa"], from_lang="es", to_lang="en")[0]


@needs_apertium
def test_a_pair_that_is_not_installed(apertium, tmp_path):
    with pytest.raises(SetupError, match=r"(?s)pt to eo.*eng-spa, .*apt-get install"):
        apertium(["texto"], from_lang="pt", to_lang="eo")
    with pytest.raises(SetupError, match="Installed: none"):
        Apertium(data=str(tmp_path))(["text"], **PAIR)
    with pytest.raises(SetupError, match="direction por-spa"):
        Apertium(mode="por-spa")(["text"], **PAIR)


@needs_apertium
def test_a_mode_that_does_not_work(tmp_path):
    (tmp_path / "modes").mkdir()
    (tmp_path / "modes" / "eng-spa.mode").write_text("false")
    with pytest.raises(SetupError, match=r"does not start.*exit status 1"):
        Apertium(data=str(tmp_path))(["text"], **PAIR)


@needs_apertium
def test_in_a_pipeline_and_in_two_processes():
    nlp = spacy.blank("es")
    block = {"@xl_translators": "xlner.Apertium.v1"}
    nlp.add_pipe("xl_translator", config={"translator": block})
    texts = ["La casa es azul. Vivo en Londres.", "El presidente habla."]
    here = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts)]
    assert "London" in here[0]
    there = [doc._.xl_translations[0]["text"] for doc in nlp.pipe(texts, n_process=2)]
    assert there == here


def test_without_apertium(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SetupError, match=r"(?s)program 'apertium'.*apt-get install apertium"):
        Apertium()(["text"], **PAIR)
    with pytest.raises(SetupError, match="timeout=0"):
        Apertium(timeout=0)


def test_pickled_without_its_process(apertium):
    assert pickle.loads(pickle.dumps(apertium)).timeout == apertium.timeout
