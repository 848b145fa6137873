"""Marker projection in translate-train: what a build gets where markers come back or are lost."""

from __future__ import annotations

import pytest
import spacy

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.reports.report_page import render_report
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.manifest import read_manifest
from xlner_spacy.silver.selection import Selection
from xlner_spacy.training.reader import corpus_files

PT = spacy.blank("pt")
GOLD = """Siemens B-ORG
opened O
an O
office O
in O
Brazil B-LOC
. O

Brazil B-ORG
beat O
Germany B-ORG
. O
"""
ALIGNMENT = BuildOptions(mode="translate-train")
MARKERS = BuildOptions(mode="translate-train", projection="markers")
ALL = Selection(dev_rate=0)


def found(folder):
    return [
        [(ent.text, ent.label_) for ent in doc.ents]
        for file in corpus_files([folder / "train"])
        for doc in read_gold(file, PT, "pt")
    ]


@pytest.fixture
def gold(tmp_path):
    (tmp_path / "gold.conll").write_text(GOLD)
    return tmp_path / "gold.conll"


@pytest.fixture
def by_table(nlp):
    """The default pipeline, with a translator that answers from a table."""
    component = nlp.get_pipe("xl_projector")
    before = component.stages[0].translator

    def use(table):
        component.use(translator=lambda texts, **_: [table.get(text, "") for text in texts])
        return nlp

    yield use
    component.use(translator=before)


@pytest.mark.models
def test_entities_are_where_their_markers_are(gold, tmp_path, nlp):
    result = build([gold], tmp_path / "s", nlp, MARKERS, ALL)
    assert found(tmp_path / "s") == [
        [("Siemens", "ORG"), ("Brasil", "LOC")],
        [("Brasil", "ORG"), ("Alemanha", "ORG")],
    ]
    assert result["counts"]["placed"] == {"by alignment": 0, "by marker": 4}
    assert result["settings"]["projection"] == "markers"
    example = result["examples"][0]
    assert "[" not in example["text"]
    assert len(example["ents"]) == len(example["translations"][0]["ents"]) == 2


TABLE = {
    # one marker is lost, and the other one's word is not aligned with it by any model
    "[Siemens] opened an office in [Brazil].": "A [empresa] abriu um escritório em Brasil.",
    # none came back: the text is translated as it is
    "[Brazil] beat [Germany].": "Brasil Alemanha",
    "Brazil beat Germany.": "O Brasil venceu a Alemanha.",
    "Siemens": "empresa",
    "Brazil": "Brasil",
    "Germany": "Alemanha",
}


def test_lost_markers_fall_back_to_alignment(gold, tmp_path, by_table):
    result = build([gold], tmp_path / "s", by_table(TABLE), MARKERS, ALL)
    assert found(tmp_path / "s") == [
        [("empresa", "ORG"), ("Brasil", "LOC")],
        [("Brasil", "ORG"), ("Alemanha", "ORG")],
    ]
    assert result["counts"]["placed"] == {"by alignment": 3, "by marker": 1}
    assert "What placed the gold entities" in render_report(result, {})


@pytest.mark.models
def test_the_same_build_with_the_other_projection_is_refused(gold, tmp_path, nlp):
    build([gold], tmp_path / "s", nlp, ALIGNMENT, ALL)
    assert read_manifest(tmp_path / "s")["counts"]["placed"] == {}
    with pytest.raises(InputError, match="projection: 'alignment' then, 'markers' now"):
        build([gold], tmp_path / "s", nlp, MARKERS, ALL)


def test_raw_texts_have_nothing_to_mark():
    with pytest.raises(SetupError, match="translate-train"):
        BuildOptions(projection="markers")
    with pytest.raises(SetupError, match="projection"):
        BuildOptions(mode="translate-train", projection="stars")
