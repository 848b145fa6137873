"""Files of texts: what cannot be read is refused with its line, and nothing is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.texts import parse_record, read_docs, to_line
from xlner_spacy.document.attributes import set_data
from xlner_spacy.errors import InputError

PT = spacy.blank("pt")


def through(line: str) -> dict:
    """What a line says after it was read and written."""
    doc = PT.make_doc("")
    set_data("xl_record", doc, parse_record(line, "f, line 1"))
    return json.loads(to_line(doc), parse_constant=lambda name: pytest.fail(name))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400])
def test_a_number_that_json_readers_cannot_hold_is_refused(tmp_path, number):
    file = tmp_path / "in.jsonl"
    file.write_text(f'{{"text": "a"}}\n{{"text": "b", "id": {{"n": [{number}]}}}}\n')
    with pytest.raises(InputError, match=r"in\.jsonl, line 2: the number -?(1e400|999)"):
        list(read_docs(str(file), PT, "en"))


@pytest.mark.parametrize("number", [0.1, -0.0, 1e308, 123456789.123456789, -(2**63)])
def test_other_numbers_come_out_as_they_went_in(number):
    assert repr(through(json.dumps({"x": number}))["x"]) == repr(number)


@pytest.mark.parametrize(
    ("rest", "key"), [('"text": "b"', "text"), ('"meta": [{"k": 1, "k": 2}]', "k")]
)
def test_a_key_that_is_there_twice_is_refused(tmp_path, rest, key):
    file = tmp_path / "in.jsonl"
    file.write_text(f'{{"text": "c"}}\n\n{{"text": "a", {rest}}}\n')
    with pytest.raises(
        InputError, match=rf"in\.jsonl, line 3: an object has the key '{key}' twice"
    ):
        list(read_docs(str(file), PT, "en"))


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "utf-16"), ("utf-32", "utf-32"), ("latin1", "latin1")],
)
def test_the_hint_names_the_encoding(tmp_path, encoding, name):
    file = tmp_path / "in.txt"
    file.write_bytes("olá\n".encode(encoding))
    with pytest.raises(InputError, match=f"line 1: not UTF-8[\\s\\S]*iconv -f {name} -t utf-8"):
        list(read_docs(str(file), PT, "en"))
    assert file.read_bytes().decode(name) == "olá\n"


def test_utf16_of_the_other_byte_order(tmp_path):
    file = tmp_path / "in.txt"
    file.write_bytes(b"\xfe\xff" + "olá\n".encode("utf-16-be"))
    with pytest.raises(InputError, match="iconv -f utf-16"):
        list(read_docs(str(file), PT, "en"))


def test_endings_in_capitals(tmp_path):
    Path(tmp_path, "A.TXT").write_text("olá\n\n", encoding="utf8")
    Path(tmp_path, "B.JSONL").write_text('{"text": "olá", "ents": []}\n', encoding="utf8")
    DocBin(docs=[PT("olá")], store_user_data=True).to_disk(tmp_path / "C.SPACY")
    texts = [[d.text for d in read_docs(str(f), PT, "en")] for f in sorted(tmp_path.iterdir())]
    assert texts == [["olá", ""], ["olá"], ["olá"]]
    for name in ("B.JSONL", "C.SPACY"):
        assert [doc.text for doc in read_gold(tmp_path / name, PT, "pt")] == ["olá"]


def read(folder, *records):
    path = folder / "texts.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf8")
    return list(read_docs(str(path), spacy.blank("xx"), "en"))


def test_translations_into_several_languages(tmp_path):
    given = {"en": "Ana sings.", "es": "Ana canta."}
    (doc,) = read(tmp_path, {"text": "Ana canta.", "translations": given, "id": 7})
    assert {t["lang"]: t["text"] for t in doc._.xl_translations} == given
    (doc,) = read(tmp_path, {"text": "Ana", "translation": "Ann", "translations": {"es": "Ana"}})
    assert [t["lang"] for t in doc._.xl_translations] == ["en", "es"]
    # What `xlner project` has written may be projected again.
    (doc,) = read(tmp_path, {"text": "Ana", "translations": [{"lang": "en", "text": "Ann"}]})
    assert doc._.xl_translations is None


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"translation": "Ann", "translations": {"eng": "Ann"}}, "two translations into 'eng'"),
        ({"translations": {"en": "Ann", "eng": "Ann"}}, "two translations into 'eng'"),
        ({"translations": {"zz": "Ann"}}, "'zz', which is not the code"),
        ({"translations": {"": "Ann"}}, "'', which is not the code"),
        ({"translations": {"en": 5}}, "not an object of strings"),
        ({"translations": ["Ann"]}, "not an object of strings"),
        ({"translations": False}, "not an object of strings"),
    ],
)
def test_translations_that_cannot_be(tmp_path, record, message):
    with pytest.raises(InputError, match=rf"texts\.jsonl, line 2: .*{message}"):
        read(tmp_path, {"text": "Rui"}, {"text": "Ana", **record})
