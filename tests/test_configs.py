"""The configs of the paper's methods: each loads for any language, and loads nothing else."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from spacy.util import load_config, load_model_from_config
from thinc.api import Config
from typer.testing import CliRunner

from xlner_spacy.cli.app import app
from xlner_spacy.errors import InputError
from xlner_spacy.pipeline.component import StageComponent
from xlner_spacy.pipeline.loading import for_languages

METHODS = sorted((Path(__file__).parents[1] / "configs" / "methods").glob("*.cfg"))


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a config must not need the network to be loaded")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("path", METHODS, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["pt", "sw", "zh"])
def test_the_methods_load_for_any_language(path, lang, no_network):
    config = for_languages(load_config(path), "en", lang)
    nlp = load_model_from_config(config, auto_fill=True)
    # spaCy has no rules for Swahili.
    assert nlp.lang == ("xx" if lang == "sw" else lang)
    components = [component for _, component in nlp.pipeline]
    assert components
    assert all(isinstance(component, StageComponent) for component in components)
    languages = {s.target_lang for c in components for s in c.stages if hasattr(s, "target_lang")}
    assert languages <= {lang}


def test_there_is_a_config_for_each_of_the_papers_methods():
    assert {path.stem for path in METHODS} >= {
        "default",
        "model-transfer",
        "heuristic-simalign",
        "heuristic-awesome",
        "ngrams-simalign",
        "ngrams-awesome",
        "ngrams-ilp-simalign",
        "ner-candidates-simalign",
        "back-translation-ngrams",
        "back-translation-heuristic",
        "t-projection",
    }
    assert all(path.read_text().startswith("# ") for path in METHODS)


def test_the_languages_go_where_they_are_needed():
    factories = ("xl_translator", "xl_aligner", "xl_matcher", "xl_back_translator", "ner")
    config = Config({"components": {name: {"factory": name} for name in factories}})
    before = config.to_str()
    made = for_languages(config, "de", "sw")
    assert made["nlp"]["lang"] == "xx"
    own = {name: set(block) - {"factory"} for name, block in made["components"].items()}
    both = {"source_lang", "target_lang"}
    assert own == {
        "xl_translator": both,
        "xl_aligner": {"target_lang"},
        "xl_matcher": set(),
        "xl_back_translator": both,
        "ner": set(),
    }
    assert made["components"]["xl_translator"]["source_lang"] == "de"
    assert "source_lang" not in for_languages(config, None, "pt")["components"]["xl_translator"]
    assert config.to_str() == before


@pytest.mark.parametrize("name", ["default", "back-translation-ngrams"])
def test_a_method_projects_texts(name, tmp_path):
    (tmp_path / "texts.txt").write_text("A Petrobras abriu um escritório em Maputo.\n")
    config = next(path for path in METHODS if path.stem == name)
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    command = ["project", *files, "--lang", "pt", "--config", str(config), "-q"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "out.jsonl").read_text())
    found = {entity["text"]: entity["label"] for entity in record["ents"]}
    assert found["Maputo"] == "LOC"


def test_a_method_without_a_language_says_so(tmp_path):
    (tmp_path / "texts.txt").write_text("A Petrobras abriu um escritório em Maputo.\n")
    config = next(path for path in METHODS if path.stem == "default")
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(app, ["project", *files, "--config", str(config), "-q"])
    assert result.exit_code == 1
    assert "'xx' is not the code of a language" in result.stderr


def test_parts_that_are_told_the_languages_get_them_too():
    def part(source, target, **more):
        return {"source_lang": source, "target_lang": target, **more}

    block = {
        "factory": "xl_projector",
        "aligner": {"forward": part("en", "pt"), "backward": part("pt", "en")},
        "same_language_aligner": part("pt", "pt"),
        "measure": {"first": {"target_lang": "pt"}, "second": {"target_lang": None, "power": 2}},
    }
    config = Config({"components": {"xl_projector": block}})
    made = for_languages(config, "de", "sw")["components"]["xl_projector"]
    assert made["aligner"] == {"forward": part("de", "sw"), "backward": part("sw", "de")}
    assert made["same_language_aligner"] == part("sw", "sw")
    assert made["measure"] == {
        "first": {"target_lang": "sw"},
        "second": {"target_lang": None, "power": 2},
    }
    assert config["components"]["xl_projector"]["same_language_aligner"] == part("pt", "pt")
    made = for_languages(config, None, "sw")["components"]["xl_projector"]
    assert made["aligner"] == {"forward": part("en", "sw"), "backward": part("sw", "en")}


def test_a_component_that_is_no_block(tmp_path):
    with pytest.raises(InputError, match="'xl_projector' of the config is 5"):
        for_languages(Config({"components": {"xl_projector": 5}}), "en", "pt")
    (tmp_path / "texts.txt").write_text("Chove.\n")
    path = tmp_path / "bad.cfg"
    path.write_text(
        '[nlp]\nlang = "xx"\npipeline = ["xl_projector"]\n[components]\nxl_projector = 5\n'
    )
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    for options in (["--lang", "pt"], []):
        result = CliRunner().invoke(app, ["project", *files, "--config", str(path), *options, "-q"])
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
