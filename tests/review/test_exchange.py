"""Files of Label Studio, doccano and Prodigy: there and back, whatever the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.review.decisions import Review
from xlner_spacy.review.exchange.file_formats import (
    FORMATS,
    Imported,
    advice,
    texts_to_export,
    written,
)
from xlner_spacy.review.exchange.labelled_text import LabelledText, Utf16, of_silver

HARD = st.one_of(
    st.sampled_from(
        [
            "👨🏻‍🚒 ",
            "😀",
            "é",
            "é",
            "مرحبا ",
            "שלום ",
            "नमस्ते ",
            "\r\n",
            "\n",
            "  ",
            "𝒳",
            "\u202e",
            "<b>",
            '"',
            "\\n",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
NAMES = st.sampled_from(["PER", "LOC", "O'Neill & <i>", "Ünï 標籤"])


@st.composite
def labelled_texts(draw):
    text = "".join(draw(st.lists(HARD, min_size=1, max_size=8)))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    parts = [(a, b, draw(NAMES)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    return LabelledText(text, parts, words=[(0, len(text))] if text else [])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(labelled_texts(), min_size=1, max_size=3))
def test_there_and_back(tmp_path_factory, name, texts):
    file = tmp_path_factory.getbasetemp() / f"round.{name}.json"
    file.write_bytes(written(texts, name))
    found = FORMATS[name].read(file)
    assert [(text, sorted(parts)) for _, text, parts in found.texts] == [
        (own.text, sorted(own.parts)) for own in texts
    ]
    assert not found.skipped


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_units_are_those_of_javascript(text):
    counted = Utf16(text)
    for point in range(len(text) + 1):
        assert counted.units(point) == len(text[:point].encode("utf-16-le")) // 2
        assert counted.point(counted.units(point)) == point


TEXT = "👨🏻‍🚒 firemen drive firetrucks"  # of doccano issue 2290 and label-studio issue 4988


def test_each_tool_counts_as_its_users_have_seen():
    start = TEXT.index("firetrucks")
    text = LabelledText(TEXT, [(start, start + 10, "THING")], words=[(0, 4), (start, start + 10)])
    (task,) = json.loads(written([text], "label-studio"))
    value = task["annotations"][0]["result"][0]["value"]
    assert (value["start"], value["end"], value["text"]) == (start, start + 10, "firetrucks")
    line = json.loads(written([text], "doccano"))
    assert line["label"] == [[start + 3, start + 13, "THING"]]  # three characters of two units
    (span,) = json.loads(written([text], "prodigy"))["spans"]
    assert (span["start"], span["token_start"], span["token_end"]) == (start, 1, 1)


def test_silver_labels_are_predictions(silver, silver_folder):
    texts = texts_to_export(silver_folder, None)
    assert texts == [of_silver(text) for text in silver.texts]
    task = json.loads(written(texts, "label-studio"))[0]
    assert "annotations" not in task
    (prediction,) = task["predictions"]
    assert prediction["score"] == 0.8
    assert [region["score"] for region in prediction["result"]] == [0.9, 0.8]
    assert '<Label value="LOC"/>' in advice(texts, "label-studio")
    assert "answer" not in json.loads(written(texts, "prodigy").splitlines()[0])


@pytest.mark.parametrize("name", FORMATS)
def test_reviewed_texts_come_back_into_a_review(silver, tmp_path, name):
    first = Review(silver, tmp_path / "ana.jsonl", "Ana")
    for text in silver.texts[:3]:
        first.decide(text.key, text.silver[:1], done=True, action="accept")
    first.close()
    texts = texts_to_export(tmp_path / "ana.jsonl", "pt")
    (tmp_path / "out").write_bytes(written(texts, name))
    second = Review(silver, tmp_path / "ben.jsonl", "Ben")
    result = Imported(second, tmp_path / "out", name)
    assert (result.taken, result.changed, result.moved) == (3, 3, [])
    assert Imported(second, tmp_path / "out", name).changed == 0
    second.close()
    assert (tmp_path / "ben.jsonl").read_bytes() == (tmp_path / "ana.jsonl").read_bytes()


def imported(silver, tmp_path, name, content):
    (tmp_path / "in").write_text(content, "utf8")
    review = Review(silver, tmp_path / "gold.jsonl", "Ana")
    try:
        return Imported(review, tmp_path / "in", name), review
    finally:
        review.close()


def test_what_is_not_reviewed_there_is_counted(silver, tmp_path):
    text = silver.texts[0].text
    lines = [{"text": text, "spans": [], "answer": own} for own in ("reject", "ignore")]
    lines += [{"text": text, "spans": []}]
    content = "\n".join(map(json.dumps, lines))
    result, review = imported(silver, tmp_path, "prodigy", content)
    assert result.taken == 0
    assert result.skipped == {"answer 'reject'": 1, "answer 'ignore'": 1, "answer None": 1}
    region = {"type": "labels", "value": {"start": 2, "end": 11, "labels": ["ORG"]}}
    tasks = [
        {"data": {"text": text}, "annotations": [{"result": [], "was_cancelled": True}]},
        {
            "data": {"text": silver.texts[1].text},
            "annotations": [
                {"result": [], "updated_at": "2026-01-01"},
                {"result": [region, {"type": "choices"}], "updated_at": "2026-01-02"},
            ],
        },
    ]
    result, review = imported(silver, tmp_path, "label-studio", json.dumps(tasks))
    assert result.taken == 1
    assert sum(result.skipped.values()) == 2
    assert review.entities(silver.texts[1].key) == ((1, 2, "ORG"),)
    assert result.moved == ["president"]  # "presidente", cut by hand


def test_old_label_studio_counted_units(silver, tmp_path):
    text = silver.texts[2].text
    assert text[17:28] == "😀 Tudo bem?"[0:11]
    start = text.index("Tudo")
    region = {
        "type": "labels",
        "value": {"start": start + 1, "end": start + 5, "text": "Tudo", "labels": ["PER"]},
    }
    task = {"data": {"text": text}, "annotations": [{"result": [region]}]}
    _, review = imported(silver, tmp_path, "label-studio", json.dumps([task]))
    (entity,) = review.entities(silver.texts[2].key)
    assert silver.texts[2].part(entity) == (start, start + 4, "PER")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("label-studio", "[{", "not JSON"),
        ("label-studio", "{}", "no list"),
        ("label-studio", '[{"data": {}}]', 'task 1: no "text"'),
        (
            "label-studio",
            '[{"data": {"text": "x"}, "annotations": [{"result": [{"type": "labels", "value": {"start": 0, "end": 1, "text": "y", "labels": ["A"]}}]}]}]',
            "not 'y'",
        ),
        (
            "label-studio",
            '[{"data": {"text": "x"}, "annotations": [{"result": []}]}]',
            "'x' is not in",
        ),
        ("doccano", '{"text": "x"}', "line 1: .*no list"),
        ("doccano", '{"text": "😀x", "label": [[1, 3, "A"]]}', "no offsets in UTF-16"),
        ("doccano", '{"text": "x", "label": [[0, 1]]}', "is no label"),
        ("prodigy", '{"text": "x", "spans": [3], "answer": "accept"}', "is no span"),
        ("prodigy", '\n{"text": 3}', "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(silver, tmp_path, name, content, message):
    with pytest.raises(InputError, match=message) as error:
        imported(silver, tmp_path, name, content)
    assert str(tmp_path / "in") in error.value.message


def test_prodigy_needs_words(tmp_path):
    (tmp_path / "g.jsonl").write_text('{"text": "A b", "ents": []}\n')
    with pytest.raises(SetupError, match="words") as error:
        written(texts_to_export(tmp_path / "g.jsonl", None), "prodigy")
    assert "--lang" in error.value.hint
    with pytest.raises(SetupError, match="no format 'brat'"):
        written([], "brat")
