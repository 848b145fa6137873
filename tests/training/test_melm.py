"""MELM on tiny models of the real architectures: trained, interrupted, saved, loaded, used."""

from __future__ import annotations

from random import Random

import pytest
import spacy
import torch
import transformers
from spacy.tokens import DocBin

from tests import tiny_models
from tests.perturbations.texts import labels
from tests.shared import xlner
from tests.training.texts import CORPUS, NLP, example
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.perturbations.labelled import labelled
from xlner_spacy.perturbations.on_docs import read_labels
from xlner_spacy.training import entity_lm_training
from xlner_spacy.training.entity_lm import EntityLM, Linearizer, add_labels, load_masked_lm
from xlner_spacy.training.entity_lm_training import Schedule, train_entity_lm

pytestmark = pytest.mark.long

SENTENCES = [
    example("Maria vive em Lisboa .", (0, 1, "PER"), (3, 4, "LOC")),
    example(
        "João vive em Porto , Maria em Lisboa .",
        (0, 1, "PER"),
        (3, 4, "LOC"),
        (5, 6, "PER"),
        (7, 8, "LOC"),
    ),
    example("A Petrobras abriu um escritório em Maputo .", (1, 2, "ORG"), (6, 7, "LOC")),
    # Of several pieces each.
    example("Marta vive em Paris .", (0, 1, "PER"), (3, 4, "LOC")),
    example("vive em de ."),
]
TEXTS = [read_labels(sentence.reference) for sentence in SENTENCES]
FEW = Schedule(epochs=3, batch_size=2, rate=0.01)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads wait for each other longer than so small a model works."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=["bert", "xlmr"])
def base(request, tmp_path_factory):
    return getattr(tiny_models, f"masked_{request.param}")(tmp_path_factory.mktemp("lm") / "base")


@pytest.fixture(scope="module")
def trained(base):
    folder = base.parent / "melm"
    train_entity_lm(TEXTS, folder, str(base), Schedule(epochs=30, batch_size=4, rate=0.01))
    return folder


def test_entities_stand_between_tokens_of_their_labels(base):
    model, tokenizer = load_masked_lm(base)
    add_labels(model, tokenizer, ["PER", "LOC"])
    linearizer = Linearizer(tokenizer, 32)
    line = linearizer(TEXTS[0])
    tokens = tokenizer.convert_ids_to_tokens(line.ids)
    assert [t for t in tokens if t.startswith("<B-")] == ["<B-PER>"] * 2 + ["<B-LOC>"] * 2
    assert tokenizer.decode([line.ids[n] for n in line.pieces[3]]).strip() == "Lisboa"
    assert linearizer(labelled(["de"] * 40, [True] * 40)) is None
    with pytest.raises(SetupError, match="not trained on the label 'ORG'"):
        linearizer(TEXTS[2])
    vectors = model.get_input_embeddings().weight
    first, second = tokenizer.convert_tokens_to_ids(["<B-PER>", "<I-PER>"])
    assert torch.equal(vectors[first], vectors[second])


def test_it_learns(base, tmp_path):
    done = train_entity_lm(
        TEXTS, tmp_path / "melm", str(base), Schedule(epochs=15, batch_size=4, rate=0.01), TEXTS
    )
    assert done.texts == 4
    assert done.too_long == 0
    assert done.losses[done.best] == min(done.losses) < 0.7 * done.losses[0]


def test_new_names_are_whole_words_under_the_same_labels(trained):
    lm = EntityLM(str(trained), "cpu")
    found = set()
    for seed in range(30):
        for text in TEXTS:
            new = lm.rewrite(text, Random(seed), 0.5, 5)
            assert len(new.words) == len(text.words)
            assert labels(new) == labels(text)
            assert new.entities == text.entities
            for number, (old, word) in enumerate(zip(text.words, new.words, strict=True)):
                inside = any(start <= number < end for start, end, _ in text.entities)
                assert word == old or inside
                assert any(map(str.isalnum, word)) or word == old
                assert not any(map(str.isspace, word))
                assert not any(mark in word for mark in ("<", "[", "##", "▁"))
            assert new == lm.rewrite(text, Random(seed), 0.5, 5)
            found.update(new.name(n) for n in range(len(new.entities)))
    assert len(found) > 20


def test_words_of_scripts_that_the_model_does_not_know_stay(trained):
    text = labelled(["北京", "हिन्दी", "\n", "."], [False] * 4, [(0, 1, "LOC"), (1, 4, "PER")])
    for seed in range(10):
        new = EntityLM(str(trained), "cpu").rewrite(text, Random(seed), 1.0, 5)
        assert new == text


def test_the_augmenter(trained):
    block = {"@augmenters": "xlner.MELM.v1", "model": str(trained), "device": "cpu"}

    def run(**settings):
        augmenter = spacy.registry.resolve({"part": {**block, **settings}})["part"]
        return [[e.reference.text for e in augmenter(NLP, s)] for s in SENTENCES], augmenter

    found, augmenter = run()
    assert found == run()[0]
    assert found != run(seed=1)[0]
    assert [made[0] for made in found] == [s.reference.text for s in SENTENCES]
    assert all(1 < len(made) <= 4 for made in found[:4])
    assert len(found[4]) == 1
    with pytest.raises(SetupError, match="label 'DATE'"):
        list(augmenter(NLP, example("em Maio", (1, 2, "DATE"))))


def test_copies_in_which_a_recogniser_finds_something_else_are_left_out(trained, tmp_path):
    checker = spacy.blank("pt")
    patterns = [{"label": "PER", "pattern": "Maria"}, {"label": "LOC", "pattern": "Lisboa"}]
    checker.add_pipe("entity_ruler").add_patterns(patterns)
    checker.to_disk(tmp_path / "checker")
    block = {"@augmenters": "xlner.MELM.v1", "model": str(trained), "copies": 10}
    block |= {"checker": str(tmp_path / "checker"), "device": "cpu"}
    augmenter = spacy.registry.resolve({"part": block})["part"]
    assert list(augmenter(NLP, SENTENCES[0])) == [SENTENCES[0]]
    augmenter = spacy.registry.resolve({"part": {**block, "checker": "nowhere"}})["part"]
    with pytest.raises(SetupError, match="checker 'nowhere' cannot be loaded"):
        list(augmenter(NLP, SENTENCES[0]))


def weights(folder):
    return transformers.AutoModelForMaskedLM.from_pretrained(folder).state_dict()


def test_an_interrupted_training_goes_on_with_the_same_result(base, tmp_path, monkeypatch):
    train_entity_lm(TEXTS, tmp_path / "whole", str(base), FEW, TEXTS[:1])
    real = entity_lm_training._Training.epoch

    def stop_in_the_last(training, epoch, batches, dev):
        if epoch == 2:
            raise KeyboardInterrupt
        real(training, epoch, batches, dev)

    monkeypatch.setattr(entity_lm_training._Training, "epoch", stop_in_the_last)
    output = tmp_path / "taken_up"
    with pytest.raises(KeyboardInterrupt):
        train_entity_lm(TEXTS, output, str(base), FEW, TEXTS[:1])
    assert not output.exists()
    monkeypatch.undo()
    with pytest.raises(InputError, match="other settings"):
        train_entity_lm(TEXTS, output, str(base), Schedule(epochs=4), TEXTS[:1])
    train_entity_lm(TEXTS, output, str(base), FEW, TEXTS[:1])
    whole, taken_up = weights(tmp_path / "whole"), weights(output)
    assert all(torch.equal(whole[name], taken_up[name]) for name in whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken_up", "whole"]
    with pytest.raises(InputError, match="taken_up exists"):
        train_entity_lm(TEXTS, output, str(base), FEW)


def test_nothing_to_learn_from(base, tmp_path):
    with pytest.raises(InputError, match="no entities"):
        train_entity_lm(TEXTS[4:], tmp_path / "melm", str(base), FEW)
    long = labelled(["Maria"] * 40, [True] * 40, [(0, 1, "PER")])
    with pytest.raises(InputError, match="short enough"):
        train_entity_lm([long], tmp_path / "melm", str(base), FEW)


def test_a_model_that_is_no_masked_language_model(tmp_path):
    with pytest.raises(SetupError, match="masked language model cannot load"):
        load_masked_lm(tiny_models.nllb(tmp_path / "nllb"))


def test_on_the_command_line(base, tmp_path):
    docs = [sentence.reference for sentence in [*SENTENCES, CORPUS[3]]]
    DocBin(docs=docs).to_disk(tmp_path / "gold.spacy")
    options = ["--epochs", "2", "--rate", "0.01", "--model", base, "-q", "--lang", "pt"]
    result = xlner("train-melm", tmp_path / "gold.spacy", tmp_path / "melm", *options)
    assert result.exit_code == 0, result.output
    assert "4 texts, epoch 2 with a loss of" in result.output
    result = xlner(
        "augment", tmp_path / "gold.spacy", tmp_path / "more.spacy", "--lang", "pt",
        "--method", "xlner.MELM.v1", "--augmenter.model", tmp_path / "melm",
        "--augmenter.copies", "2", "-q",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    copies = list(DocBin().from_disk(tmp_path / "more.spacy").get_docs(NLP.vocab))
    assert 6 < len(copies) <= 14
    assert [ent.label_ for doc in copies[:2] for ent in doc.ents] == ["PER", "LOC"] * 2
