"""spaCy's own verbs: evaluate, to_disk, config, DocBin."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest
import spacy
import srsly
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from tests.shared import blank_with
from xlner_spacy import give_translation
from xlner_spacy.document.span_groups import candidates
from xlner_spacy.pipeline import defaults

STUB = {"@xl_annotators": "test.VerbsAnnotator.v1"}


@spacy.registry.xl_annotators("test.VerbsAnnotator.v1")
def make_annotator():
    """Finds Maria."""
    return lambda texts: [[(t.index("Maria"), t.index("Maria") + 5, "PER")] for t in texts]


def example(nlp, text, *entities):
    return Example.from_dict(nlp.make_doc(text), {"entities": list(entities)})


@pytest.mark.models
def test_evaluate_gives_entity_scores(nlp, texts):
    right = example(nlp, texts[0], (2, 11, "ORG"), (35, 41, "LOC"))
    missed = example(nlp, "Chove.", (0, 5, "LOC"))
    scores = nlp.evaluate([right, missed])
    kinds = {ent.label_ for ent in nlp(texts[0]).ents}
    correct = 1 if "PER" in kinds else 2  # the recogniser may take the company for a person
    assert scores["ents_p"] == pytest.approx(correct / 2)
    assert scores["ents_r"] == pytest.approx(correct / 3)
    assert scores["ents_per_type"]["LOC"]["p"] == 1.0
    assert nlp.config["training"]["score_weights"]["ents_f"] == 1.0


@pytest.mark.parametrize("scorer", [None, {"@scorers": "spacy.ner_scorer.v1"}])
def test_components_that_set_entities_are_scored(scorer):
    nlp = blank_with("xl_transfer", annotator=STUB, scorer=scorer)
    scores = nlp.evaluate([example(nlp, "A Maria chegou.", (2, 7, "PER"))])
    assert scores.get("ents_f") == (None if scorer is None else 1.0)


@pytest.mark.parametrize("name", ["xl_translator", "xl_annotator", "xl_aligner"])
def test_components_that_set_none_are_not(name):
    nlp = spacy.blank("pt")
    assert nlp.create_pipe(name).score([]) == {}
    assert nlp.get_factory_meta(name).default_score_weights == {}


@pytest.mark.long
def test_spacy_evaluate_of_a_saved_pipeline(nlp, texts, tmp_path):
    nlp.to_disk(tmp_path / "model")
    gold = nlp.make_doc(texts[0])
    gold.set_ents([gold.char_span(35, 41, label="LOC")])
    DocBin(docs=[gold]).to_disk(tmp_path / "gold.spacy")
    command = [sys.executable, "-m", "spacy", "evaluate", "model", "gold.spacy", "-o", "out.json"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    scores = json.loads((tmp_path / "out.json").read_text())
    assert scores["ents_r"] == 1.0
    assert scores["ents_per_type"]["LOC"]["f"] == 1.0


PARTS = ("translator", "annotator", "aligner", "candidates", "measure", "matcher")


def parts(component):
    """The type and the settings of each part."""
    return {
        name: (type(value).__name__, str(sorted(map(str, vars(value)))))
        for stage in component.stages
        for name, value in vars(stage).items()
        if name in PARTS
    }


def choice(block):
    return lambda *languages: defaults.Choice(block, "another default", True)


OTHERS = {
    "translator": {"@xl_translators": "xlner.HuggingFace.v1", "model": "other/model"},
    "annotator": {"@xl_annotators": "xlner.HuggingFaceNER.v1", "model": "other/model"},
    "aligner": {"@xl_aligners": "xlner.ExactWords.v1"},
    "candidates": {"@xl_candidates": "xlner.AlignedRanges.v1"},
    "measure": {"@xl_measures": "xlner.LinkDensity.v1"},
    "matcher": {"@xl_matchers": "xlner.Greedy.v1"},
}


def test_a_saved_pipeline_does_the_same_where_the_defaults_are_others(tmp_path, monkeypatch):
    nlp = blank_with()
    nlp.to_disk(tmp_path)
    before = parts(nlp.get_pipe("xl_projector"))
    assert set(before) == set(PARTS)
    for part, block in OTHERS.items():
        monkeypatch.setattr(defaults, f"choose_{part}", choice(block))
    assert parts(spacy.load(tmp_path).get_pipe("xl_projector")) == before
    # The defaults are others, indeed.
    new = blank_with()
    assert all(parts(new.get_pipe("xl_projector"))[part] != before[part] for part in PARTS)


def test_every_block_that_is_left_out_is_in_the_config():
    nlp = spacy.blank("pt")
    methods = {"default": {}, "greedy": {"matcher": OTHERS["matcher"]}, "with.dot": {}}
    config = {"xl_ensemble": {"methods": methods}}
    names = ("xl_translator", "xl_annotator", "xl_back_translator", "xl_aligner", "xl_matcher")
    for name in (*names, "xl_ensemble", "xl_transfer"):
        nlp.add_pipe(name, config=config.get(name, {}))
    components = nlp.config["components"]
    assert components["xl_translator"]["translator"]["@xl_translators"]
    assert components["xl_back_translator"]["translator"]["@xl_translators"]
    assert components["xl_transfer"]["annotator"]["@xl_annotators"] == "xlner.Recogniser.v1"
    written = components["xl_ensemble"]["methods"]
    assert written["greedy"]["matcher"]["@xl_matchers"] == "xlner.Greedy.v1"
    for method in written.values():
        assert set(method) == {"candidates", "measure", "matcher"}
    # With their settings: those that a block does not name too.
    assert components["xl_matcher"]["matcher"]["power"] == 3.0
    assert components["xl_matcher"]["measure"]["edge_penalty"] == 0.1
    # spaCy's own bookkeeping is as it was.
    assert type(nlp._pipe_configs) is dict
    assert pickle.dumps(nlp.config)


def test_what_the_user_chose_is_not_replaced_after_a_failed_attempt():
    nlp = spacy.blank("pt")
    with pytest.raises(ValueError, match="max_words"):
        nlp.add_pipe("xl_projector", config={"translator": None, "max_words": "many"})
    nlp.add_pipe("xl_projector", config=OTHERS)
    written = nlp.config["components"]["xl_projector"]
    assert {part: written[part] | block for part, block in OTHERS.items()} == {
        part: written[part] for part in OTHERS
    }


@pytest.mark.models
def test_candidates_are_a_span_group_that_survives(nlp, texts):
    doc = nlp(texts[1])
    group = doc.spans["xl_candidates"]
    assert len(group) == len(group.attrs["scores"]) == len(group.attrs["entities"]) > 0
    labels = [e["label"] for e in doc._.xl_translations[0]["entities"]]
    assert [span.label_ for span in group] == [labels[k] for _, k in group.attrs["entities"]]
    srsly.json_dumps(group.attrs)
    copies = [
        Doc(nlp.vocab).from_bytes(doc.to_bytes()),
        next(DocBin(docs=[doc], store_user_data=True).get_docs(nlp.vocab)),
        pickle.loads(pickle.dumps(doc)),
        next(iter(nlp.pipe([texts[1]], n_process=2))),
    ]
    for copy in copies:
        assert [(c["start"], c["end"]) for c in candidates(copy)] == [
            (c["start"], c["end"]) for c in candidates(doc)
        ]
        # A component that decides anew can go on from the copy.
        again = spacy.blank("pt").create_pipe("xl_matcher")(copy)
        assert [ent.text for ent in again.ents] == [ent.text for ent in doc.ents]


def test_only_five_attributes_are_public():
    ours = [name for name in Doc(spacy.blank("pt").vocab)._._extensions if name.startswith("xl_")]
    assert sorted(ours) == [
        "xl_alignments",
        "xl_entities",
        "xl_problems",
        "xl_translations",
        "xl_unplaced",
    ]
    doc = give_translation(spacy.blank("pt")("Olá Ana"), "Hi Ana", entities=[(3, 6, "PER")])
    assert doc._.xl_translations[0]["entities"][0]["text"] == "Ana"
