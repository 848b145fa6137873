"""The embedded recogniser: names in many languages, windows, and what may be damaged."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import tiny_models
from xlner_spacy.annotators.recogniser import Recogniser
from xlner_spacy.errors import SetupError
from xlner_spacy.models import adapters


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """It takes 30 word pieces. Its "Petrobras" continues the name of a person."""
    folder = tmp_path_factory.mktemp("tiny") / "ner"
    return str(tiny_models.ner(folder, {"Petrobras": 2}))


def found(recogniser, *texts):
    return [
        [(text[m.start_char : m.end_char], m.label) for m in mentions]
        for text, mentions in zip(texts, recogniser(texts), strict=True)
    ]


def test_a_name_at_every_offset_round_the_edges_of_windows(tiny):
    texts = [
        " ".join(["vive"] * n + ["Maria", "Petrobras"] + ["em"] * (60 - n) + ["Lisboa"])
        for n in range(60)
    ]
    recogniser = Recogniser(tiny, window=16, overlap=6)
    assert found(recogniser, *texts) == [[("Maria Petrobras", "PER"), ("Lisboa", "LOC")]] * 60


def test_windows_without_an_overlap_and_words_longer_than_a_window(tiny):
    recogniser = Recogniser(tiny, window=8, overlap=0)
    text = f"Maria {'x' * 100} Lisboa {'-' * 50} João"
    assert found(recogniser, text) == [[("Maria", "PER"), ("Lisboa", "LOC"), ("João", "PER")]]


def test_every_text_has_an_answer_in_order(tiny):
    texts = ["", "Maria", " ", "vive", "Lisboa"]
    expected = [[], [("Maria", "PER")], [], [], [("Lisboa", "LOC")]]
    recogniser = Recogniser(tiny)
    assert found(recogniser, *texts) == expected
    assert recogniser([]) == []
    assert found(pickle.loads(pickle.dumps(recogniser)), *texts) == expected


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80))
def test_any_text(tiny, text):
    for mention in Recogniser(tiny, window=12, overlap=4)([text])[0]:
        assert 0 <= mention.start_char < mention.end_char <= len(text)
        assert mention.label in ("PER", "LOC")
        assert 0 < mention.score <= 1


@pytest.mark.parametrize("wanted", [{"window": 4}, {"window": 501}, {"overlap": 384}])
def test_settings_that_cannot_be(wanted):
    with pytest.raises(SetupError, match=next(iter(wanted))):
        Recogniser(**wanted)


@pytest.mark.models
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The European Central Bank in Frankfurt praised Christine Lagarde.",
            [("European Central Bank", "ORG"), ("Frankfurt", "LOC"), ("Christine Lagarde", "PER")],
        ),
        ("António Guterres nasceu em Lisboa.", [("António Guterres", "PER"), ("Lisboa", "LOC")]),
        (
            "Rais Samia Suluhu Hassan alifika Nairobi.",
            [("Samia Suluhu Hassan", "PER"), ("Nairobi", "LOC")],
        ),
    ],
)
def test_the_embedded_model_knows_names_in_many_languages(text, expected):
    assert found(Recogniser(), text) == [expected]


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """An adapter to spoil."""
    copy = tmp_path / "recogniser.safetensors"
    copy.write_bytes(adapters.SKILLS["recogniser"].read_bytes())
    monkeypatch.setitem(adapters.SKILLS, "recogniser", copy)
    return copy


@pytest.mark.models
def test_an_adapter_that_is_cut(damaged):
    damaged.write_bytes(damaged.read_bytes()[:1_000_000])
    with pytest.raises(SetupError, match=r"recogniser\.safetensors is damaged.*\nInstall"):
        Recogniser()(["Maria"])


@pytest.mark.models
def test_an_adapter_that_is_not_there(damaged):
    damaged.unlink()
    with pytest.raises(SetupError, match=r"recogniser\.safetensors is damaged or missing"):
        Recogniser()(["Maria"])


def test_an_adapter_of_another_encoder(tmp_path):
    encoder = tiny_models.encoder(tmp_path / "encoder")
    with pytest.raises(SetupError, match="does not fit the encoder"):
        adapters.write_merged(adapters.SKILLS["recogniser"], encoder, tmp_path / "merged")
