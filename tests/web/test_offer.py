"""What may be chosen, and what the page begins with."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import spacy

from tests.shared import xlner
from tests.web.conftest import CODE, write_config
from xlner_spacy.errors import InputError
from xlner_spacy.pipeline.loading import for_languages, read_config
from xlner_spacy.web.listening import bind
from xlner_spacy.web.service.example_texts import EXAMPLES
from xlner_spacy.web.service.limits import Limits
from xlner_spacy.web.service.offer import NotOffered, Offer
from xlner_spacy.web.service.offered_methods import METHODS, method_config
from xlner_spacy.web.service.service_choice import Choice

CONFIGS = Path(__file__).parents[2] / "configs" / "methods"
DEFAULT = Choice("pt", "default", ("en",))


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_are_those_of_the_configs(name):
    """But for two that are short enough to have none."""
    own = method_config(name, "pt", ["en"])
    file = CONFIGS / f"{name}.cfg"
    if not file.is_file():
        assert name in ("projection", "transfer")
        return
    assert own == for_languages(read_config(file), ["en"], "pt")


def test_a_request_may_leave_all_to_the_service():
    offer = Offer(DEFAULT, is_fixed=False)
    assert offer.choice(None, None, None) == DEFAULT
    assert offer.choice("PT", "heuristic-simalign", ["en"]).method == "heuristic-simalign"
    assert offer.choice("sw", "transfer", None) == Choice("sw", "transfer", ())


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("tlh-no", None, None), "no texts|not the code"),
        (("pt", "magic", None), "no such method"),
        (("pt", None, ["pt"]), "can be projected here"),
        (("pt", None, ["en", "en"]), "can be projected here"),
        (("pt", None, []), "can be projected here"),
        (("pt", None, ["../../etc"]), "not the code"),
        (("th", "default", None), "use transfer"),
    ],
)
def test_what_is_not_offered_is_refused_before_anything_is_loaded(asked, words):
    with pytest.raises(NotOffered, match=words):
        Offer(DEFAULT, is_fixed=False).choice(*asked)


def test_a_fixed_service_has_one_choice():
    offer = Offer(DEFAULT, is_fixed=True)
    assert offer.choice("pt", None, None) == DEFAULT
    with pytest.raises(NotOffered, match="one pipeline only"):
        offer.choice(None, "transfer", None)
    assert [own["code"] for own in offer.overview()["languages"]] == ["pt"]


@pytest.mark.models
def test_the_text_that_the_page_begins_with_is_read_rightly(nlp):
    doc = nlp(EXAMPLES["pt"])
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Tribunal de Justiça da União Europeia", "ORG"),
        ("Luxemburgo", "LOC"),
        ("Comissão Europeia", "ORG"),
    ]


RIGHT = {
    "ar": ["إيمانويل ماكرون PER", "القاهرة LOC", "بيروت LOC"],
    "de": ["Angela Merkel PER", "Berlin LOC", "Vereinten Nationen ORG"],
    "he": ["בנימין נתניהו PER", "בירושלים LOC", "האיחוד האירופי ORG"],
    "sw": ["Samia Suluhu Hassan PER", "Dodoma LOC", "Tanzania LOC"],
}


@pytest.mark.models
def test_so_are_those_of_languages_without_a_translator():
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_transfer")
    for lang, wanted in RIGHT.items():
        assert [f"{ent.text} {ent.label_}" for ent in nlp(EXAMPLES[lang]).ents] == wanted


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "language of the texts is not given"),
        (["--lang", "nolanguage"], "not the code of a language"),
        (["--lang", "pt", "--source-lang", "pt"], "nothing to project"),
        (["--config", "nowhere.cfg"], "nowhere.cfg"),
        (["--lang", "pt", "--port", "70000"], "not a port"),
        (["--lang", "pt", "--host", "192.0.2.1"], "no such address"),
        (["--lang", "pt", "--queue", "5"], "Raise --queue"),
        (["--lang", "pt", "--no-such"], "no option --no-such"),
    ],
)
def test_a_wrong_command_line_is_told_why(arguments, words):
    result = xlner("serve", *arguments)
    assert result.exit_code == 1
    assert words in result.output


def test_a_port_in_use_is_named():
    with bind("127.0.0.1", 0) as own:
        port = own.getsockname()[1]
        result = xlner("serve", "--lang", "pt", "--port", port)
    assert result.exit_code == 1
    assert f"127.0.0.1:{port}" in result.output


def test_limits_must_make_sense():
    with pytest.raises(InputError, match="greater than 0"):
        Limits(timeout=0)


def start(*arguments):
    command = "from xlner_spacy.cli.app import run; run()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "serve", "--code", str(CODE), *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_sigterm_lets_what_has_begun_be_answered_and_nothing_is_logged(tmp_path):
    with bind("127.0.0.1", 0) as own:
        port = own.getsockname()[1]
    process = start("--config", str(write_config(tmp_path)), "--port", str(port))
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            if urllib.request.urlopen(f"{address}/health").status == 200:
                break
        except OSError:
            time.sleep(0.5)
    body = b'{"texts": ["SLOW Confidencial 1", "SLOW Confidencial 2", "RAISES Confidencial"]}'
    request = urllib.request.Request(
        f"{address}/project", body, {"content-type": "application/json"}
    )
    answers = []
    asking = threading.Thread(target=lambda: answers.append(urllib.request.urlopen(request).read()))
    asking.start()
    time.sleep(0.1)
    process.terminate()
    asking.join(30)
    _, said = process.communicate(timeout=60)
    assert answers[0].count(b'"entities"') == 3
    assert "Confidencial" not in said
    assert "for a text of 19 characters" in said  # that it failed is


@pytest.mark.slow
def test_a_pipeline_that_cannot_be_loaded_ends_it(tmp_path):
    broken = tmp_path / "broken.cfg"
    broken.write_text(
        write_config(tmp_path).read_text(encoding="utf8").replace("test.Names", "test.Nobody"),
        encoding="utf8",
    )
    process = start("--config", str(broken), "--port", "0")
    _, said = process.communicate(timeout=200)
    assert process.returncode == 1
    assert "test.Nobody" in said
