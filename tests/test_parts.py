"""Every registered part can be built, describes itself, and is in the documentation."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import re
from configparser import ConfigParser
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
import spacy
from thinc.api import ConfigValidationError

from xlner_spacy.models.description import describe
from xlner_spacy.registry import REGISTRIES

ROOT = Path(__file__).parents[1]
# Ours, and spaCy's own that we have methods in.
ALL = {**REGISTRIES, "augmenters": spacy.registry.augmenters}
NAMES = [
    (registry, point.name)
    for registry, known in ALL.items()
    for point in sorted(importlib.metadata.entry_points(group=known.entry_point_namespace))
    if point.name.startswith("xlner.")
]
IDS = [name for _, name in NAMES]

# Values for settings without a default. Models are loaded with the first text, so none is here.
CTRANSLATE2 = {"@xl_translators": "xlner.CTranslate2.v1", "model": "nowhere"}
EXACT_WORDS = {"@xl_aligners": "xlner.ExactWords.v1"}
LINK_F1 = {"@xl_measures": "xlner.LinkF1.v1"}
MINIMAL = {
    "corpora": ["en", "pt"],
    "model": "nowhere",
    "path": "nowhere.tsv",
    "translator": CTRANSLATE2,
    "ner": {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": "nowhere"},
    "source_lang": "en",
    "target_lang": "pt",
    **dict.fromkeys(("forward", "backward", "same", "different"), EXACT_WORDS),
    "generators": {"one": {"@xl_candidates": "xlner.Ngrams.v1"}},
    "measures": {"one": LINK_F1},
    "aligners": {"one": EXACT_WORDS},
    "translators": {"en": CTRANSLATE2},
    "augmenters": {"one": {"@augmenters": "xlner.NoPunctuation.v1"}},
    "adversaries": {"one": {"@xl_adversaries": "xlner.FGM.v1"}},
}


def settings_of(registry, name):
    return inspect.signature(ALL[registry].get(name), eval_str=True).parameters.values()


def minimal(registry, name):
    required = [p.name for p in settings_of(registry, name) if p.default is p.empty]
    return {f"@{registry}": name, **{setting: MINIMAL[setting] for setting in required}}


def resolve(block):
    return spacy.registry.resolve({"part": block})["part"]


def test_there_are_parts_in_every_registry():
    assert {registry for registry, _ in NAMES} == set(ALL)


@pytest.mark.parametrize(("registry", "name"), NAMES, ids=IDS)
def test_it_is_built_from_a_config(registry, name):
    assert callable(resolve(minimal(registry, name)))


@pytest.mark.parametrize(("registry", "name"), NAMES, ids=IDS)
def test_a_config_with_a_wrong_setting_is_refused(registry, name):
    block = minimal(registry, name)
    with pytest.raises(ConfigValidationError, match="no_such_setting"):
        resolve({**block, "no_such_setting": 1})
    for setting in settings_of(registry, name):
        if get_origin(setting.annotation) is Literal:
            with pytest.raises(ConfigValidationError, match=setting.name):
                resolve({**block, setting.name: "magic"})
            for choice in get_args(setting.annotation):
                assert callable(resolve({**block, setting.name: choice}))
        elif setting.annotation in (int, float, bool):
            with pytest.raises(ConfigValidationError, match=setting.name):
                resolve({**block, setting.name: "magic"})


def normal(distribution):
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.fixture(scope="module")
def required():
    """The distributions in setup.cfg: those always required, and those of each extra."""
    setup = ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", encoding="utf8")

    def names(text):
        return {
            normal(re.match(r"[\w.-]+", line)[0]) for line in text.split("\n") if line[:1].isalpha()
        }

    extras = {extra: names(text) for extra, text in setup["options.extras_require"].items()}
    return {"": names(setup["options"]["install_requires"]), **extras}


@pytest.mark.parametrize(("registry", "name"), NAMES, ids=IDS)
def test_it_describes_itself_and_setup_cfg_has_what_it_needs(registry, name, required):
    description = describe(ALL[registry].get(name))
    assert description is not None
    assert description.words
    assert description.extra in required
    can_be_had = required[""] | required[description.extra]
    assert not description.package or normal(description.package) in can_be_had
    assert not description.module or normal(description.module) in can_be_had
    assert not description.embedded or normal(description.embedded.package) in required["offline"]
    if description.missing:
        assert description.how_to_install


@pytest.mark.parametrize(("registry", "name"), NAMES, ids=IDS)
def test_docs_methods_has_a_row_for_it(registry, name):
    text = (ROOT / "docs" / "methods.md").read_text(encoding="utf8")
    (section,) = re.findall(rf"\n## [^\n]*`@{registry}`[^\n]*\n(.*?)(?=\n## |\Z)", text, re.DOTALL)
    rows = [line for line in section.split("\n") if line.startswith("|")]
    assert any(f"`{name}`" in row.split("|")[1] for row in rows)
