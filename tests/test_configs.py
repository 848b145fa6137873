"""The configs of the paper's methods: each loads for any language, and loads nothing else."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest
import spacy
from spacy.util import load_config, load_model_from_config
from thinc.api import Config

from tests.shared import xlner
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
    config = for_languages(load_config(path), ["en"], lang)
    nlp = load_model_from_config(config, auto_fill=True)
    # spaCy has no rules for Swahili.
    assert nlp.lang == ("xx" if lang == "sw" else lang)
    components = [component for _, component in nlp.pipeline]
    assert components
    assert all(isinstance(component, StageComponent) for component in components)
    languages = {s.target_lang for c in components for s in c.stages if hasattr(s, "target_lang")}
    assert languages <= {lang}


# What stubs were told: (part, from or source language, to or target language).
TOLD: set[tuple[str, str, str]] = set()


class Translator:
    """Keeps texts as they are; knows how probable a translation is."""

    def __call__(self, texts, *, from_lang, to_lang):
        TOLD.add(("translate", from_lang, to_lang))
        return list(texts)

    def score(self, sources, targets, *, from_lang, to_lang):
        TOLD.add(("score", from_lang, to_lang))
        return [-1.0 * (a != b) for a, b in zip(sources, targets, strict=True)]


def annotate(texts):
    return [[(m.start(), m.end(), "PER") for m in re.finditer(r"[A-Z]\w+", t)] for t in texts]


def align(pairs, *, source_lang, target_lang):
    TOLD.add(("align", source_lang, target_lang))
    return [
        [(s, t, 1.0) for s, a in enumerate(x) for t, b in enumerate(y) if a == b] for x, y in pairs
    ]


spacy.registry.xl_translators("test.StubTranslator.v1")(Translator)
spacy.registry.xl_annotators("test.StubAnnotator.v1")(lambda: annotate)
spacy.registry.xl_aligners("test.StubAligner.v1")(lambda: align)

STUBS = {
    "translator": {"@xl_translators": "test.StubTranslator.v1"},
    "annotator": {"@xl_annotators": "test.StubAnnotator.v1"},
    "ner": {"@xl_annotators": "test.StubAnnotator.v1"},
    "aligner": {"@xl_aligners": "test.StubAligner.v1"},
}
TAKES = {
    "xl_translator": ["translator"],
    "xl_annotator": ["annotator"],
    "xl_back_translator": ["translator"],
    "xl_transfer": ["annotator"],
    "xl_projector": ["translator", "annotator", "aligner"],
}


def with_stubs(config):
    """The config with stubs for all models, those that are chosen by language too."""
    config = config.copy()
    for block in config["components"].values():
        for part in TAKES[block["factory"]]:
            block[part] = STUBS[part]
        for inner in block.values():
            for part in set(inner) & set(STUBS) if isinstance(inner, dict) else ():
                inner[part] = STUBS[part]
    return config


@pytest.mark.parametrize("path", METHODS, ids=lambda path: path.stem)
def test_the_methods_project_texts_of_a_language_that_spacy_does_not_know(path):
    """Every part is told that the texts are in Swahili, never "xx"."""
    TOLD.clear()
    config = with_stubs(for_languages(load_config(path), ["en"], "sw"))
    nlp = load_model_from_config(config, auto_fill=True)
    assert nlp.lang == "xx"
    doc = nlp("leo Maria anaishi na Juma katika Maputo")
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Maria", "PER"),
        ("Juma", "PER"),
        ("Maputo", "PER"),
    ]
    assert not doc._.xl_problems
    expected = {("translate", "sw", "en"), ("align", "en", "sw")}
    if path.stem == "model-transfer":
        expected = set()
        assert doc.ents[0]._.xl_source["lang"] == "sw"
    elif path.stem.startswith("back-translation"):
        expected = {("translate", "sw", "en"), ("translate", "en", "sw"), ("align", "sw", "sw")}
    elif path.stem == "t-projection":
        both = {("en", "sw"), ("sw", "en"), ("sw", "sw"), ("en", "en")}
        expected |= {("score", *pair) for pair in both}
    assert expected == TOLD


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
    made = for_languages(config, ["de"], "sw")
    assert made["nlp"]["lang"] == "xx"
    own = {name: set(block) - {"factory"} for name, block in made["components"].items()}
    both = {"source_lang", "target_lang"}
    assert own == {
        "xl_translator": both,
        "xl_aligner": {"target_lang"},
        "xl_matcher": {"target_lang"},
        "xl_back_translator": both,
        "ner": set(),
    }
    assert made["components"]["xl_translator"]["source_lang"] == "de"
    assert "source_lang" not in for_languages(config, None, "pt")["components"]["xl_translator"]
    assert config.to_str() == before


@pytest.mark.models
@pytest.mark.parametrize("name", ["default", "back-translation-ngrams"])
def test_a_method_projects_texts(name, tmp_path):
    (tmp_path / "texts.txt").write_text("A Petrobras abriu um escritório em Maputo.\n")
    config = next(path for path in METHODS if path.stem == name)
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    command = ["project", *files, "--lang", "pt", "--config", str(config), "-q"]
    result = xlner(*command)
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "out.jsonl").read_text())
    found = {entity["text"]: entity["label"] for entity in record["ents"]}
    assert found["Maputo"] == "LOC"


def test_a_method_without_a_language_says_so(tmp_path):
    (tmp_path / "texts.txt").write_text("A Petrobras abriu um escritório em Maputo.\n")
    config = next(path for path in METHODS if path.stem == "default")
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    result = xlner("project", *files, "--config", str(config), "-q")
    assert result.exit_code == 1
    assert "'xx' is not the code of a language" in result.stderr


def test_a_config_of_several_source_languages_keeps_them():
    translators = {code: {"factory": "xl_translator", "source_lang": code} for code in ("en", "de")}
    config = Config({"components": translators})
    made = for_languages(config, ["fr"], "sw")["components"]
    assert [made[code]["source_lang"] for code in ("en", "de")] == ["en", "de"]
    assert [made[code]["target_lang"] for code in ("en", "de")] == ["sw", "sw"]


def test_a_component_that_is_no_block(tmp_path):
    with pytest.raises(InputError, match="'xl_projector' of the config is 5"):
        for_languages(Config({"components": {"xl_projector": 5}}), ["en"], "pt")
    (tmp_path / "texts.txt").write_text("Chove.\n")
    path = tmp_path / "bad.cfg"
    path.write_text(
        '[nlp]\nlang = "xx"\npipeline = ["xl_projector"]\n[components]\nxl_projector = 5\n'
    )
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    for options in (["--lang", "pt"], []):
        result = xlner("project", *files, "--config", str(path), *options, "-q")
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
