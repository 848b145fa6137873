"""Several corpora, a discriminator of their languages, and the texts that it cannot tell."""

from __future__ import annotations

import json

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from typer.testing import CliRunner

from tests import tiny_models
from tests.training.test_token_classifier import SMALL, TEXTS, encoder, labelled, ready
from xlner_spacy.cli.app import app
from xlner_spacy.document.attributes import get_data
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.training.adversaries.language_discriminator import LanguageDiscriminator
from xlner_spacy.training.discriminator import Discriminator
from xlner_spacy.training.picking import pick
from xlner_spacy.training.several_corpora import make_corpora, make_unlabelled

ENGLISH = ["Mary lives in London .", "John lives in Leeds .", "the firm moved to Bath ."] * 8
PORTUGUESE = ["Maria vive em Lisboa .", "João vive em Porto .", "a firma foi para Faro ."] * 8


@pytest.fixture
def files(tmp_path):
    nlp = spacy.blank("en")
    docs = []
    for text in ENGLISH:
        doc = Doc(nlp.vocab, text.split())
        doc.ents = [Span(doc, len(doc) - 2, len(doc) - 1, "LOC")]
        docs.append(doc)
    DocBin(docs=docs).to_disk(tmp_path / "en.spacy")
    (tmp_path / "pt.jsonl").write_text(
        "\n".join(json.dumps({"text": text}) for text in PORTUGUESE), "utf8"
    )
    (tmp_path / "en.txt").write_text("\n".join(ENGLISH), "utf8")
    return tmp_path


def both(files):
    """As a config has them."""
    readers = {
        "en": {"@readers": "xlner.Corpus.v1", "path": str(files / "en.spacy")},
        "pt": {"@readers": "xlner.Unlabelled.v1", "path": str(files / "pt.jsonl"), "limit": 20},
    }
    block = {"@readers": "xlner.Corpora.v1", "readers": readers}
    return spacy.registry.resolve({"train": block})["train"]


def test_several_corpora_are_read_one_after_another(files):
    examples = list(both(files)(spacy.blank("pt")))
    assert [get_data("xl_corpus", own.predicted) for own in examples] == ["en"] * 24 + ["pt"] * 20
    assert all(own.reference.ents for own in examples[:24])
    assert {t.ent_iob_ for own in examples[24:] for t in own.reference} == {""}
    assert [own.text for own in examples[24:]] == PORTUGUESE[:20]


def test_a_corpus_that_is_not_named(tmp_path):
    with pytest.raises(SetupError, match="no readers"):
        make_corpora({})
    with pytest.raises(SetupError, match="no path"):
        list(make_unlabelled(None)(spacy.blank("pt")))


def told_apart(nlp, examples):
    """How often a discriminator that learns anew tells the corpus of a token."""
    tok2vec = nlp.get_pipe("xl_ner").model.get_ref("tok2vec")
    vectors = np.concatenate(tok2vec.predict([own.predicted for own in examples]))
    classes = np.repeat(
        [get_data("xl_corpus", own.predicted) == "pt" for own in examples],
        [len(own.predicted) for own in examples],
    ).astype(int)
    spacy.util.fix_random_seed(1)
    judge = Discriminator(vectors.shape[1], 2, 20, 0.01)
    for _ in range(30):
        loss, _ = judge.learn(vectors, classes)
    return loss


def trained(files, **config):
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_ner", config={"model": SMALL, **config})
    examples = list(both(files)(nlp))
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    return nlp, examples


def test_the_encoder_hides_the_language_and_still_learns(files):
    names = ["en", "pt"]
    adversary = {
        "@xl_adversaries": "xlner.LanguageDiscriminator.v1",
        "corpora": names,
        "weight": 1.0,
    }
    plain = trained(files)
    hidden = trained(files, adversary=adversary)
    assert told_apart(*hidden) > 2 * told_apart(*plain)
    assert hidden[0].evaluate(hidden[1][:24])["ents_f"] > 0.9


def test_a_discriminator_that_has_nothing_to_tell_apart():
    with pytest.raises(SetupError, match="two or more"):
        LanguageDiscriminator(["en"])
    with pytest.raises(SetupError, match="two or more"):
        LanguageDiscriminator(["en", "en"])
    nlp, examples, _ = ready(
        SMALL,
        adversary={"@xl_adversaries": "xlner.LanguageDiscriminator.v1", "corpora": ["en", "pt"]},
    )
    with pytest.raises(SetupError, match=r"xlner\.Corpora\.v1"):
        nlp.update(examples, sgd=False)


def test_texts_that_look_like_the_source_language_are_picked():
    nlp, _, _ = ready(SMALL)
    source = [nlp.make_doc(text) for text in ENGLISH]
    target = [nlp.make_doc(text) for text in PORTUGUESE] + [nlp.make_doc(t) for t in ENGLISH[:8]]
    target.append(nlp.make_doc(""))
    found = pick(nlp, source, target, keep=0.25)
    assert found.kept == [False] * 24 + [True] * 8 + [False]
    assert max(found.target[24:32]) < min(found.target[:24])
    assert sum(pick(nlp, source, target, keep=1.0).kept) == 32


def test_too_little_to_pick_from():
    nlp, _, _ = ready(SMALL)
    with pytest.raises(InputError, match="fewer than two target"):
        pick(nlp, map(nlp.make_doc, ENGLISH), [nlp.make_doc("Maria .")])
    with pytest.raises(SetupError, match="no xl_ner"):
        pick(spacy.blank("pt"), map(nlp.make_doc, ENGLISH), map(nlp.make_doc, PORTUGUESE))


def test_the_command(files):
    nlp, _ = trained(files)
    nlp.to_disk(files / "model")
    given = [str(files / "en.spacy"), str(files / "out.spacy"), "--pipeline", str(files / "model")]
    source = ["--source", str(files / "en.txt"), "--lang", "en"]
    result = CliRunner().invoke(app, ["pick", *given, *source, "--keep", "0.5"])
    assert result.exit_code == 0, result.output
    assert "12 of 24 texts" in result.output
    kept = list(DocBin().from_disk(files / "out.spacy").get_docs(nlp.vocab))
    assert len(kept) == 12
    assert all(doc.ents for doc in kept)


def test_dropout_is_what_training_says(tmp_path):
    """Without dropout two updates on one batch begin with the same loss."""
    folder = tiny_models.ner(tmp_path / "ner", {"Petrobras": 2})
    nlp, _, _ = ready(encoder(folder))
    batch = [labelled(nlp, *own) for own in TEXTS]

    def loss(drop):
        return nlp.update(batch, sgd=False, drop=drop)["xl_ner"]

    assert loss(0.0) == loss(0.0)
    assert loss(0.5) != loss(0.5)
