"""`xlner build --mode teach`: what several pipelines believe, kept for a student."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from tests.shared import xlner
from tests.training.test_token_classifier import SMALL, TEXTS, found, labelled, trained
from xlner_spacy.document.teacher import teacher_of
from xlner_spacy.errors import InputError
from xlner_spacy.ranking.teacher_weights import likeness_weights
from xlner_spacy.training.reader import make_corpus

RAW = ["Maria vive em Lisboa.", "A Petrobras vive no Porto.", "Chove."]


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    """One that knows probabilities, and two that know rules."""
    folder = tmp_path_factory.mktemp("teachers")
    trained(SMALL).to_disk(folder / "student")
    for name, label in (("rules", "LOC"), ("wrong", "ORG")):
        nlp = spacy.blank("pt")
        ruler = nlp.add_pipe("entity_ruler")
        ruler.add_patterns(
            [{"label": label, "pattern": "Lisboa"}, {"label": "CARDINAL", "pattern": "Chove"}]
        )
        nlp.to_disk(folder / name)
    srsly.write_jsonl(folder / "raw.jsonl", [{"text": text} for text in RAW])
    return folder


def build(teachers, output, *arguments, names=("student", "rules")):
    given = [part for name in names for part in ("--teacher", f"{name}={teachers / name}")]
    labels = [
        p
        for label in ("PER=PER", "LOC=LOC", "ORG=ORG", "CARDINAL=")
        for p in ("--label-map", label)
    ]
    return xlner(
        *("build", str(teachers / "raw.jsonl"), str(output), "--mode", "teach", "--lang", "pt"),
        *(*given, *labels, "--dev", "0", "--quiet", *arguments),
    )


def docs_of(output):
    (shard,) = (output / "train").glob("*.spacy")
    return list(DocBin().from_disk(shard).get_docs(spacy.blank("pt").vocab))


def test_the_belief_of_all_is_the_mean(teachers, tmp_path):
    result = build(teachers, tmp_path / "silver", "--temperature", "1")
    assert result.exit_code == 0, result.output
    docs = docs_of(tmp_path / "silver")
    assert [doc.text for doc in docs] == RAW
    assert found(docs[0])[-1] == ("Lisboa", "LOC")
    assert found(docs[2]) == []  # CARDINAL is left out
    names, beliefs, trust = teacher_of(docs[0])
    assert trust.tolist() == [1] * len(docs[0])
    student = spacy.load(teachers / "student")
    doc = student.make_doc(RAW[0])
    (own,) = student.get_pipe("xl_ner").predict([doc])
    at = names.index("S-LOC")
    wanted = (own[3, student.get_pipe("xl_ner").scheme.index["S-LOC"]] + 1) / 2
    assert beliefs[3, at] == pytest.approx(wanted, abs=0.002)
    assert beliefs.sum(axis=1) == pytest.approx(np.ones(len(doc)), abs=0.01)
    manifest = srsly.read_json(tmp_path / "silver" / "manifest.json")
    (component,) = manifest["settings"]["components"].values()
    assert set(component["teachers"]) == {"student", "rules"}
    assert manifest["settings"]["local_models"].keys() >= set(component["teachers"].values())


def test_below_a_temperature_of_one_the_student_is_to_be_surer(teachers, tmp_path):
    for name, temperature in (("mean", "1"), ("sharp", "0.5")):
        result = build(teachers, tmp_path / name, "--temperature", temperature)
        assert result.exit_code == 0, result.output
    for mean, sharp in zip(docs_of(tmp_path / "mean"), docs_of(tmp_path / "sharp"), strict=True):
        assert found(mean) == found(sharp)
        (names, before, _), (_, after, _) = teacher_of(mean), teacher_of(sharp)
        squares = before**2 / (before**2).sum(axis=1, keepdims=True)
        assert after == pytest.approx(squares, abs=0.003)
    assert names[0] == "O"
    result = build(teachers, tmp_path / "zero", "--temperature", "0")
    assert "temperature" in result.stderr
    result = xlner(
        "build", teachers / "raw.jsonl", tmp_path / "x", "--lang", "pt", "--temperature", "1"
    )
    assert "--temperature need --mode teach" in result.stderr


def test_a_student_learns_from_the_shards(teachers, tmp_path):
    build(teachers, tmp_path / "silver")
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_ner", config={"model": SMALL})
    examples = list(make_corpus(tmp_path / "silver" / "train")(nlp))
    optimizer = nlp.initialize(lambda: [labelled(nlp, *text) for text in TEXTS])
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert ("Lisboa", "LOC") in found(nlp(RAW[0]))


def test_who_is_right_more_often_is_trusted_more(teachers, tmp_path):
    names = ("student", "rules", "wrong")
    result = build(teachers, tmp_path / "silver", "--learn-trust", names=names)
    assert result.exit_code == 0, result.output
    manifest = srsly.read_json(tmp_path / "silver" / "manifest.json")
    (component,) = manifest["settings"]["components"].values()
    assert component["weights"]["wrong"] < component["weights"]["student"]
    assert found(docs_of(tmp_path / "silver")[0])[-1] == ("Lisboa", "LOC")


@pytest.mark.models
def test_teachers_count_as_their_languages_are_alike(teachers, tmp_path):
    for name, model in (("es", "rules"), ("zh", "wrong"), ("de", "rules")):
        shutil.copytree(teachers / model, teachers / name, dirs_exist_ok=True)
    names = ("es", "zh", "de")
    options = ("--weights", "likeness", "--temperature", "1")
    result = build(teachers, tmp_path / "silver", *options, names=names)
    assert result.exit_code == 0, result.output
    manifest = srsly.read_json(tmp_path / "silver" / "manifest.json")
    (component,) = manifest["settings"]["components"].values()
    weights = component["weights"]
    assert weights["es"] > weights["de"] > weights["zh"] > 0
    assert sum(weights.values()) == pytest.approx(1, abs=0.03)
    said = ", ".join(f"{name} {weights[name]:.2f}" for name in names)
    assert f"Weights by likeness to pt: {said}." in result.stderr
    tags, beliefs, _ = teacher_of(docs_of(tmp_path / "silver")[0])
    wanted = (weights["es"] + weights["de"]) / sum(weights.values())
    assert beliefs[3, tags.index("S-LOC")] == pytest.approx(wanted, abs=0.002)


@pytest.mark.models
@pytest.mark.parametrize(
    ("teacher", "message"),
    [
        ("rules", "The teacher 'rules' is not named after its language"),
        ("pt-BR", "The teacher 'pt-BR' is of the language of the texts itself"),
        ("tlh", "No sentences of 'tlh' come with the package"),
    ],
)
def test_languages_that_likeness_does_not_know(teachers, tmp_path, teacher, message):
    given = ("--teacher", f"{teacher}={teachers / 'rules'}", "--weights", "likeness")
    result = build(teachers, tmp_path / "silver", *given, names=())
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Leave --weights out" in result.stderr
    assert not (tmp_path / "silver").exists()


@pytest.mark.models
def test_a_language_without_sentences_is_compared_by_its_texts():
    docs = [spacy.blank("xx")(text) for text in ("Ana Silva vive em Lisboa.", "Rui foi a Paris.")]
    weights = likeness_weights("mwl", ["pt", "zh", "pt-BR"], docs)
    assert weights["pt"] == weights["pt-BR"] > weights["zh"] >= 0.01
    with pytest.raises(InputError, match="no sentence of 'mwl'"):
        likeness_weights("mwl", ["pt"], [spacy.blank("xx")("...")])


@pytest.mark.parametrize(
    ("arguments", "names", "message"),
    [
        ((), (), "There is no teacher"),
        ((), ("student", "student"), "two teachers named 'student'"),
        ((), ("nobody",), "nobody"),
        ((), ("nobody",), "The pipeline of the teacher 'nobody' cannot be loaded"),
        (("--learn-trust", "--weights", "likeness"), ("rules",), "do not go together"),
        (("--mode", "translate-test", "--weights", "likeness"), (), "--weights need --mode teach"),
        (("--config", "x.cfg"), ("rules",), "no use for --config"),
        (("--learn-trust",), ("student", "rules"), "--learn-trust needs three teachers"),
        (("--mode", "translate-test"), ("rules",), "--teacher need --mode teach"),
        (("--teacher", "rules"), (), "'rules' is not NAME=PIPELINE"),
    ],
)
def test_bad_input_is_named(teachers, tmp_path, arguments, names, message):
    result = build(teachers, tmp_path / "silver", *arguments, names=names)
    assert result.exit_code == 1
    assert message in result.stderr


PROJECTOR = """
[nlp]
lang = "xx"
pipeline = ["xl_projector"]

[components]

[components.xl_projector]
factory = "xl_projector"
own_voice = false

[components.xl_projector.aligner]
@xl_aligners = "xlner.ExactWords.v1"

[components.xl_projector.annotator]
@xl_annotators = "xlner.SpacyPipeline.v1"
model = "{model}"
"""


def test_a_teacher_that_projects_uses_the_translations_of_the_texts(tmp_path):
    """Of Luganda there is no translator at hand: without the translation this would fail."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "ORG", "pattern": "Petrobras"}])
    nlp.to_disk(tmp_path / "english")
    (tmp_path / "projector.cfg").write_text(PROJECTOR.format(model=tmp_path / "english"))
    record = {"text": "Petrobras ekola .", "translations": {"en": "Petrobras works ."}}
    srsly.write_jsonl(tmp_path / "raw.jsonl", [record])
    result = xlner(
        *("build", tmp_path / "raw.jsonl", tmp_path / "silver", "--mode", "teach", "--lang", "lug"),
        *("--teacher", f"projector={tmp_path / 'projector.cfg'}", "--dev", "0", "--quiet"),
    )
    assert result.exit_code == 0, result.output
    (doc,) = docs_of(tmp_path / "silver")
    assert found(doc) == [("Petrobras", "ORG")]
    names, beliefs, _ = teacher_of(doc)
    assert 0 < beliefs[0, names.index("S-ORG")] <= 1
