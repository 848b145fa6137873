"""Texts and builds that are no files of this machine, and .parquet files."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyarrow import parquet
from upath import UPath

from tests.shared import blank_with, xlner
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.corpus.texts import read_docs
from xlner_spacy.errors import InputError
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.manifest import read_manifest
from xlner_spacy.silver.selection import Selection

ROWS = [
    {"text": "A Ana riu.", "translations": {"en": "Ana laughed."}, "id": 1, "score": float("nan")},
    {"text": "O Rui chorou.\nMuito.", "translations": None, "id": None, "score": 0.5},
    {"text": "", "translations": {"en": None}, "id": 3, "score": 1.0},
]
OPTIONS = BuildOptions(shard_size=2)


def build_cheaply(inputs, output, shard_size=2):
    nlp = blank_with(own_voice=False)
    nlp.get_pipe("xl_projector").use(
        translator=lambda texts, **languages: list(texts),
        annotator=lambda texts: [[] for _ in texts],
        aligner=lambda pairs, **languages: [[] for _ in pairs],
    )
    options = BuildOptions(shard_size=shard_size)
    return build(inputs, output, nlp, options, Selection(dev_rate=0))


def shards(folder):
    """Everything but the manifest, which names the input."""
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for name in ("train", "parts")
        for path in folder.glob(f"{name}/*")
    }


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "texts.parquet"
    parquet.write_table(pa.Table.from_pylist(ROWS), file)
    return file


@pytest.fixture
def bucket(request):
    yield UPath(f"memory://{request.node.name}")
    bucket = UPath(f"memory://{request.node.name}")
    if bucket.exists():
        bucket.rmdir(recursive=True)


def test_rows_are_read_as_lines_are(table):
    nlp = blank_with()
    docs = list(read_docs(str(table), nlp, "en"))
    assert [doc.text for doc in docs] == [row["text"] for row in ROWS]
    assert docs[0]._.xl_translations[0]["text"] == "Ana laughed."
    assert docs[1]._.xl_translations is None
    assert [
        doc.user_data[key] for doc in docs for key in doc.user_data if key[1] == "xl_record"
    ] == [
        {"id": 1},
        {"score": 0.5},
        {"id": 3, "score": 1.0},
    ]


def test_labelled_rows(tmp_path):
    rows = [
        {"text": "Ana riu.", "ents": [{"start": 0, "end": 3, "label": "PER"}]},
        {"text": "Chove.", "ents": []},
    ]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "gold.parquet")
    docs = list(read_gold(tmp_path / "gold.parquet", blank_with(), "pt"))
    assert [[(e.text, e.label_) for e in doc.ents] for doc in docs] == [[("Ana", "PER")], []]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "a"}, {"text": None}], r'bad\.parquet, row 2: no "text"'),
        ([{"body": "a"}], r'bad\.parquet, row 1: no "text"'),
        ([{"text": b"\xff"}], r"bad\.parquet, row 1: b'\\xff' is bytes"),
        ([{"text": "a", "translation": 3}], r'row 1: "translation" is not a string'),
        (b"PAR1 no table PAR1", "is not a complete .parquet file"),
        (b"", "is not a complete .parquet file"),
    ],
)
def test_bad_rows_are_named(tmp_path, rows, message):
    file = tmp_path / "bad.parquet"
    if isinstance(rows, bytes):
        file.write_bytes(rows)
    else:
        parquet.write_table(pa.Table.from_pylist(rows), file)
    with pytest.raises(InputError, match=message):
        list(read_docs(str(file), blank_with(), "en"))


def test_without_pyarrow_the_extra_is_named(table, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    result = xlner("build", table, tmp_path / "s", "--lang", "pt")
    assert result.exit_code == 1
    assert "[parquet]" in result.stderr


def test_the_same_build_from_and_to_a_url(table, tmp_path, bucket):
    lines = "".join(json.dumps({"text": row["text"]}) + "\n" for row in ROWS)
    (tmp_path / "texts.jsonl").write_text(lines)
    (bucket / "texts.jsonl").write_text(lines)
    (bucket / "texts.parquet").write_bytes(table.read_bytes())
    for name in ("texts.jsonl", "texts.parquet"):
        here = tmp_path / f"{name}.silver"
        build_cheaply([tmp_path / name], here)
        there = bucket / f"{name}.silver"
        build_cheaply([str(bucket / name)], str(there))
        assert shards(here) == shards(there)
        assert len(shards(there)) == 3
        manifest = read_manifest(there)
        assert manifest["complete"]
        assert manifest["settings"]["inputs"] == [str(bucket / name)]
        assert manifest["counts"] == read_manifest(here)["counts"]


def test_a_build_at_a_url_goes_on(bucket, tmp_path):
    (bucket / "texts.txt").write_text("Um.\nDois.\nTrês.\n")
    place = bucket / "silver"
    build_cheaply([str(bucket / "texts.txt")], str(place), 1)
    before = {path.name: path.stat() for path in place.glob("parts/*")}
    (place / "parts" / "00001.json").unlink()
    (place / "manifest.json").write_text(
        json.dumps({**read_manifest(place), "complete": False}, ensure_ascii=False)
    )
    build_cheaply([str(bucket / "texts.txt")], str(place), 1)
    assert read_manifest(place)["complete"]
    assert {path.name for path in place.glob("parts/*")} == set(before)
    (place / "train" / "00002.spacy").write_bytes(b"cut")
    with pytest.raises(InputError, match=r"00002\.spacy has 3 bytes"):
        build_cheaply([str(bucket / "texts.txt")], str(place), 1)
    with pytest.raises(InputError, match="begun with other settings"):
        build_cheaply([str(bucket / "texts.txt")], str(place), 2)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://nowhere/texts.jsonl", "texts.jsonl does not exist"),
        ("nosuch://bucket/texts.jsonl", "nothing here reads nosuch://"),
        ("s3://bucket/texts.jsonl", "pip install s3fs"),
    ],
)
def test_urls_that_cannot_be_read_are_named(tmp_path, url, message):
    result = xlner("build", url, tmp_path / "s", "--lang", "pt", "-q")
    assert result.exit_code == 1
    assert url.partition("/texts")[0] in result.stderr
    assert message in result.stderr


def test_a_file_url_is_a_path(tmp_path):
    (tmp_path / "texts.txt").write_text("Chove.\n")
    build_cheaply([f"file://{tmp_path}/texts.txt"], f"file://{tmp_path}/silver")
    assert (tmp_path / "silver" / ".lock").exists()
    assert read_manifest(tmp_path / "silver")["settings"]["inputs"] == [f"{tmp_path}/texts.txt"]
