"""`xl_ner`: what it knows at the start, learns, saves, and says of its entities."""

from __future__ import annotations

import shutil
from typing import get_args

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from thinc.api import Adam, fix_random_seed

from tests import tiny_models
from xlner_spacy.document.teacher import set_teacher
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.models.engines import EngineName, openvino_is_usable
from xlner_spacy.training import frozen_layers
from xlner_spacy.training.encoder_layer import encoders_of
from xlner_spacy.training.targets import targets_of

SMALL = {
    "@architectures": "xlner.TokenClassifier.v1",
    "tok2vec": {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 32,
        "depth": 1,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    },
}
TEXTS = [
    ("Maria vive em Lisboa .", [(0, 1, "PER"), (3, 4, "LOC")]),
    ("João vive em Porto .", [(0, 1, "PER"), (3, 4, "LOC")]),
    ("Petrobras abriu um escritório em Maputo .", [(0, 1, "ORG"), (5, 6, "LOC")]),
    ("a Petrobras vive .", [(1, 2, "ORG")]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A token classifier that knows Maria, João, Lisboa and Porto."""
    return tiny_models.ner(tmp_path_factory.mktemp("tiny") / "ner", {"Petrobras": 2})


def encoder(folder, **settings):
    return {
        "@architectures": "xlner.TokenClassifier.v1",
        "tok2vec": {"@architectures": "xlner.Encoder.v1", "name": str(folder), **settings},
    }


def labelled(nlp, text, ents):
    doc = Doc(nlp.vocab, text.split())
    doc.ents = [Span(doc, *ent) for ent in ents]
    return Example(Doc(nlp.vocab, text.split()), doc)


def ready(model, texts=TEXTS, **config):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ner", config={"model": model, **config})
    examples = [labelled(nlp, *text) for text in texts]
    optimizer = nlp.initialize(lambda: examples)
    return nlp, examples, optimizer


def trained(model, rate=0.01, rounds=60, **config):
    nlp, examples, optimizer = ready(model, **config)
    optimizer.learn_rate = rate
    for _ in range(rounds):
        nlp.update(examples, sgd=optimizer)
    return nlp


def found(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_it_begins_with_what_the_encoder_knows(folder):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]])
    doc = nlp("João vive em Porto .")
    assert found(doc) == [("João", "PER"), ("Porto", "LOC")]
    assert all(0.5 < ent._.xl_confidence <= 1 for ent in doc.ents)
    assert found(nlp("Maria Petrobras vive em Lisboa .")) == [
        ("Maria Petrobras", "PER"),
        ("Lisboa", "LOC"),
    ]


@pytest.mark.parametrize("missing", ["ignore", "marginal"])
def test_it_learns(folder, missing):
    for model in (SMALL, encoder(folder)):
        nlp = trained(model, missing=missing)
        assert [found(nlp(text)) for text, _ in TEXTS] == [
            [(text.split()[start], label) for start, _, label in ents] for text, ents in TEXTS
        ]
        scores = nlp.evaluate([labelled(nlp, *text) for text in TEXTS])
        assert scores["ents_f"] == 1


def test_a_saved_pipeline_is_whole(folder, tmp_path):
    """It needs neither the encoder's folder nor a translator, and says the same as before."""
    copy = tmp_path / "encoder"
    shutil.copytree(folder, copy)
    nlp = trained(encoder(copy))
    before = [nlp(text) for text, _ in TEXTS]
    nlp.to_disk(tmp_path / "saved")
    shutil.rmtree(copy)
    for other in (spacy.load(tmp_path / "saved"), spacy.blank("pt")):
        if not other.pipe_names:
            other.add_pipe("xl_ner", config={"model": encoder(copy)})
            other.from_bytes(nlp.to_bytes())
        for doc, (text, _) in zip(before, TEXTS, strict=True):
            again = other(text)
            assert found(again) == found(doc)
            sure = [ent._.xl_confidence for ent in again.ents]
            assert sure == pytest.approx([ent._.xl_confidence for ent in doc.ents], abs=0.03)


def test_every_engine_finds_the_same(folder, tmp_path):
    """In 8, 16 or 32 bits: the same entities, about as sure; loaded, and before the first saving."""
    nlp = trained(encoder(folder))
    nlp.to_disk(tmp_path / "saved")
    asked = [name for name in get_args(EngineName) if "openvino" not in name]
    asked += [n for n in get_args(EngineName) if "openvino" in n and openvino_is_usable()]
    answers = {"not saved": list(nlp.pipe([text for text, _ in TEXTS]))}
    for engine in asked:
        config = {"components.xl_ner.model.tok2vec.engine": engine}
        again = spacy.load(tmp_path / "saved", config=config)
        answers[engine] = list(again.pipe([text for text, _ in TEXTS]))
        assert encoders_of(again.get_pipe("xl_ner").model)[0].engine == engine
    for docs in answers.values():
        for doc, exact in zip(docs, answers["torch"], strict=True):
            assert found(doc) == found(exact)
            sure = [ent._.xl_confidence for ent in doc.ents]
            assert sure == pytest.approx([e._.xl_confidence for e in exact.ents], abs=0.03)


def test_training_goes_on_from_a_saved_pipeline(folder, tmp_path):
    nlp = trained(encoder(folder), rounds=5)
    nlp.to_disk(tmp_path / "saved")
    nlp = spacy.load(tmp_path / "saved")
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    examples = [labelled(nlp, *text) for text in TEXTS]
    losses = [nlp.update(examples, sgd=optimizer)["xl_ner"] for _ in range(40)]
    assert losses[-1] < losses[0] / 2
    assert nlp.evaluate(examples)["ents_f"] == 1


def test_averages_of_the_weights_are_used_and_given_back(folder):
    nlp, examples, _ = ready(encoder(folder))
    optimizer = Adam(0.01, use_averages=True)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    model = nlp.get_pipe("xl_ner").model
    before = model.to_bytes()
    with nlp.use_params(optimizer.averages):
        averaged = model.to_bytes()
        assert nlp.evaluate(examples)["ents_f"] == 1
    assert averaged != before
    assert model.to_bytes() == before


def taught_the_opposite(folder, share, **optimizer):
    """It begins with what the encoder knows, and is taught that Lisboa is a person."""
    text = ("Maria vive em Lisboa .", [(0, 1, "LOC"), (3, 4, "PER")])
    nlp, examples, _ = ready(encoder(folder), [text], start_share=share)
    adam = Adam(0.01, **{"use_averages": True, **optimizer})
    for _ in range(40):
        nlp.update(examples, sgd=adam)
    return nlp, adam


def test_what_is_measured_and_saved_has_a_share_of_what_it_began_with(folder, tmp_path):
    text = "João vive em Porto ."
    known, learnt = [("João", "PER"), ("Porto", "LOC")], [("João", "LOC"), ("Porto", "PER")]
    beginning, _, _ = ready(encoder(folder), [TEXTS[0]])
    begun = beginning.get_pipe("xl_ner").predict([beginning.make_doc(text)])[0]
    for share, expected in [(0.0, learnt), (1.0, known)]:
        nlp, adam = taught_the_opposite(folder, share)
        component = nlp.get_pipe("xl_ner")
        before = component.predict([nlp.make_doc(text)])[0]
        with nlp.use_params(adam.averages):
            assert found(nlp(text)) == expected
            if share:
                assert np.allclose(component.predict([nlp.make_doc(text)])[0], begun, atol=1e-5)
            nlp.to_disk(tmp_path / str(share))
        assert np.allclose(component.predict([nlp.make_doc(text)])[0], before, atol=1e-5)
        assert found(spacy.load(tmp_path / str(share))(text)) == expected


def test_a_share_of_the_beginning_is_a_mean_of_weights(folder):
    nlp, adam = taught_the_opposite(folder, 0.25)
    component = nlp.get_pipe("xl_ner")
    output = component.model.get_ref("output")
    with component.model.use_params(adam.averages):
        trained_bias = output.get_param("b").copy()
    beginning, _, _ = ready(encoder(folder), [TEXTS[0]])
    first_bias = beginning.get_pipe("xl_ner").model.get_ref("output").get_param("b")
    with nlp.use_params(adam.averages):
        assert np.allclose(output.get_param("b"), 0.75 * trained_bias + 0.25 * first_bias)


def test_a_share_of_the_beginning_needs_averages(folder):
    with pytest.raises(SetupError, match="needs the averages"):
        taught_the_opposite(folder, 0.5, use_averages=False)
    taught_the_opposite(folder, 0.0, use_averages=False)


def test_who_knows_nothing_at_the_beginning_has_no_share_of_it(tmp_path):
    tiny_models.encoder(tmp_path / "plain")
    nlp, examples, _ = ready(encoder(tmp_path / "plain"), start_share=0.9)
    adam = Adam(0.01, use_averages=True)
    for _ in range(60):
        nlp.update(examples, sgd=adam)
    with nlp.use_params(adam.averages):
        assert nlp.evaluate(examples)["ents_f"] == 1


def test_long_texts_are_read_in_windows(folder):
    nlp, _, _ = ready(encoder(folder, window=12, overlap=4), [TEXTS[0]])
    for n in range(30):
        text = " ".join(["vive"] * n + ["Maria"] + ["em"] * (30 - n) + ["Lisboa"])
        assert found(nlp(text)) == [("Maria", "PER"), ("Lisboa", "LOC")], n


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_texts_come_back_in_order(any_ready, texts):
    docs = list(any_ready.pipe(texts))
    assert [doc.text for doc in docs] == texts
    assert all(doc.has_annotation("ENT_IOB") for doc in docs if len(doc))


@pytest.fixture(scope="module")
def any_ready(folder):
    nlp, _, _ = ready(encoder(folder, window=12, overlap=4), [TEXTS[0]])
    return nlp


def test_two_processes(folder, tmp_path):
    trained(encoder(folder), rounds=1).to_disk(tmp_path / "saved")
    nlp = spacy.load(tmp_path / "saved")
    texts = [text for text, _ in TEXTS] * 3
    alone = [found(doc) for doc in nlp.pipe(texts)]
    assert [found(doc) for doc in nlp.pipe(texts, n_process=2, batch_size=4)] == alone


def test_it_listens_to_a_tok2vec_of_the_pipeline():
    nlp = spacy.blank("pt")
    nlp.add_pipe("tok2vec", config={"model": SMALL["tok2vec"]})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
    nlp.add_pipe("xl_ner", config={"model": {**SMALL, "tok2vec": listener}})
    examples = [labelled(nlp, *text) for text in TEXTS]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1


def silver(nlp, scores):
    """A text with three entities, of which silver data say how sure they are."""
    example = labelled(nlp, "Maria vive em Lisboa , João em Porto", [(0, 1, "PER"), (3, 4, "LOC")])
    reference = example.reference
    reference.spans["xl_silver"] = SpanGroup(
        reference, spans=list(reference.ents), attrs={"scores": scores}
    )
    return example


def test_words_weigh_what_silver_data_say_of_their_entity(folder):
    nlp, _, _ = ready(SMALL)
    scheme = nlp.get_pipe("xl_ner").scheme
    weights = targets_of(silver(nlp, [0.25, 0.81]), scheme, 0.5).weights
    assert weights.tolist() == pytest.approx([0.5, 1, 1, 0.9, 1, 1, 1, 1])
    assert targets_of(silver(nlp, [0.25, 0.81]), scheme, 0.0).weights.tolist() == [1] * 8


def test_nothing_is_learnt_from_missing_labels(folder):
    nlp, _, _ = ready(SMALL)
    pipe = nlp.get_pipe("xl_ner")
    example = labelled(nlp, *TEXTS[0])
    example.reference.set_ents([], missing=[example.reference[0:5]])
    scores, _ = pipe.model.begin_update([example.predicted])
    loss, gradient = pipe.get_loss([example], scores)
    assert loss == 0
    assert not np.abs(gradient[0]).any()


def test_it_learns_from_a_teacher(folder):
    """A teacher's distributions go before labels."""
    nlp, examples, optimizer = ready(SMALL)
    optimizer.learn_rate = 0.01
    pipe = nlp.get_pipe("xl_ner")
    names, index = pipe.scheme.names, pipe.scheme.index
    rows = np.zeros((5, len(names)))
    rows[:, 0] = 1
    rows[0, [0, index["S-ORG"]]] = 0.2, 0.8
    set_teacher(examples[0].reference, names, rows)
    for _ in range(80):
        nlp.update(examples[:1], sgd=optimizer)
    doc = nlp(Doc(nlp.vocab, TEXTS[0][0].split()))
    assert found(doc) == [("Maria", "ORG")]
    assert doc.ents[0]._.xl_confidence == pytest.approx(0.8, abs=0.1)


def test_a_teacher_with_other_labels_is_named(folder):
    nlp, examples, _ = ready(SMALL)
    set_teacher(examples[0].reference, ["O", "S-MISC"], np.full((5, 2), 0.5))
    with pytest.raises(InputError, match="labels that xl_ner has not: MISC"):
        nlp.update(examples)
    with pytest.raises(ValueError, match="do not add up"):
        set_teacher(examples[0].reference, ["O", "S-PER"], np.full((5, 2), 0.6))


def test_a_teacher_survives_a_docbin(folder):
    nlp, examples, _ = ready(SMALL)
    pipe = nlp.get_pipe("xl_ner")
    reference = examples[0].reference
    rows = np.random.default_rng(0).dirichlet(np.ones(len(pipe.scheme)), size=5)
    set_teacher(reference, pipe.scheme.names, rows, [1, 0.5, 1, 1, 0])
    data = spacy.tokens.DocBin(docs=[reference]).to_bytes()
    (again,) = spacy.tokens.DocBin().from_bytes(data).get_docs(nlp.vocab)
    targets = targets_of(Example(examples[0].predicted, again), pipe.scheme, 0.0)
    assert targets.tags == pytest.approx(rows, abs=0.01)
    assert targets.weights.tolist() == [1, 0.5, 1, 1, 0]


def test_bad_input_is_named(folder):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ner", config={"model": SMALL})
    with pytest.raises(InputError, match="no example with an entity"):
        nlp.initialize(lambda: [labelled(nlp, "vive em", [])])
    nlp, _, _ = ready(SMALL)
    with pytest.raises(InputError, match="'MISC' of the text 'Maria"):
        nlp.update([labelled(nlp, "Maria vive", [(0, 1, "MISC")])])
    with pytest.raises(ValueError, match="LOC, ORG, PER"):
        nlp.get_pipe("xl_ner").add_label("MISC")
    fresh = spacy.blank("pt")
    fresh.add_pipe("xl_ner", config={"model": encoder(folder)})
    with pytest.raises(ValueError, match="no weights yet"):
        fresh("Maria vive.")


def test_entities_that_are_there_stay_if_wanted(folder):
    nlp, _, _ = ready(encoder(folder), [TEXTS[0]], overwrite=False)
    doc = Doc(nlp.vocab, TEXTS[0][0].split())
    doc.ents = [Span(doc, 0, 2, "LAW")]
    assert found(nlp(doc)) == [("Maria vive", "LAW"), ("Lisboa", "LOC")]


def test_frozen_layers_are_left_as_they_are(folder):
    nlp, examples, optimizer = ready(encoder(folder, frozen_layers=1))
    optimizer.learn_rate = 0.01
    module = encoders_of(nlp.get_pipe("xl_ner").model)[0].network.module
    before = {name: own.detach().clone() for name, own in module.named_parameters()}
    for _ in range(5):
        nlp.update(examples, sgd=optimizer)
    changed = {name for name, own in module.named_parameters() if not own.equal(before[name])}
    assert any(name.startswith("encoder.layer.1.") for name in changed)
    assert not any(name.startswith(("embeddings.", "encoder.layer.0.")) for name in changed)


def test_frozen_layers_are_computed_once_and_say_the_same(folder, monkeypatch):
    def losses(kept):
        monkeypatch.setattr(frozen_layers, "KEPT_BYTES", kept)
        fix_random_seed(0)
        nlp, examples, optimizer = ready(encoder(folder, frozen_layers=1))
        lowest = frozen_layers.layers_of(
            encoders_of(nlp.get_pipe("xl_ner").model)[0].network.module
        )[0]
        calls = []
        lowest.register_forward_hook(lambda *_: calls.append(1))
        found = [nlp.update(examples, sgd=optimizer)["xl_ner"] for _ in range(4)]
        return found, len(calls)

    kept, once = losses(2**20)
    anew, each_time = losses(0)
    assert kept == anew
    assert once < each_time
    assert kept[-1] < kept[0]


def test_with_all_layers_frozen_the_head_learns(folder):
    nlp = trained(encoder(folder, frozen_layers=9))
    assert found(nlp("Petrobras vive em Porto .")) == [("Petrobras", "ORG"), ("Porto", "LOC")]
