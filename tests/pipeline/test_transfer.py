"""Model transfer: an NER that reads the texts themselves."""

from __future__ import annotations

import json

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.util import ignore_error

from tests import tiny_models
from tests.shared import blank_with
from xlner_spacy.cli.project import project_file
from xlner_spacy.document.attributes import dropped, get_data
from xlner_spacy.errors import SetupError
from xlner_spacy.pipeline import defaults

TEXT = "A Maria vive em Lisboa.\nO João no Porto."


@pytest.fixture(scope="module")
def block(tmp_path_factory):
    model = tiny_models.ner(tmp_path_factory.mktemp("models") / "ner")
    return {"@xl_annotators": "xlner.HuggingFaceNER.v1", "model": str(model)}


@pytest.fixture
def nlp(block):
    nlp = blank_with("xl_transfer", annotator=block)
    return nlp


def found(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


ENTITIES = [("Maria", "PER"), ("Lisboa", "LOC"), ("João", "PER"), ("Porto", "LOC")]


def test_entities_of_a_text_with_their_probabilities(nlp):
    doc = nlp(TEXT)
    assert found(doc) == ENTITIES
    maria = doc.ents[0]
    assert 0.9 < maria._.xl_confidence <= 1
    assert maria._.xl_source["text"] == "Maria"
    assert maria._.xl_source["translation"] == -1
    assert [doc.text[e["start_char"] : e["end_char"]] for e in doc._.xl_entities] == [
        text for text, _ in ENTITIES
    ]
    (copy,) = (
        DocBin().from_bytes(DocBin(docs=[doc], store_user_data=True).to_bytes()).get_docs(nlp.vocab)
    )
    assert get_data("xl_transferred", copy) == get_data("xl_transferred", doc)


def test_batches_are_what_single_texts_are(nlp):
    texts = [TEXT, "", "\n", "Maria", "Bom dia."] * 3
    assert [found(doc) for doc in nlp.pipe(texts, batch_size=4)] == [found(nlp(t)) for t in texts]


def test_labels_are_mapped_and_counted(block):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_transfer", config={"annotator": {**block, "labels": {"PER": "PERSON"}}})
    doc = nlp(TEXT)
    assert found(doc) == [("Maria", "PERSON"), ("João", "PERSON")]
    assert doc._.xl_entities[0]["source"]["label"] == "PER"
    assert dropped(doc) == {"LOC": 2}


def test_entities_of_earlier_components_are_kept_if_wanted(block):
    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "em Lisboa"}])
    nlp.add_pipe("xl_transfer", config={"annotator": block, "overwrite": False})
    doc = nlp(TEXT)
    assert found(doc) == [("Maria", "PER"), ("em Lisboa", "CITY"), *ENTITIES[2:]]
    (lost,) = doc._.xl_unplaced
    assert (lost["text"], lost["reason"]) == ("Lisboa", "its place was taken")
    # Once more on the same Doc: what it placed itself is no obstacle.
    assert found(nlp.get_pipe("xl_transfer")(doc)) == found(doc)
    assert len(doc._.xl_entities) == 3


@pytest.mark.models
def test_projection_fills_what_transfer_left(block):
    """In either order, each keeps what the other placed."""
    text = "Maria mora em Maputo"
    rest = {"annotator": block, "overwrite": False}
    for first, second in (("xl_transfer", "xl_projector"), ("xl_projector", "xl_transfer")):
        nlp = spacy.blank("pt")
        nlp.add_pipe(first, config=rest if first == "xl_transfer" else {})
        nlp.add_pipe(second, config=rest if second == "xl_transfer" else {"overwrite": False})
        doc = nlp(text)
        assert found(doc) == [("Maria", "PER"), ("Maputo", "LOC")]
        assert [e["text"] for e in doc._.xl_entities] == ["Maria", "Maputo"]
        doc = nlp(doc)
        assert found(doc) == [("Maria", "PER"), ("Maputo", "LOC")]


def test_one_bad_text_does_not_cost_the_others():
    nlp = spacy.blank("pt")

    def fail(texts):
        if "crash" in texts:
            raise RuntimeError("the engine fell over")
        return [[(0, 5, "PER")] for _ in texts]

    nlp.add_pipe(
        "xl_transfer", config={"annotator": {"@xl_annotators": "xlner.HuggingFaceNER.v1"}}
    ).use(annotator=fail)
    nlp.set_error_handler(ignore_error)
    docs = list(nlp.pipe(["Maria vive", "crash", "Clara vive"]))
    assert [found(doc) for doc in docs] == [[("Maria", "PER")], [], [("Clara", "PER")]]
    assert docs[1]._.xl_problems[0]["stage"] == "transfer"
    assert docs[1]._.xl_entities == []


@pytest.mark.models
def test_without_a_block_the_embedded_recogniser_reads_the_text_itself():
    """In a language that spaCy has no rules for, with the probability of each entity."""
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_transfer", config={"target_lang": "sw"})
    doc = nlp("Rais Samia Suluhu Hassan alifika Nairobi.")
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("Samia Suluhu Hassan", "PER"),
        ("Nairobi", "LOC"),
    ]
    assert all(0.5 < e._.xl_confidence <= 1 for e in doc.ents)
    assert doc.ents[0]._.xl_source["lang"] == "sw"


def test_without_it_a_multilingual_model_of_the_hub_is_wanted(monkeypatch):
    monkeypatch.setattr(defaults.encoder, "PACKAGE", "no_such_package")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_transfer")
    with pytest.raises(SetupError, match="xlm-roberta"):
        nlp("Maria")


def test_xlner_project_takes_such_a_pipeline(nlp, tmp_path):
    nlp.config.to_disk(tmp_path / "transfer.cfg")
    (tmp_path / "in.txt").write_text("A Maria vive em Lisboa.\nBom dia.\n", encoding="utf8")
    project_file(
        str(tmp_path / "in.txt"),
        str(tmp_path / "out.jsonl"),
        lang=None,
        config=tmp_path / "transfer.cfg",
    )
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text("utf8").splitlines())
    assert [(e["text"], e["label"]) for e in first["ents"]] == ENTITIES[:2]
    assert second["ents"] == []
