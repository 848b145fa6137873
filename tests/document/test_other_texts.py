"""Docs that are made of projected Docs: nothing of another text is taken for theirs, the entities
keep what is known of them, and spaCy has nothing to warn of."""

from __future__ import annotations

import warnings

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from tests.shared import blank_with
from xlner_spacy import give_translation
from xlner_spacy.document.span_groups import placed_votes

LISBON = "Lisboa cresce."
TEXT = f"{LISBON} Madrid também cresce."
SOURCE = "Lisbon is growing. Madrid is growing too."


@pytest.fixture
def projected():
    nlp = spacy.blank("pt")
    links = [(0, 0, 0.9), (4, 3, 0.8)]
    nlp.add_pipe("xl_projector").use(aligner=lambda pairs, **_: [links for _ in pairs])
    entities = [(0, 6, "LOC"), (19, 25, "LOC")]

    def make(text=TEXT):
        return nlp(give_translation(nlp.make_doc(text), SOURCE, entities=entities))

    return make


def known(doc):
    return [(e.text, e._.xl_source and e._.xl_source["text"], e._.xl_confidence) for e in doc.ents]


def test_a_sentence_as_a_doc_has_its_own_sources(projected):
    doc = projected()
    lisbon, madrid = known(doc)
    assert [lisbon[:2], madrid[:2]] == [("Lisboa", "Lisbon"), ("Madrid", "Madrid")]
    sentence = doc[3:].as_doc(copy_user_data=True)
    assert sentence.text == "Madrid também cresce."
    assert known(sentence) == [madrid]
    assert sentence.ents[0]._.xl_source["translation"] == -1
    assert (sentence._.xl_translations, sentence._.xl_entities) == (None, None)


def test_another_text_of_the_same_offsets_has_no_source(projected):
    doc = projected()
    other = Doc(doc.vocab, words=["Madrid", "pode", "."], user_data=doc.user_data)
    other.set_ents([other.char_span(0, 6, "LOC")])
    assert known(other) == [("Madrid", None, None)]


def test_joined_docs_keep_what_is_known_of_entities_and_nothing_is_printed(projected):
    docs = [projected(), projected(), projected()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        joined = Doc.from_docs(docs)
    assert known(joined) == [entity for doc in docs for entity in known(doc)]
    # It is a text of its own, which nothing has translated yet.
    assert joined._.xl_translations is None
    (copy,) = DocBin(docs=[joined], store_user_data=True).get_docs(joined.vocab)
    assert known(copy) == known(joined)


@pytest.mark.models
def test_joined_docs_are_projected_as_any_other(nlp, texts):
    joined = Doc.from_docs(list(nlp.pipe(texts)))
    expected = nlp(joined.text)
    assert [(e.text, e.label_) for e in nlp(joined).ents] == [
        (e.text, e.label_) for e in expected.ents
    ]
    assert len(joined._.xl_translations) == 1
    assert [e._.xl_source for e in joined.ents] == [e._.xl_source for e in expected.ents]


def test_joined_docs_are_voted_on_as_any_other(tmp_path):
    ruler = spacy.blank("pt")
    ruler.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Madrid"}])
    ruler.to_disk(tmp_path / "ruler")
    nlp = blank_with("xl_ensemble", pipelines={"ruler": str(tmp_path / "ruler")})
    joined = Doc.from_docs([nlp("Lisboa cresce."), nlp("Madrid cresce.")])
    joined.ents = []
    assert [ent.text for ent in nlp(joined).ents] == ["Madrid"]
    assert [vote.text for vote in placed_votes(joined)] == ["Madrid"]
