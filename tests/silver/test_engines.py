"""Who makes the parts makes no difference. Workers are real here, but for Ray: see test_ray_engine.py."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import spacy

from tests.shared import blank_with, xlner
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.engines.part_maker import PartMaker, blueprint, pack_part, unpack_docs
from xlner_spacy.silver.planning import PlannedPart
from xlner_spacy.silver.selection import Selection

CODE = """
import re
from spacy import registry
from xlner_spacy.types import Link, Mention

@registry.xl_translators("test_engines.same")
def make_same():
    return lambda texts, *, from_lang, to_lang: list(texts)

@registry.xl_annotators("test_engines.capitals")
def make_capitals():
    return lambda texts: [[Mention(*m.span(), "PER") for m in re.finditer(r"[A-Z]\\w+", t)] for t in texts]

@registry.xl_aligners("test_engines.diagonal")
def make_diagonal():
    return lambda pairs, **languages: [[Link(k, k, 1.0) for k in range(min(map(len, pair)))] for pair in pairs]
"""
CHEAP = {
    "translator": {"@xl_translators": "test_engines.same"},
    "annotator": {"@xl_annotators": "test_engines.capitals"},
    "aligner": {"@xl_aligners": "test_engines.diagonal"},
    "own_voice": False,
}
OPTIONS = BuildOptions(shard_size=4, batch_size=3)


class FarAway:
    """Makes parts as a worker on another machine does: all that it knows has been sent to it."""

    def __init__(self, code=None, changed=lambda plan: plan):
        self.code, self.changed = code, changed

    def make(self, parts, order, progress):
        maker = PartMaker(pickle.loads(pickle.dumps(self.changed(blueprint(order, self.code)))))
        packed = [pickle.dumps(pack_part(part)) for part in parts]
        for part in reversed(packed):  # in any order
            yield pickle.loads(pickle.dumps(maker.make(pickle.loads(part))))


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    file = tmp_path_factory.mktemp("code") / "parts.py"
    file.write_text(CODE)
    spacy.util.import_file("test_engines_code", file)
    return file


@pytest.fixture
def raw(tmp_path):
    file = tmp_path / "raw.jsonl"
    file.write_text(
        '{"text": "Maria mora em Lisboa."}\n{"text": "O Rui, a Ana e a Rita.", "translation": "Rui and Ana."}\n'
        '{"text": " "}\n{"text": ""}\n{"text": "Maria mora em Lisboa."}\n{"text": "Chove 😀\u2028 hoje."}\n'
    )
    return file


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def test_a_worker_makes_the_same_files(code, raw, tmp_path):
    nlp = blank_with(**CHEAP)
    build([raw], tmp_path / "here", nlp, OPTIONS, Selection())
    build(
        [raw], tmp_path / "there", blank_with(**CHEAP), OPTIONS, Selection(), engine=FarAway(code)
    )
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
    assert len(contents(tmp_path / "here")) >= 5


def test_labelled_corpora_too(code, tmp_path):
    gold = tmp_path / "gold.conll"
    gold.write_text("Rome B-LOC\nfell O\n\nRome O\nfell O\n\nAnn B-PER\nLee I-PER\nsleeps O\n" * 2)
    for mode in ({"mode": "translate-train"}, {"mode": "translate-train", "projection": "markers"}):
        options = BuildOptions(shard_size=2, **mode)
        name = mode.get("projection", "alignment")
        for place, engine in (("here", None), ("there", FarAway(code))):
            folder = tmp_path / f"{place}-{name}"
            build(
                [gold], folder, blank_with(**CHEAP), options, Selection(dev_rate=0), engine=engine
            )
        assert contents(tmp_path / f"here-{name}") == contents(tmp_path / f"there-{name}")


@pytest.mark.models
def test_real_models_and_teachers_too(tmp_path):
    raw = tmp_path / "raw.txt"
    raw.write_text(
        "A Petrobras abriu um escritório em Maputo.\nChove em Lisboa.\nO João Pacheco riu.\n"
    )
    recogniser = str(Path(__file__).parents[2] / "configs" / "recogniser.cfg")
    teachers = {"target_lang": "pt", "teachers": {"one": recogniser}}
    for mode, component, config in (
        ("translate-test", "xl_projector", {}),
        ("teach", "xl_teachers", teachers),
    ):
        options = BuildOptions(mode, shard_size=2)
        for place, engine in (("here", None), ("there", FarAway())):
            nlp = blank_with(component, **config)
            build([raw], tmp_path / f"{place}-{mode}", nlp, options, Selection(), engine=engine)
        assert contents(tmp_path / f"here-{mode}") == contents(tmp_path / f"there-{mode}")


def test_texts_arrive_as_they_were_sent():
    nlp = spacy.blank("pt")
    docs = [nlp("A Ana riu."), nlp(""), nlp("\n é  😀")]
    docs[0]._.xl_translations = [{"lang": "en", "text": "Ana laughed.", "entities": None}]
    docs[0].set_ents([docs[0][1:2]], default="missing")
    part = pack_part(PlannedPart(0, docs, [None] * 3, "digest"))
    found = unpack_docs(part, spacy.blank("pt").vocab)
    assert [doc.text for doc in found] == [doc.text for doc in docs]
    assert found[0]._.xl_translations == docs[0]._.xl_translations
    assert [token.ent_iob_ for token in found[0]] == [token.ent_iob_ for token in docs[0]]


def test_a_worker_with_other_versions_or_files_is_named(code, raw, tmp_path):
    def elsewhere(plan):
        plan.settings["versions"]["spacy"] = "3.8.1"
        plan.settings["local_models"]["models/ner"] = "abc"
        return plan

    engine = FarAway(code, elsewhere)
    with pytest.raises(SetupError) as error:
        build([raw], tmp_path / "s", blank_with(**CHEAP), OPTIONS, Selection(), engine=engine)
    assert "versions.spacy: '3.8.1' here, '3.8." in str(error.value)
    assert "local_models.models/ner: 'abc' here, None there" in str(error.value)
    assert "same versions on all machines" in str(error.value)


def test_python_objects_are_not_sent(raw, tmp_path):
    nlp = blank_with()
    nlp.get_pipe("xl_projector").use(translator=lambda texts, **languages: list(texts))
    with pytest.raises(SetupError, match=r"translator of 'xl_projector' was set with use"):
        build([raw], tmp_path / "s", nlp, OPTIONS, Selection(), engine=FarAway())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "2"], "--engine ray only"),
        (["--address", "auto", "--worker-gpus", "1"], "--address and --worker-gpus"),
        (["--engine", "ray", "--cache", "c"], "--cache is a folder of this machine"),
        (["--engine", "ray", "--gpu-id", "0"], "GPU 0 cannot be used"),
        (["--engine", "ray", "--workers", "0"], "workers"),
        (["--engine", "ray", "--address", "127.0.0.1:9"], "No Ray cluster listens at 127.0.0.1:9"),
        (["--engine", "ray", "--address", "ray://"], "is not the address of a Ray cluster"),
        (["--engine", "ray", "--address", "127.0.0.1:99999"], "127.0.0.1:99999"),
    ],
)
def test_options_that_cannot_be_followed(raw, tmp_path, options, message):
    result = xlner("build", raw, tmp_path / "s", "--lang", "pt", "-q", *options)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not list(tmp_path.glob("s/parts/*"))


def test_no_texts_is_an_error_before_a_cluster_is_asked_for(tmp_path):
    (tmp_path / "raw.jsonl").write_text("")
    result = xlner(
        "build", tmp_path / "raw.jsonl", tmp_path / "s", "--lang", "pt", "-q", "--engine", "ray"
    )
    assert result.exit_code == 1
    assert "raw.jsonl: no texts" in result.stderr


def test_without_ray_the_extra_is_named(raw, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    result = xlner("build", raw, tmp_path / "s", "--lang", "pt", "--engine", "ray")
    assert result.exit_code == 1
    assert "[ray]" in result.stderr


def test_a_label_that_is_not_in_the_map_ends_a_build_far_away_too(code, raw, tmp_path):
    with pytest.raises(InputError, match="'PER' is not in the label map"):
        build(
            [raw],
            tmp_path / "s",
            blank_with(**CHEAP),
            OPTIONS,
            Selection(labels={"LOC": "LOC"}),
            engine=FarAway(code),
        )
