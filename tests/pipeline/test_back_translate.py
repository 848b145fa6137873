"""Back-translation refinement with the embedded translator, and with tables by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.util import load_config, load_model_from_config

from tests.shared import blank_with
from xlner_spacy import give_translation
from xlner_spacy.aligners.by_language import ByLanguage
from xlner_spacy.errors import BackendError, SetupError

TEXT = "O presidente Lula da Silva recebeu António Guterres em Brasília."


class Table:
    """Translates by table; what is not in it stays as it is."""

    def __init__(self, **table):
        self.table = table.pop("table")
        self.calls = []

    def __call__(self, texts, *, from_lang, to_lang):
        self.calls.append((list(texts), from_lang, to_lang))
        return [self.table.get(text, text) for text in texts]


SPEECH = {
    "[Guterres] met [Lula] in [Brasilia].": "[Lula] encontrou [Guterres] em Brasília.",
    "Brasilia": "Brasília",
}
TARGET = "Lula recebeu Guterres em Brasília."


def pipeline(**config):
    nlp = blank_with("xl_back_translator", **config)
    return nlp


def speech(nlp, translator):
    nlp.get_pipe("xl_back_translator").use(translator=translator)
    doc = nlp.make_doc(TARGET)
    english = "Guterres met Lula in Brasilia."
    return give_translation(
        doc, english, entities=[(0, 8, "PER"), (13, 17, "MISC"), (21, 29, "LOC")]
    )


def texts(doc):
    return [[(e["text"], e["label"]) for e in t["entities"]] for t in doc._.xl_translations]


@pytest.fixture(scope="module")
def whole():
    nlp = spacy.blank("pt")
    for name in ("xl_translator", "xl_annotator", "xl_back_translator", "xl_projector"):
        nlp.add_pipe(name)
    return nlp


@pytest.mark.models
def test_the_whole_way_with_real_models(whole):
    doc = whole(TEXT)
    assert [(ent.text, ent.label_) for ent in doc.ents] == [
        ("Lula da Silva", "PER"),
        ("António Guterres", "PER"),
        ("Brasília", "LOC"),
    ]
    english, portuguese = doc._.xl_translations
    assert (english["lang"], portuguese["lang"]) == ("en", "pt")
    assert "[" not in portuguese["text"]
    assert doc.ents[0]._.xl_source["lang"] == "pt"
    for entity in portuguese["entities"]:
        assert portuguese["text"][entity["start_char"] : entity["end_char"]] == entity["text"]
        assert portuguese["words"][entity["start"]] == entity["text"].split()[0]


@pytest.mark.models
def test_the_config_of_the_project_finds_the_same():
    path = Path(__file__).parents[2] / "configs" / "back-translation-portuguese.cfg"
    nlp = load_model_from_config(load_config(path), auto_fill=True)
    doc = nlp(TEXT)
    assert [ent.text for ent in doc.ents] == ["Lula da Silva", "António Guterres", "Brasília"]
    # Links of words that are alike.
    assert all(confidence >= 0.75 for _, _, confidence, _ in doc._.xl_alignments[1])


@pytest.mark.models
def test_segments_stay_what_translates_each_other(whole):
    doc = whole(f"{TEXT} Olá!\nA Petrobras abriu um escritório em Maputo.")
    back = doc._.xl_translations[1]
    pairs = [(doc.text[a:b], back["text"][c:d]) for a, b, c, d in back["segments"]]
    assert "Lula" in pairs[0][1]
    assert pairs[1] == ("Olá!", "")  # nothing to find there
    assert "Maputo" in pairs[2][1]


def test_each_span_becomes_the_entity_that_it_says():
    """The order of the two names changed: their labels go with them."""
    nlp = pipeline()
    translator = Table(table=SPEECH)
    doc = nlp.get_pipe("xl_back_translator")(speech(nlp, translator))
    assert texts(doc) == [[("Brasilia", "LOC")], [("Lula", "MISC"), ("Guterres", "PER")]]
    (call,) = translator.calls
    assert call == (
        ["[Guterres] met [Lula] in [Brasilia].", "Guterres", "Lula", "Brasilia"],
        "en",
        "pt",
    )
    counts = nlp.get_pipe("xl_back_translator").stages[0].counts
    assert (counts["entities"], counts["recovered"], counts["marker lost"]) == (3, 2, 1)
    assert (counts["choices"], counts["out of order"]) == (1, 1)
    assert not doc._.xl_problems


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (
            "all",
            [
                [("Guterres", "PER"), ("Lula", "MISC"), ("Brasilia", "LOC")],
                [("Lula", "MISC"), ("Guterres", "PER")],
            ],
        ),
        ("none", [[("Lula", "MISC"), ("Guterres", "PER")]]),
    ],
)
def test_what_stays_of_the_first_translation(keep, expected):
    nlp = pipeline(keep=keep)
    doc = nlp.get_pipe("xl_back_translator")(speech(nlp, Table(table=SPEECH)))
    assert texts(doc) == expected
    problems = [(p["stage"], p["reason"], p["detail"]) for p in doc._.xl_problems or []]
    lost = [("back-translate", "marker lost", "Brasilia")]
    assert problems == (lost if keep == "none" else [])


def test_what_comes_back_as_something_else_stays_in_the_first_translation():
    nlp = pipeline()
    table = {"[Guterres] met [Lula] in [Brasilia].": "[Foo] viu [Lula] em [Du]."}
    doc = nlp.get_pipe("xl_back_translator")(speech(nlp, Table(table=table)))
    assert doc._.xl_translations[1]["text"] == "Foo viu Lula em Du."
    assert texts(doc) == [[("Guterres", "PER"), ("Brasilia", "LOC")], [("Lula", "MISC")]]
    counts = nlp.get_pipe("xl_back_translator").stages[0].counts
    assert (counts["recovered"], counts["marker lost"], counts["stray spans"]) == (1, 2, 2)
    trusting = pipeline(min_similarity=0.0)
    doc = trusting.get_pipe("xl_back_translator")(speech(trusting, Table(table=table)))
    assert len(texts(doc)[1]) == 3


def test_a_text_that_cannot_be_marked_has_lost_no_markers():
    nlp = pipeline()
    nlp.get_pipe("xl_back_translator").use(translator=Table(table={}))
    doc = nlp.make_doc("Ana [sic] (ou) {Rui}.")
    give_translation(doc, "Ana [sic] (or) {Rui}.", entities=[(0, 3, "PER")])
    nlp.get_pipe("xl_back_translator")(doc)
    assert texts(doc) == [[("Ana", "PER")], []]
    counts = nlp.get_pipe("xl_back_translator").stages[0].counts
    assert (counts["cannot be marked"], counts["marker lost"], counts["recovered"]) == (1, 0, 0)


def test_a_back_translation_is_not_translated_back():
    nlp = pipeline()
    translator = Table(table=SPEECH)
    component = nlp.get_pipe("xl_back_translator")
    doc = component(speech(nlp, translator))
    once = doc._.xl_translations
    component(doc)
    assert doc._.xl_translations == once
    (restored,) = DocBin(store_user_data=True, docs=[doc]).get_docs(nlp.vocab)
    component(restored)
    assert restored._.xl_translations == once
    # Its records are in the text's own language, whoever gave them.
    given = give_translation(
        nlp.make_doc("Olá, Lula"), "Oi, Lula", lang="pt", entities=[(4, 8, "PER")]
    )
    translator.calls.clear()
    component(given)
    assert not translator.calls
    assert [record["lang"] for record in given._.xl_translations] == ["pt"]


@pytest.mark.models
def test_new_entities_are_found_in_the_translations_alone(whole):
    doc = whole(TEXT)
    before = (doc._.xl_translations, [ent.text for ent in doc.ents])
    whole.get_pipe("xl_annotator")(doc)
    assert [record["lang"] for record in doc._.xl_translations] == ["en"]
    assert doc._.xl_alignments is None
    whole.get_pipe("xl_back_translator")(doc)
    whole.get_pipe("xl_projector")(doc)
    assert (doc._.xl_translations, [ent.text for ent in doc.ents]) == before


@pytest.mark.models
def test_a_new_translation_leaves_nothing_behind(whole):
    doc = whole(TEXT)
    whole.get_pipe("xl_translator")(doc)
    assert [record["lang"] for record in doc._.xl_translations] == ["en"]


def test_sentences_of_a_given_translation_go_one_by_one():
    nlp = pipeline()
    translator = Table(table={})
    nlp.get_pipe("xl_back_translator").use(translator=translator)
    doc = nlp.make_doc("A Ana mora no Porto. O Rui também.")
    english = "Ana lives in Porto.\nRui does too."
    give_translation(doc, english, entities=[(0, 3, "PER"), (13, 18, "LOC"), (20, 23, "PER")])
    nlp.get_pipe("xl_back_translator")(doc)
    assert translator.calls[0][0][:2] == ["[Ana] lives in [Porto].", "[Rui] does too."]
    (back,) = doc._.xl_translations[1:]
    assert back["text"] == "Ana lives in Porto. Rui does too."
    assert back["segments"] == [[0, len(doc.text), 0, len(back["text"])]]
    assert texts(doc)[1] == [("Ana", "PER"), ("Porto", "LOC"), ("Rui", "PER")]


def test_the_text_is_aligned_with_its_own_language_by_another_aligner():
    class Words:
        def __init__(self):
            self.seen = []

        def __call__(self, pairs, **languages):
            self.seen += [source for source, _ in pairs]
            return [
                [(s, t, 1.0) for s, a in enumerate(x) for t, b in enumerate(y) if a == b]
                for x, y in pairs
            ]

    nlp = pipeline()
    doc = nlp.get_pipe("xl_back_translator")(speech(nlp, Table(table=SPEECH)))
    across, within = Words(), Words()
    nlp.add_pipe("xl_projector").use(aligner=ByLanguage(same=within, different=across))
    nlp.get_pipe("xl_projector")(doc)
    assert across.seen == [["Guterres", "met", "Lula", "in", "Brasilia", "."]]
    assert within.seen == [["Lula", "encontrou", "Guterres", "em", "Brasília", "."]]
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("Lula", "MISC"), ("Guterres", "PER")]
    assert [entity["reason"] for entity in doc._.xl_unplaced] == ["no aligned word"]


def test_a_translator_that_fails_leaves_the_first_translation():
    nlp = pipeline()
    doc = speech(nlp, lambda texts, from_lang, to_lang: ["one"])
    with pytest.raises(BackendError, match="1 translations for 4 texts"):
        nlp.get_pipe("xl_back_translator")(doc)
    nlp.set_error_handler(lambda *args: None)
    nlp.get_pipe("xl_back_translator")(doc)
    assert texts(doc) == [[("Guterres", "PER"), ("Lula", "MISC"), ("Brasilia", "LOC")]]
    assert doc._.xl_problems[0]["reason"] == "error"


@pytest.mark.parametrize(
    "setting",
    [
        {"keep": "some"},
        {"style": "stars"},
        {"min_similarity": 2},
        {"max_words": 0},
        {"source_lang": "pt"},
    ],
)
def test_settings_are_checked(setting):
    with pytest.raises((SetupError, ValueError)):
        pipeline(**setting)


def test_needs_entities():
    nlp = pipeline()
    doc = give_translation(nlp.make_doc("Olá"), "Hello")
    with pytest.raises(SetupError, match="nothing has annotated"):
        nlp.get_pipe("xl_back_translator")(doc)
