"""eflomal: learns from a bitext which words go together."""

from __future__ import annotations

import sys

import pytest

from tests.shared import xlner
from xlner_spacy.aligners.eflomal import Eflomal, train_priors
from xlner_spacy.errors import InputError, SetupError

EN_PT = {"source_lang": "en", "target_lang": "pt"}

NOUNS = [("house", "casa"), ("dog", "cão"), ("cat", "gato"), ("Lisbon", "Lisboa"), ("man", "homem")]
ADJECTIVES = [("old", "velho"), ("new", "novo"), ("big", "grande"), ("red", "vermelho")]
FRAMES = [("the", "o"), ("a", "um"), ("my", "meu")]
# English puts the adjective first, Portuguese last.
BITEXT = [
    ([article, adjective, noun, end], [artigo, substantivo, adjetivo, end])
    for noun, substantivo in NOUNS
    for adjective, adjetivo in ADJECTIVES
    for article, artigo in FRAMES
    for end in ".!?"
]


@pytest.fixture(scope="module")
def priors(tmp_path_factory):
    pytest.importorskip("eflomal")
    path = tmp_path_factory.mktemp("priors") / "en-pt.priors"
    assert train_priors(BITEXT, path) == 180
    return path


def usual_links(aligner, pair):
    """The links that most of seven runs have: eflomal samples at random."""
    runs = [{link[:2] for link in aligner([pair], **EN_PT)[0]} for _ in range(7)]
    return sorted(link for link in set.union(*runs) if sum(link in run for run in runs) > 3)


def test_priors_align_a_single_pair(priors):
    pair = (["The", "old", "Lisbon", "."], ["O", "LISBOA", "velho", "."])
    aligner = Eflomal(str(priors), "intersection")
    assert usual_links(aligner, pair) == [(0, 0), (1, 2), (2, 1), (3, 3)]
    (links,) = aligner([pair], **EN_PT)
    assert all(link.confidence == 1 for link in links)


def test_a_batch_is_aligned_by_itself():
    pytest.importorskip("eflomal")
    answers = Eflomal(heuristic="intersection")(BITEXT, **EN_PT)
    right = sum((1, 2) in [link[:2] for link in links] for links in answers)
    # eflomal samples at random: 27 runs gave 90 to 180 of 180, one in three of them less than 130.
    assert right > 80


def test_links_stay_in_place_whatever_words_are_made_of(priors):
    pairs = [
        ([], ["o"]),
        (["the"], []),
        (["the", "\u2028", "old man", ""], ["o", "homem\u00a0velho", "\t"]),
        (["the", "old", "dog"], ["o", "cão", "velho"]),
    ]
    answers = Eflomal(str(priors))(pairs, **EN_PT)
    assert answers[:2] == [[], []]
    assert all(link.source < 4 and link.target < 3 for link in answers[2])
    assert usual_links(Eflomal(str(priors)), pairs[3]) == [(0, 0), (1, 2), (2, 1)]
    assert Eflomal(str(priors))([], **EN_PT) == []


def test_priors_that_cannot_be_read(tmp_path):
    pytest.importorskip("eflomal")
    with pytest.raises(SetupError, match="train-aligner"):
        Eflomal(str(tmp_path / "nowhere"))([(["a"], ["b"])], **EN_PT)
    bad = tmp_path / "bad"
    for text in ("LEX\ta\tb\tmany\n", "Some text.\n", "LEX\ta\n", "x\t1\n", ""):
        bad.write_text(text)
        with pytest.raises(SetupError, match=r"(?s)/bad' as its priors.*train-aligner"):
            Eflomal(str(bad))([(["a"], ["b"])], **EN_PT)


def test_nothing_to_learn_from(tmp_path):
    with pytest.raises(InputError, match="no sentence pairs"):
        train_priors([], tmp_path / "priors")


def test_eflomal_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "eflomal", None)
    with pytest.raises(SetupError, match=r"\.\[eflomal\]"):
        Eflomal()([(["a"], ["b"])], **EN_PT)


@pytest.mark.parametrize(
    ("settings", "message"), [({"heuristic": "x"}, "grow-diag"), ({"iterations": 0}, "iterations")]
)
def test_wrong_settings(settings, message):
    with pytest.raises(SetupError, match=message):
        Eflomal(**settings)


def test_command_line(tmp_path):
    pytest.importorskip("eflomal")
    bitext = tmp_path / "bitext.tsv"
    lines = (f"{' '.join(target)}\t{' '.join(source)}\n" for source, target in BITEXT)
    bitext.write_text("".join(lines), encoding="utf8")
    priors = tmp_path / "priors"
    arguments = ["train-aligner", str(bitext), str(priors), "--lang", "pt"]
    result = xlner(*arguments)
    assert result.exit_code == 0, result.output
    assert "180 sentence pairs" in result.output
    pair = (["the", "old", "dog"], ["o", "cão", "velho"])
    assert [link[:2] for link in Eflomal(str(priors))([pair], **EN_PT)[0]] == [
        (0, 0),
        (1, 2),
        (2, 1),
    ]
    assert "LEX\told\tvelho" in priors.read_text(encoding="utf8")
