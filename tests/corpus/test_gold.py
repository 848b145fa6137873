"""Labelled corpora of every format, read as Docs and by training configs."""

from __future__ import annotations

import json

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin, Span
from spacy.util import registry

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.labels import parse_label_map
from xlner_spacy.errors import InputError, SetupError

PT = spacy.blank("pt")


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    return path


def read(path, labels=None):
    docs = read_gold(path, PT, "pt", labels)
    return [(doc.text, [(e.text, e.label_) for e in doc.ents]) for doc in docs]


ANA = ("Ana vive em Nova Iorque.", [("Ana", "PER"), ("Nova Iorque", "LOC")])


@pytest.mark.parametrize(
    "rows",
    [
        "Ana B-PER\nvive O\nem O\nNova B-LOC\nIorque I-LOC\n. O\n",  # CoNLL-2002, MasakhaNER
        "Ana NC B-PER\nvive VMI O\nem SP O\nNova NP B-LOC\nIorque NP I-LOC\n. Fp O\n",
        "Ana NN I-NP I-PER\nvive VB I-VP O\nem IN I-PP O\n"
        "Nova NN I-NP I-LOC\nIorque NN I-NP I-LOC\n. . O O\n",  # CoNLL-2003, IOB1
        "Ana\tS-PER\nvive\tO\nem\tO\nNova\tB-LOC\nIorque\tE-LOC\n.\tO\n",  # IOBES
        "pt:Ana\tB-PER\npt:vive\tO\npt:em\tO\npt:Nova\tB-LOC\npt:Iorque\tI-LOC\npt:.\tO\n",  # PAN-X
        "# sent_id = 1\n# text = Ana vive em Nova Iorque.\n1\tAna\tB-PER\t-\tx\n2\tvive\tO\t-\tx\n"
        "3\tem\tO\t-\tx\n4\tNova\tB-LOC\t-\tx\n5\tIorque\tI-LOC\t-\tx\n6\t.\tB-OTH\t-\tx\n",  # UNER
    ],
    ids=["conll2002", "conll2002-pos", "conll2003", "iobes", "panx", "uner"],
)
def test_columns(tmp_path, rows):
    assert read(write(tmp_path, "x.txt", rows)) == [ANA]


def test_panx_prefix_of_a_sentence_of_one_word(tmp_path):
    rows = "pt:Ana\tB-PER\npt:ri\tO\n\npt:Lisboa\tB-LOC\n\na:b\tO\n"
    assert [text for text, _ in read(write(tmp_path, "x.tsv", rows))] == ["Ana ri", "Lisboa", "a:b"]


@pytest.mark.parametrize(
    "record",
    [
        {
            "ents": [
                {"start": 0, "end": 3, "label": "PER"},
                {"start": 12, "end": 23, "label": "LOC"},
            ]
        },
        {
            "spans": [
                {"start": 0, "end": 3, "label": "PER"},
                {"start": 12, "end": 23, "label": "LOC"},
            ]
        },
        {"entities": [[0, 3, "PER"], [12, 23, "LOC"]]},
        {"label": [[0, 3, "PER"], [12, 23, "LOC"]]},
        {
            "ents": [
                {"start": 0, "end": 1, "start_char": 0, "end_char": 3, "label": "PER"},
                {"start": 3, "end": 5, "start_char": 12, "end_char": 23, "label": "LOC"},
            ]
        },
        {
            "tokens": ["Ana", "vive", "em", "Nova", "Iorque", "."],
            "ner_tags": ["B-PER", "O", "O", "B-LOC", "I-LOC", "O"],
        },
    ],
    ids=["ours", "prodigy", "spacy2", "doccano", "xlner-project", "tokens"],
)
def test_jsonl(tmp_path, record):
    assert read(write(tmp_path, "x.jsonl", json.dumps({"text": ANA[0], **record}) + "\n\n")) == [
        ANA
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "Ana"}', "line 1: no labelled text"),
        ('{"text": "Ana", "ents": [{"start": 0, "end": 9, "label": "PER"}]}', "outside the text"),
        ('{"text": "Ana", "ents": [{"start": 2, "end": 1, "label": "PER"}]}', "outside the text"),
        ('{"text": "Ana", "ents": [[0, 3, ""]]}', "is not an entity"),
        ('{"text": "Ana", "ents": [[0, 3, "PER"], [0, 3, "LOC"]]}', "overlap"),
        ('{"tokens": ["Ana"], "ner_tags": [1]}', "Tags must be names"),
        ('{"tokens": ["Ana"], "ner_tags": ["X-PER"]}', "bad tags"),
        ('{"tokens": ["Ana", ""], "ner_tags": ["B-PER", "O"]}', "not empty"),
        ('["Ana"]', "not a JSON object"),
        ("Ana", "not JSON"),
    ],
)
def test_bad_jsonl_names_the_line(tmp_path, line, message):
    with pytest.raises(InputError, match=rf"x\.jsonl, line 1: .*{message}|{message}"):
        read(write(tmp_path, "x.jsonl", line))


def test_label_map(tmp_path):
    path = write(tmp_path, "x.conll", "Ana B-PERSON\nontem B-DATE\n\nRiu O\n")
    assert read(path, {"PERSON": "PER", "DATE": ""}) == [
        ("Ana ontem", [("Ana", "PER")]),
        ("Riu", []),
    ]
    with pytest.raises(
        InputError, match=r"sentence of line 1: the label 'DATE' is not in the label"
    ):
        read(path, {"PERSON": "PER"})


def test_label_map_options():
    assert parse_label_map(["PERSON=PER", "ORG", "DATE="]) == {
        "PERSON": "PER",
        "ORG": "ORG",
        "DATE": "",
    }
    assert parse_label_map([]) is None
    for bad in (["=PER"], ["ORG", "ORG=X"]):
        with pytest.raises(InputError, match="Label"):
            parse_label_map(bad)


def test_spacy_keeps_what_is_missing(tmp_path):
    doc = PT("Ana vive em Nova Iorque.")
    doc.set_ents([Span(doc, 0, 1, "PERSON")], missing=[doc[3:5]], default="outside")
    DocBin(docs=[doc]).to_disk(tmp_path / "x.spacy")
    for labels, label in ((None, "PERSON"), ({"PERSON": "PER"}, "PER")):
        (read_back,) = read_gold(tmp_path / "x.spacy", PT, "pt", labels)
        assert read_back.ents[0].label_ == label
        assert [token.ent_iob_ for token in read_back] == ["B", "O", "O", "", "", "O"]


def corpus(**config):
    return registry.resolve({"reader": {"@readers": "xlner.Corpus.v1", **config}})["reader"]


def test_reader_gives_examples_on_the_corpus_s_own_tokens(tmp_path):
    rows = "de O\no O\nPorto B-LOC\nn.º O\n1 O\n"
    path = write(tmp_path, "x.conll", rows)
    other = write(tmp_path, "y.jsonl", json.dumps({"text": "Ana riu.", "ents": [[0, 3, "PER"]]}))
    first, second = corpus(path=[str(path), str(other)])(PT)
    assert [token.text for token in first.predicted] == ["de", "o", "Porto", "n.º", "1"]
    assert not first.predicted.ents
    assert [ent.label_ for ent in first.reference.ents] == ["LOC"]
    assert [ent.label_ for ent in second.reference.ents] == ["PER"]
    assert len(list(corpus(path=[str(path), str(other)], limit=1)(PT))) == 1


def test_reader_errors(tmp_path):
    with pytest.raises(SetupError, match="limit=-1 is not 0"):
        corpus(path="x", limit=-1)
    with pytest.raises(SetupError, match=r"--paths\.train"):
        list(corpus(path=None)(PT))
    with pytest.raises(InputError, match=r"no \.spacy files"):
        list(corpus(path=str(tmp_path))(PT))
    with pytest.raises(InputError, match="does not exist"):
        list(corpus(path=str(tmp_path / "nowhere.conll"))(PT))
    (tmp_path / "cut.spacy").write_bytes(b"\x78\x9c\x00")
    with pytest.raises(InputError, match="not a complete"):
        list(corpus(path=str(tmp_path / "cut.spacy"))(PT))


@given(st.text(max_size=60), st.integers(-3, 70), st.integers(-3, 70))
def test_any_text_and_offsets_give_an_entity_or_an_error(tmp_path_factory, text, start, end):
    path = tmp_path_factory.mktemp("gold") / "x.jsonl"
    record = {"text": text, "ents": [{"start": start, "end": end, "label": "PER"}]}
    path.write_text(json.dumps(record), encoding="utf8")
    try:
        (doc,) = read_gold(path, PT, "pt")
    except InputError:
        return
    (ent,) = doc.ents
    assert doc.text == text
    assert ent.start_char <= start < end <= ent.end_char
