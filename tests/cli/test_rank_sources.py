"""`xlner sources`: source languages ranked without labels, without a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.shared import xlner
from xlner_spacy.ranking import ranked


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder; no pair of Apertium, and little text to compare."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path))
    monkeypatch.setattr(ranked, "SENTENCES", 4)
    return tmp_path


def rank(*options):
    result = xlner("sources", *options, "-q", "--output", "out.json")
    assert result.exit_code == 0, result.output
    return result, json.loads(Path("out.json").read_text(encoding="utf8"))


def only(*langs):
    return [word for lang in langs for word in ("--source-lang", lang)]


@pytest.mark.models
def test_without_texts(folder):
    result, record = rank("--lang", "gl", *only("zh", "pt", "es", "sw"))
    sources = {source["lang"]: source for source in record["sources"]}
    # Debian has pairs for two; of these, and of the other two, the more alike goes first.
    assert set(list(sources)[:2]) == {"pt", "es"}
    assert sources["pt"]["state"] == "install"
    assert sources["pt"]["likeness"] > sources["zh"]["likeness"]
    alike = [source["likeness"] for source in record["sources"]]
    assert alike[:2] == sorted(alike[:2], reverse=True)
    assert sum(alike) == pytest.approx(1)
    assert record["sentences"] == 4
    assert all(source["agreement"] is None for source in record["sources"])
    assert "apt-get install apertium-pt-gl" in result.stdout
    assert "Nothing translates gl here yet" in result.stdout
    assert "it takes texts of your own" in result.stderr


TEXTS = [
    ("Ana Silva vive em Lisboa.", "Ana Silva lives in Lisbon.", "Ana Silva vive en Lisboa."),
    ("Rui foi a Paris.", "Rui went to Paris.", "Rui fue a París."),
    ("A Nestlé comprou a Garoto.", "Nestlé bought Garoto.", "Nestlé compró Garoto."),
    ("O Brasil venceu a Argentina.", "Brazil beat Argentina.", "Brasil venció a Argentina."),
]


def write(*langs):
    """A file of texts with translations into some languages."""
    known = [{"en": en, "es": es} for _, en, es in TEXTS]
    lines = [
        json.dumps({"text": text, "translations": {lang: own[lang] for lang in langs}})
        for (text, *_), own in zip(TEXTS, known, strict=True)
    ]
    Path("texts.jsonl").write_text("\n".join(lines), encoding="utf8")
    return "texts.jsonl"


@pytest.mark.models
def test_translations_with_the_texts_are_voted_on():
    result, record = rank("--lang", "pt", write("en", "es"), *only("es", "en", "zh"))
    assert {s["lang"]: s["state"] for s in record["sources"]} == {
        **dict.fromkeys(("en", "es"), "given"),
        "zh": "download",
    }
    assert set(record["vote"]["voters"]) == {"en", "es", "the text itself"}
    assert record["vote"]["entities"] >= 6
    *both, last = record["sources"]
    assert (last["lang"], last["agreement"]) == ("zh", None)
    assert both[0]["agreement"] >= both[1]["agreement"] > 0.5
    first, second = (source["lang"] for source in both)
    assert f"--lang pt --source-lang {first} --source-lang {second}\n" in result.stdout


@pytest.mark.models
def test_of_two_voters_nothing_is_told():
    result, record = rank("--lang", "pt", write("es"), *only("es", "zh"))
    assert record["sources"][0]["lang"] == "es"
    assert record["sources"][0]["agreement"] is None
    assert "cannot be told of 2 voters (es, the text itself): it takes 3" in result.stderr


@pytest.mark.models
def test_nothing_is_projected_if_so_wanted():
    _, record = rank("--lang", "pt", write("en", "es"), *only("es", "en"), "--project", "0")
    assert record["vote"] is None


@pytest.mark.models
def test_sentences_of_ones_own(folder):
    """What is compared is the user's: a source that has the very texts is most alike."""
    Path("texts.txt").write_text("\n".join(text for text, *_ in TEXTS), encoding="utf8")
    own = ["--source-texts", "zh=texts.txt"]
    _, record = rank("--lang", "pt", "texts.txt", *only("zh", "de"), *own, "--project", "0")
    alike = {source["lang"]: source["likeness"] for source in record["sources"]}
    assert alike["zh"] > 0.6 > alike["de"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lang", "xx"], "'xx' is not the code of a language"),
        (["--lang", "tlh"], "No sentences of 'tlh' come with the package"),
        (["--lang", "pt", "--source-lang", "pt"], "The source language is the target language"),
        (["--lang", "pt", *only("en", "eng")], "twice"),
        (["--lang", "pt", "nowhere.txt"], "nowhere.txt"),
        (["--lang", "pt", "empty.txt"], "empty.txt has no text with a word in it"),
        (["--lang", "pt", "--source-texts", "en"], "names no language and file"),
        (["--lang", "pt", "--source-texts", "en=empty.txt"], "empty.txt has no text"),
        (
            ["--lang", "pt", "--source-texts", "en=a.txt", "--source-texts", "en=b.txt"],
            "there are two files for 'en'",
        ),
        (["--lang", "pt", "texts.csv"], "cannot read files that end in '.csv'"),
    ],
)
def test_what_cannot_be_ranked(folder, options, message):
    (folder / "empty.txt").write_text("\n \n...\n")
    (folder / "texts.csv").write_text("a")
    result = xlner("sources", *options)
    assert result.exit_code == 1
    assert message in result.stderr
