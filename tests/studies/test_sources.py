"""The study of sources: subsets, heads, figures, and one cell of each kind of its small version again."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from studies.config import read_settings
from studies.places import PROJECT
from studies.sources import heads as heads_module
from studies.sources import study
from studies.sources.figures import of_projection, of_targets
from studies.sources.heads import TAGS, Training, distributions, entities, gold_targets, tagged
from studies.sources.parallel import _check
from studies.sources.teachers import family_of, subsets_of
from studies.sources.texts import Text, Texts, read_texts, together
from studies.sources.writing import consistency, consistency_table
from xlner_spacy.corpus.conll import GoldSentence
from xlner_spacy.errors import InputError

FAMILIES = {"Germanic": ["en", "da", "sv"], "Slavic": ["hr", "sr", "sk"]}
SOURCES = ["en", "da", "sv", "hr", "sr", "sk"]


def test_subsets_are_all_single_sources_all_of_one_family_and_some_others():
    found = subsets_of(SOURCES, FAMILIES, 5)
    assert len(found) == len(set(found))
    assert [own for own in found if len(own) == 1] == [(name,) for name in SOURCES]
    assert ("en", "da", "sv") in found
    assert ("hr", "sr") in found
    assert tuple(SOURCES) in found
    for k in (2, 3, 4, 5, 6):
        diverse = [own for own in found if len(own) == k and not family_of(own, FAMILIES)]
        assert len(diverse) == (5 if k < 6 else 1)
    assert subsets_of(SOURCES, FAMILIES, 5) == found
    assert not family_of(("en",), FAMILIES)


def toy(n, seed, noise=0.15):
    """Texts of five words, the second and third of which are a person; vectors that tell the tags, but for noise."""
    rng = np.random.default_rng(seed)
    rows = [Text(["a", "B", "C", "d", "e"], {(1, 3, "PER")}) for _ in range(n)]
    vectors = np.zeros((5 * n, 8)) + rng.normal(0, noise, (5 * n, 8))
    vectors[1::5, 0] += 1
    vectors[2::5, 1] += 1
    return Texts(rows, vectors.astype(np.float16), np.arange(0, 5 * n + 1, 5))


def f1_of(head, own):
    found = entities(tagged(distributions(head, own), own))
    return np.mean(
        [len(f & t.entities) / max(1, len(f)) for f, t in zip(found, own.texts, strict=True)]
    )


def test_a_head_learns_and_a_student_learns_from_it_without_labels():
    training = Training(200, batch=64, width=16)
    train, pool, test = toy(80, 0), toy(80, 1), toy(40, 2)
    teacher = heads_module.train(train, gold_targets(train.texts), training, seed=0)
    assert f1_of(teacher, test) > 0.9
    student = heads_module.train(pool, distributions(teacher, pool), training, seed=1)
    assert f1_of(student, test) > 0.9
    same = heads_module.train(train, gold_targets(train.texts), training, seed=0)
    assert np.array_equal(distributions(same, test), distributions(teacher, test))


def test_training_further_leaves_the_head_as_it_was():
    train = toy(20, 0)
    head = heads_module.train(train, gold_targets(train.texts), Training(20, width=16), seed=0)
    before = copy.deepcopy(head.state_dict())
    other = heads_module.train(train, gold_targets(train.texts), Training(5), seed=0, start=head)
    assert all(torch.equal(own, before[name]) for name, own in head.state_dict().items())
    assert not np.array_equal(distributions(head, train), distributions(other, train))


def test_neighbours_are_of_the_same_text():
    own = Texts(
        [Text(["a"], set()), Text(["b", "c"], set())],
        np.eye(3, dtype=np.float16),
        np.array([0, 1, 3]),
    )
    _, rows = heads_module._inputs(own)
    assert rows.tolist() == [[3, 0, 3], [3, 1, 2], [1, 2, 3]]


def test_tags_of_gold_entities():
    rows = [Text(["a", "b", "c"], {(0, 2, "LOC")}), Text(["d"], set())]
    tags = [TAGS.names[n] for n in gold_targets(rows).argmax(axis=1)]
    assert tags == ["B-LOC", "I-LOC", "O", "O"]


def test_some_texts_and_several_together():
    own = toy(4, 0)
    part = own.some([2, 0])
    assert part.texts == [own.texts[2], own.texts[0]]
    assert np.array_equal(part.vectors[:5], own.vectors[10:15])
    both = together([part, own])
    assert both.starts.tolist() == list(range(0, 31, 5))
    assert own.some([]).starts.tolist() == [0]


@pytest.fixture
def iob(tmp_path, monkeypatch):
    (tmp_path / "own.tsv").write_text(
        "Ana\tB-PER\nri\tO\n\nLisboa\tB-GPE_LOC\n\nriso\tB-MISC\n", "utf8"
    )
    monkeypatch.setenv("XLNER_DATA", str(tmp_path))
    return {"file": "own.tsv", "lang": "pt"}


def test_texts_of_a_file(iob):
    assert [own.entities for own in read_texts(iob)] == [{(0, 1, "PER")}, set(), set()]
    mapped = read_texts({**iob, "labels": {"GPE_LOC": "LOC"}, "first": 1, "limit": 1})
    assert mapped == [Text(["Lisboa"], {(0, 1, "LOC")})]
    drawn = read_texts({**iob, "named": 5, "others": 1})
    assert [bool(own.entities) for own in drawn] == [True, False]
    with pytest.raises(InputError, match="no texts after the first 3"):
        read_texts({**iob, "first": 3})


def test_names_that_the_config_does_not_explain():
    settings = read_settings("sources", quick=True)
    for name, wrong in (
        ("targets", "xx"),
        ("sources", "xx"),
        ("projections", "PUD xx"),
        ("consistency", "xx"),
    ):
        own = {
            **settings,
            "study": {**settings["study"], name: wrong if name == "consistency" else [wrong]},
        }
        with pytest.raises(InputError, match="xx"):
            study.cells(own)


def test_every_target_is_in_one_group():
    settings = read_settings("sources")
    grouped = [name for own in settings["groups"].values() for name in own]
    measured = [
        *settings["study"]["targets"],
        *read_settings("sources", quick=True)["study"]["targets"],
    ]
    assert sorted(grouped) == sorted(measured) == sorted(settings["targets"])


def test_sentences_that_are_not_parallel_are_refused():
    own = Texts([Text(["a"], set())], np.zeros((1, 8), np.float16), np.array([0, 1]))
    _check(
        "own.tsv", own, [GoldSentence(words=["a"], entities=[], text=None, sent_id=None, line=1)]
    )
    with pytest.raises(InputError, match=r"own\.tsv"):
        _check(
            "own.tsv",
            own,
            [GoldSentence(words=["b"], entities=[], text=None, sent_id=None, line=1)],
        )


def counts(right, n_texts=60):
    """Texts with ten entities each, of which so many are found."""
    return np.tile([right, 10, 10], (n_texts, 1))


def test_figures_of_targets():
    subsets = [("en",), ("hr",), ("en", "hr")]
    run_ = {
        "one teacher|en|0": counts(6),
        "one teacher|hr|0": counts(4),
        "student|en|0": counts(7),
        "student|hr|0": counts(3),
        "first, vote|1|0": counts(4),
        "first, vote|2|0": counts(8),
        **{f"{method}|en+hr|0": counts(8) for method in ("vote", "mean", "student", "pooled")},
    }
    found = of_targets({"pt": [run_, run_]}, subsets, FAMILIES, [], [])
    assert found.best.value == pytest.approx(0.6)
    assert found.curves["vote"][1].value == pytest.approx(0.5)
    assert found.curves["student"][1].value == pytest.approx(0.5)
    assert found.curves["pooled"][2].value == pytest.approx(0.8)
    assert found.more["vote"].value == pytest.approx(0.2)
    assert found.more["vote"].is_sure
    assert "BEA" not in found.more
    assert found.first[1].value == pytest.approx(0.4)


def test_figures_of_projection():
    own = {
        "alone|en": counts(6),
        "alone|de": counts(5),
        "Rover|en+de": counts(7),
        "first by the ranking|1": counts(5),
        "first by the ranking|2": counts(7),
    }
    found = of_projection(own, ["de", "en"])
    assert found.best[0] == "en"
    assert found.curves["alone"][1].value == pytest.approx(0.55)
    assert found.more["Rover"].value == pytest.approx(0.1)


def test_consistency_is_a_mean_over_subsets_and_seeds():
    def figures(value):
        nested = {name: {"f1": value, "gold": 0.9} for name in ("labels", "mentions")}
        rates = {"weakness": None, "mirror": value, "source_f1": value, "target_f1": value}
        return {**nested, **rates}

    parallel = [
        {"pt": {"en": figures(0.5), "da": figures(0.7)}},
        {"pt": {"en": figures(0.6), "da": figures(0.6)}},
    ]
    found = consistency(parallel)
    assert found["pt"]["1"]["labels"][0] == pytest.approx(0.6)
    assert "weakness" not in found["pt"]["1"]
    assert "| pt, 1 | .600 ± .071 |" in consistency_table(parallel)
    assert consistency([]) == {}


def test_the_small_version_needs_no_data_folder(monkeypatch):
    monkeypatch.delenv("XLNER_DATA", raising=False)
    settings = read_settings("sources", quick=True)
    for cell in study.cells(settings).values():
        for need in cell.needs:
            if "file" in need.settings:
                assert read_texts(need.settings)
    for file in settings["parallel"]["sample"].values():
        assert len(read_texts({"file": file, "lang": "xx"})) == 12
        assert (PROJECT / file).is_file()
