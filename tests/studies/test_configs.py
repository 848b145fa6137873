"""The configs of the studies: complete, and what they say can be trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from thinc.api import Config

from studies.cells import run
from studies.config import read_settings
from studies.kinds import module
from studies.students import BASE
from xlner_spacy.errors import InputError
from xlner_spacy.files import read_json

ROOT = Path(__file__).parents[2]
NAMES = sorted(file.parent.name for file in (ROOT / "studies").glob("*/study.cfg"))
# Those that are a grid, or make one.
GRIDS = [name for name in NAMES if "languages" in read_settings(name)["study"]]


def every(cells):
    """The cells and all that they need, by name."""
    found = {}
    for cell in cells:
        found.update({**every(cell.needs), cell.name: cell})
    return found


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_student_of_a_study_can_be_configured(name, quick, tmp_path):
    settings = read_settings(name, quick=quick)
    cells = every(module(name).cells(settings).values())
    paths = {key: str(tmp_path) for key in ("train", "dev", "raw", "translations")}
    seen = []
    for cell in cells.values():
        changes = cell.settings.get("changes")
        if not cell.name.startswith("train/") or changes in seen:
            continue
        seen.append(changes)
        config = Config().from_disk(BASE, interpolate=False).merge({"paths": paths})
        for block in changes:
            config = config.merge(block)
        config = config.interpolate()
        nlp = spacy.blank("pt")
        block = {k: own for k, own in config["components"]["xl_ner"].items() if k != "factory"}
        nlp.add_pipe("xl_ner", config=block)
        spacy.registry.resolve(config["corpora"])
        assert config["training"]["max_steps"] == settings["study"].get(
            "steps", settings["training"]["training"]["max_steps"]
        )


@pytest.mark.parametrize("name", GRIDS)
def test_every_test_set_and_corpus_is_there(name):
    """Of the small version without the data folder."""
    for quick in (True, False):
        settings = read_settings(name, quick=quick)
        assert set(settings["study"]["languages"]) <= set(settings["languages"])
    quick = read_settings(name, quick=True)
    for language in quick["study"]["languages"]:
        own = quick["languages"][language]
        files = [test["file"] for test in own["tests"].values()]
        files += [c[key] for c in own["corpora"].values() for key in ("texts", "file") if key in c]
        assert files
        assert all((ROOT / file).is_file() for file in files)


def test_a_name_that_is_not_there():
    with pytest.raises(InputError, match="There is no study 'weather'"):
        read_settings("weather")
    settings = read_settings("adversarial")
    settings["study"]["methods"] = ["none", "magic"]
    with pytest.raises(InputError, match="no methods called 'magic'"):
        module("adversarial").cells(settings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """For all studies: they share their silver data."""
    return tmp_path_factory.mktemp("studies")


@pytest.mark.models
@pytest.mark.study
@pytest.mark.parametrize("name", NAMES)
def test_a_cell_of_the_small_version_comes_out_the_same(name, folder, monkeypatch):
    """As in what is committed: the last student and all that it is made of, trained again."""
    monkeypatch.setenv("XLNER_STUDIES", str(folder))
    kept = read_json(ROOT / "studies" / name / "quick.json")["cells"]
    cells = every(module(name).cells(read_settings(name, quick=True)).values())
    last = [cell for cell in cells.values() if cell.name.startswith("measure/") and cell.needs][-1]
    run([last], folder)
    found = last.record(folder)
    assert found is not None
    for test, f1 in kept[last.name]["f1"].items():
        assert found["f1"][test] == pytest.approx(f1, abs=0.02), test
