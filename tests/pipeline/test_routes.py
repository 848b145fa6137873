"""Which translators are at hand, without loading one or asking a network."""

from __future__ import annotations

import huggingface_hub
import pytest

from xlner_spacy.pipeline import defaults
from xlner_spacy.pipeline.routes import HUB_TRANSLATOR, best_route, routes
from xlner_spacy.translators import firefox


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with Apertium and no pair, no model of Firefox and none of the Hub."""
    program = tmp_path / "bin" / "apertium"
    (tmp_path / "modes").mkdir()
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path))
    monkeypatch.setattr(firefox, "model_folders", lambda: tmp_path / "firefox")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def states(source, target):
    return [(route.state, route.block["@xl_translators"]) for route in routes(source, target)]


HUB = ("download", "xlner.HuggingFace.v1")
RULES = "xlner.Apertium.v1"


def test_an_installed_pair_of_apertium_is_the_default(machine):
    (machine / "modes" / "spa-glg.mode").write_text("")
    assert states("es", "gl") == [("install", RULES), HUB]  # it is the other direction
    (machine / "modes" / "glg-spa.mode").write_text("")
    assert states("es", "gl") == [("now", RULES), HUB]
    choice = defaults.choose_translator("es", "gl")
    assert (choice.block, choice.offline) == ({"@xl_translators": RULES}, True)
    # One for each source: the other one's comes from the Hub.
    both = defaults.choose_translators(["es", "en"], "gl")
    assert both.block["translators"]["es"] == {"@xl_translators": RULES}
    assert both.block["translators"]["en"]["model"] == HUB_TRANSLATOR
    assert not both.offline


def test_the_package_that_has_a_pair(machine):
    assert best_route("es", "gl").how == "apt-get install apertium-es-gl"
    assert best_route("en", "hr").how == "apt-get install apertium-hbs-eng"
    assert best_route("en", "is").how == "apt-get install apertium-isl-eng"
    assert states("is", "en") == [HUB]  # which goes one way only
    # What has to be installed is no default.
    assert defaults.choose_translator("es", "gl").block["model"] == HUB_TRANSLATOR


def test_a_downloaded_model_of_the_hub_goes_before_rules(machine):
    model = machine / "hub" / f"models--{HUB_TRANSLATOR.replace('/', '--')}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("abc")
    (model / "snapshots" / "abc").mkdir(parents=True)
    (model / "snapshots" / "abc" / "config.json").write_text("{}")
    (machine / "modes" / "glg-spa.mode").write_text("")
    assert states("es", "gl") == [("now", "xlner.HuggingFace.v1"), ("now", RULES)]


def test_firefox_translates_by_way_of_english(machine):
    pytest.importorskip("fxtranslate")

    def download(pair):
        (machine / "firefox" / pair).mkdir(parents=True)
        (machine / "firefox" / pair / "model.bin").write_text("")

    download("gl-en")
    now = ("now", "xlner.Firefox.v1")
    assert states("en", "gl")[0] == now
    assert now not in states("es", "gl")
    download("en-es")
    assert states("es", "gl")[0] == now


def test_portuguese_has_the_embedded_translator(machine):
    assert states("en", "pt")[0] == ("now", "xlner.FastTranslate.v1")
    assert states("en", "sw") == [HUB]
