"""What a recogniser finds in the text itself votes beside what is projected."""

from __future__ import annotations

import re

import pytest
import spacy

from tests.shared import blank_with
from xlner_spacy import give_translation
from xlner_spacy.models.embedded import is_installed
from xlner_spacy.reports.highlights import unsure
from xlner_spacy.reports.page import render_page
from xlner_spacy.silver.selection import Selection, select

TEXT = "Banco de Portugal abre em Faro"
ENGLISH = {"Banco": "Bank", "de": "of", "abre": "opens", "em": "in"}


def translate(texts, *, from_lang, to_lang):
    return [" ".join(ENGLISH.get(word, word) for word in text.split()) for text in texts]


def diagonal(pairs, *, source_lang, target_lang):
    return [[(k, k, 1.0) for k in range(len(x))] for x, _ in pairs]


def every(known):
    """An annotator that finds each pattern with its label and probability."""

    def annotate(texts):
        return [
            sorted(
                (m.start(), m.end(), label, score)
                for pattern, label, score in known
                for m in re.finditer(pattern, text)
            )
            for text in texts
        ]

    return annotate


def pipeline(english, own):
    nlp = spacy.blank("pt")
    component = nlp.add_pipe("xl_projector", config={"own_voice": True})
    component.use(
        translator=translate, aligner=diagonal, annotator=every(english), voice=every(own)
    )
    return nlp


def found(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_the_label_of_one_and_the_span_of_the_other():
    nlp = pipeline(
        english=[("Bank of Portugal", "LOC", 0.8)],
        own=[("Banco", "ORG", 0.7), ("Portugal", "ORG", 0.75), ("Faro", "LOC", 0.95)],
    )
    doc = nlp(TEXT)
    # 0.8 for LOC of a weight of 1, 0.75 for ORG of a weight of 2/3: the projection prevails.
    assert found(doc) == [("Banco de Portugal", "LOC"), ("Faro", "LOC")]
    bank, faro = doc.ents
    assert bank._.xl_source["text"] == "Bank of Portugal"
    assert bank._.xl_confidence == pytest.approx(0.48)  # 0.8 / (1 + 2/3)
    assert (faro._.xl_source["translation"], faro._.xl_source["lang"]) == (-1, "pt")
    assert faro._.xl_confidence == pytest.approx(0.38)
    reasons = {(u["text"], u["translation"], u["reason"]) for u in doc._.xl_unplaced}
    assert reasons == {
        ("Banco", -1, "another label won"),
        ("Portugal", -1, "another label won"),
    }
    unsure = pipeline(english=[("Bank of Portugal", "LOC", 0.4)], own=[("Portugal", "ORG", 0.75)])
    assert found(unsure(TEXT)) == [("Portugal", "ORG")]


def test_it_weighs_as_much_beside_two_translations_as_beside_one():
    nlp = spacy.blank("pt")
    component = nlp.add_pipe(
        "xl_projector", config={"own_voice": True, "source_langs": ["en", "de"]}
    )
    component.use(
        translator=translate,
        aligner=diagonal,
        annotator=every([("Faro", "PER", 0.6)]),
        voice=every([("Faro", "LOC", 0.95)]),
    )
    doc = nlp(TEXT)
    # 1.2 of both translations against 4/3 x 0.95.
    assert found(doc) == [("Faro", "LOC")]
    assert doc.ents[0]._.xl_confidence == pytest.approx(0.38)  # as beside one translation


def test_what_only_the_voice_is_unsure_of_is_kept_with_the_reason():
    doc = pipeline(english=[], own=[("Faro", "PER", 0.5)])(TEXT)
    assert not doc.ents
    (lost,) = doc._.xl_unplaced
    assert (lost["text"], lost["translation"], lost["reason"]) == ("Faro", -1, "too few votes")


def test_entities_that_were_given_are_not_voted_on():
    nlp = pipeline(english=[], own=[("Faro", "PER", 0.99)])
    doc = nlp.make_doc(TEXT)
    give_translation(doc, "Bank of Portugal opens in Faro", entities=[(0, 16, "ORG")])
    assert found(nlp(doc)) == [("Banco de Portugal", "ORG")]


def test_a_voice_that_fails_costs_a_text_nothing():
    def broken(texts):
        raise RuntimeError("no voice today")

    nlp = pipeline(english=[("Faro", "LOC", 0.9)], own=[])
    nlp.get_pipe("xl_projector").use(voice=broken)
    nlp.set_error_handler(lambda *_: None)
    doc = nlp(TEXT)
    assert found(doc) == [("Faro", "LOC")]
    assert doc.ents[0]._.xl_confidence == pytest.approx(0.9)
    (problem,) = doc._.xl_problems
    assert (problem["stage"], problem["reason"]) == ("listen", "error")


def test_it_is_silent_beside_an_annotator_of_ones_own():
    block = {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": "en_core_web_sm"}
    own = blank_with(annotator=block)
    assert "listen" not in [stage.name for stage in own.get_pipe("xl_projector").stages]
    assert own.config["components"]["xl_projector"]["own_voice"] is False
    nlp = spacy.blank("pt")
    component = nlp.add_pipe("xl_projector")
    assert ("listen" in [stage.name for stage in component.stages]) == is_installed()
    assert nlp.config["components"]["xl_projector"]["own_voice"] == is_installed()
    component.use(annotator=every([]))
    assert "listen" not in [stage.name for stage in component.stages]
    asked_for = pipeline(english=[], own=[]).get_pipe("xl_projector")
    assert "listen" in [stage.name for stage in asked_for.stages]


def test_a_second_run_finds_the_same():
    nlp = pipeline(english=[], own=[("Faro", "LOC", 0.95)])
    doc = nlp(TEXT)
    again = nlp(doc)
    assert found(again) == [("Faro", "LOC")]


def test_silver_data_keep_texts_whose_names_were_only_outvoted():
    selection = Selection(incomplete="drop")
    outvoted = pipeline(
        english=[("Bank of Portugal", "LOC", 0.4)], own=[("Portugal", "ORG", 0.75)]
    )(TEXT)
    assert outvoted._.xl_unplaced
    assert select(outvoted, selection, "key").outcome in ("train", "dev")


def test_pages_show_what_only_the_text_itself_says():
    doc = pipeline(english=[], own=[("Faro", "LOC", 0.95)])(TEXT)
    assert "Faro" in render_page([doc])
    (entity,) = doc._.xl_entities
    item = {
        "text": doc.text,
        "translations": [{"text": "Bank"}],
        "entity": entity,
        "outcome": "train",
        "fate": "kept",
    }
    shown = unsure(item)
    assert [[p.text for p in side if p.mark] for side in (shown.left, *shown.right)] == [
        ["Faro"],
        ["Faro"],
    ]
