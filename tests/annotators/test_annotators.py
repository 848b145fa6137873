"""Source annotators: spaCy pipelines, Hugging Face models, functions, given entities."""

from __future__ import annotations

import re

import pytest
import spacy

from tests import tiny_models
from xlner_spacy import give_translation
from xlner_spacy.annotators.huggingface_ner import HuggingFaceNER
from xlner_spacy.annotators.spacy_pipeline import SpacyPipeline
from xlner_spacy.document.attributes import dropped
from xlner_spacy.errors import BackendError, InputError, SetupError
from xlner_spacy.pipeline.stages.annotate import find_mentions
from xlner_spacy.text.mentions import trimmed

LABELS = {"PERSON": "PER", "GPE": "LOC"}


@pytest.fixture(scope="module")
def ruler():
    nlp = spacy.blank("en")
    patterns = [
        {"label": "GPE", "pattern": "the Netherlands's"},
        {"label": "PERSON", "pattern": "Maria"},
        {"label": "DATE", "pattern": "Monday"},
    ]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    return nlp


TEXT = "On Monday Maria saw the Netherlands's coast."


def summary(mentions):
    return [(TEXT[m.start_char : m.end_char], m.label, m.source_label) for m in mentions]


@pytest.mark.models
def test_spacy_pipeline_as_an_object(ruler):
    (mentions,) = SpacyPipeline(ruler, labels=LABELS, trim=True)([TEXT])
    assert summary(mentions) == [
        ("Monday", "", "DATE"),
        ("Maria", "PER", "PERSON"),
        ("Netherlands", "LOC", "GPE"),
    ]


@pytest.mark.models
def test_spacy_pipeline_by_path_without_label_map(ruler, tmp_path):
    ruler.to_disk(tmp_path / "ruler")
    (mentions,) = SpacyPipeline(str(tmp_path / "ruler"))([TEXT])
    assert summary(mentions)[2] == ("the Netherlands's", "GPE", "GPE")


@pytest.mark.models
def test_missing_spacy_pipeline_says_how_to_install_it():
    nlp = spacy.blank("pt")
    source = {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": "en_no_such_model"}
    nlp.add_pipe("xl_projector", config={"annotator": source})
    with pytest.raises(SetupError, match=r"(?s)en_no_such_model.*spacy download"):
        nlp("A Petrobras abriu um escritório.")


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("the United Nations", "United Nations"),
        ("The Hague", "Hague"),
        ("Portugal's", "Portugal"),
        ("Portugal ’s", "Portugal"),
        ("workers'", "workers"),
        ("the", "the"),
        ("'s", "'s"),
        ("Theresa", "Theresa"),
        ("an", "an"),
    ],
)
def test_trimming(text, inner):
    start, end = trimmed(text, 0, len(text))
    assert text[start:end] == inner


@pytest.mark.models
def test_huggingface_ner_in_a_pipeline(tmp_path):
    model = str(tiny_models.ner(tmp_path / "ner"))
    nlp = spacy.blank("pt")
    source = {
        "@xl_annotators": "xlner.HuggingFaceNER.v1",
        "model": model,
        "labels": {"PER": "PERSON"},
    }
    nlp.add_pipe("xl_projector", config={"annotator": source})
    doc = nlp(give_translation(nlp.make_doc("Maria mora em Lisboa"), "Maria vive em Lisboa"))
    assert [(e.text, e.label_) for e in doc.ents] == [("Maria", "PERSON")]
    assert dropped(doc) == {"LOC": 1}
    assert 0.9 < doc.ents[0]._.xl_source["score"] <= 1


def test_huggingface_ner_reads_texts_longer_than_the_model_takes(tmp_path):
    ner = HuggingFaceNER(str(tiny_models.ner(tmp_path / "ner")))
    text = "Maria vive em Lisboa , " * 40
    (mentions,) = ner([text])
    assert [text[m.start_char : m.end_char] for m in mentions] == ["Maria", "Lisboa"] * 40


def test_missing_huggingface_ner(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SetupError, match="source annotator cannot load the model"):
        HuggingFaceNER(str(tmp_path / "nowhere"))(["Maria"])


@pytest.mark.models
def test_a_function_as_source():
    nlp = spacy.blank("pt")

    def years(texts):
        return [
            [(t.index("1974"), t.index("1974") + 4, "YEAR")] if "1974" in t else [] for t in texts
        ]

    nlp.add_pipe("xl_projector").use(annotator=years)
    doc = nlp("A revolução foi em 1974. Depois mudou tudo.")
    assert [(e.text, e.label_) for e in doc.ents] == [("1974", "YEAR")]


@pytest.mark.models
def test_mentions_that_do_not_fit_are_kept_as_problems():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(
        annotator=lambda texts: [[(0, 6, "LOC"), (3, 9, "PER"), (900, 905, "ORG")] for _ in texts]
    )
    doc = nlp("Lisboa é uma cidade.")
    assert [e.text for e in doc.ents] == ["Lisboa"]
    assert [p["reason"] for p in doc._.xl_problems] == [
        "overlapping source entities",
        "entity outside the text",
    ]


@pytest.mark.models
def test_entities_already_given_by_a_doc(nlp):
    english = spacy.blank("en")("Maria lives in Lisbon.")
    english.ents = [english.char_span(15, 21, "CITY")]
    doc = nlp(give_translation(nlp.make_doc("A Maria vive em Lisboa."), english))
    assert [(e.text, e.label_) for e in doc.ents] == [("Lisboa", "CITY")]


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ([(90, 95, "LOC")], "outside"),
        ([(0, 5, "A"), (3, 8, "B")], "overlaps"),
        ([(4, 4, "A")], "outside"),
    ],
)
def test_given_entities_that_do_not_fit(nlp, entities, message):
    with pytest.raises(InputError, match=message):
        give_translation(nlp.make_doc("Olá"), "Hello there", entities=entities)


def test_several_translations_compete(nlp):
    doc = nlp.make_doc("A Maria vive em Lisboa.")
    give_translation(doc, "Maria lives in Lisbon.", entities=[(0, 5, "PER")])
    give_translation(doc, "Lisbon is where Maria lives.", entities=[(0, 6, "LOC")])
    doc = nlp(doc)
    assert [(e.text, e._.xl_source["translation"]) for e in doc.ents] == [
        ("Maria", 0),
        ("Lisboa", 1),
    ]


def test_translations_that_agree_confirm_each_other(nlp):
    """They do not compete: two halves of a name score more than the whole."""
    text = "O João Silva trabalha na Caixa Geral de Depósitos em Vila Nova."
    english = "João Silva works at Caixa Geral de Depósitos in Vila Nova."
    entities = [(0, 10, "PER"), (20, 44, "ORG"), (48, 57, "LOC")]
    once, twice = nlp.make_doc(text), nlp.make_doc(text)
    give_translation(once, english, entities=entities)
    for _ in range(2):
        give_translation(twice, english, entities=entities)
    names = ["João Silva", "Caixa Geral de Depósitos", "Vila Nova"]
    for doc in (nlp(once), nlp(twice)):
        assert [ent.text for ent in doc.ents] == names
        assert doc._.xl_unplaced == []


def test_of_translations_that_disagree_the_more_win(nlp):
    doc = nlp.make_doc("A Maria vive em Lisboa.")
    for label in ("ORG", "PER", "PER"):
        give_translation(doc, "Maria lives in Lisbon.", entities=[(0, 5, label)])
    doc = nlp(doc)
    assert [(e.text, e.label_) for e in doc.ents] == [("Maria", "PER")]
    assert [(u["label"], u["reason"]) for u in doc._.xl_unplaced] == [("ORG", "another label won")]


@pytest.mark.models
def test_a_translation_into_another_language_is_not_given_to_the_wrong_ner(nlp):
    """It stays on the Doc without entities, and that is said; English is added."""
    doc = give_translation(nlp.make_doc("Vive em Lisboa."), "Sie lebt in Lissabon.", lang="de")
    doc = nlp(doc)
    assert [translation["lang"] for translation in doc._.xl_translations] == ["de", "en"]
    assert doc._.xl_translations[0]["entities"] is None
    assert [(ent.text, ent._.xl_source["lang"]) for ent in doc.ents] == [("Lisboa", "en")]
    assert any("de" in str(problem) for problem in doc._.xl_problems)


def test_given_translations_that_make_no_sense(nlp):
    doc = nlp.make_doc("Vive em Lisboa.")
    with pytest.raises(InputError, match="lies outside"):
        give_translation(doc, "Lives.", segments=[(0, 1000, 0, 5)])
    with pytest.raises(InputError, match="neither a string nor a Doc"):
        give_translation(doc, None)
    for label in ("", None, 5):
        with pytest.raises(InputError, match=rf"'Lisbon' \(9, 15\) in .* has the label {label!r}"):
            give_translation(doc, "Lives in Lisbon.", entities=[(0, 5, "X"), (9, 15, label)])
    with pytest.raises(SetupError, match="zzz"):
        give_translation(doc, "Lives.", lang="zzz")
    doc = nlp(give_translation(doc, " "))
    assert doc._.xl_problems[0]["reason"] == "empty translation"


@pytest.mark.models
def test_two_mentions_of_one_span_with_and_without_a_score():
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector").use(
        annotator=lambda texts: [[(0, 6, "LOC", 0.5), (0, 6, "LOC", None)] for _ in texts]
    )
    assert [e.text for e in nlp("Lisboa é uma cidade.").ents] == ["Lisboa"]


@pytest.mark.parametrize(
    "mention", [(0, 5), (0, 5, None), (0, 5, 7), ("0", 5, "PER"), (0, 5, "PER", "sure"), "Maria"]
)
def test_what_is_no_mention_is_named(mention):
    with pytest.raises(BackendError, match=f"{re.escape(repr(mention))} for 'Maria'"):
        find_mentions(lambda texts: [[mention] for _ in texts], ["Maria"])


def test_an_annotator_that_gives_no_list():
    with pytest.raises(BackendError, match="not a list"):
        find_mentions(lambda texts: None, ["Maria"])
    with pytest.raises(BackendError, match="gave 0 answers for 1 text"):
        find_mentions(lambda texts: [], ["Maria"])
