"""`xlner report`: what a reader of the page finds, from a real build and real metrics."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import spacy

from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.model import evaluate_model
from xlner_spacy.reports.highlights import Mark, pieces
from xlner_spacy.reports.inputs import named_files, read_metrics
from xlner_spacy.reports.report_page import render_report
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.manifest import read_manifest
from xlner_spacy.silver.selection import Selection

TEXTS = [
    "A Petrobras abriu um escritório em Maputo.",
    "O presidente Luiz Inácio Lula da Silva recebeu António Guterres em Brasília.",
    "A <script>alert(1)</script> Petrobras & o <b>João Pacheco</b> foram ao Porto.",
    "A Maria vive em Lisboa desde março.",
    "A Petrobras abriu um escritório em Maputo.",
    "Chove.",
]
GOLD = [
    ("A Petrobras abriu em Maputo.", [(2, 11, "ORG"), (21, 27, "LOC")]),
    ("<i> Maputo </i> é bonita.", [(4, 10, "LOC")]),
    ("Chove em Lisboa.", []),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, nlp):
    """A build of six texts: one is there twice."""
    place = tmp_path_factory.mktemp("report")
    (place / "raw.txt").write_text("\n".join(TEXTS), encoding="utf8")
    selection = Selection(min_confidence=0.5, dev_rate=0.0)
    build([place / "raw.txt"], place / "silver", nlp, BuildOptions(), selection)
    return place / "silver"


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """Of a pipeline that takes Petrobras for a place, and Lisboa where gold has nothing."""
    place = tmp_path_factory.mktemp("metrics")
    lines = [{"text": t, "ents": [dict(zip(KEYS, e, strict=True)) for e in es]} for t, es in GOLD]
    (place / "gold.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
    rules = spacy.blank("pt")
    names = ("Petrobras", "Maputo", "Lisboa")
    patterns = [{"label": "LOC", "pattern": name} for name in names]
    rules.add_pipe("entity_ruler").add_patterns(patterns)
    rules.to_disk(place / "rules")
    scores = evaluate_model([str(place / "rules")], place / "gold.jsonl", "pt", quiet=True)
    (place / "rules.json").write_text(json.dumps(scores), encoding="utf8")
    return place / "rules.json"


KEYS = ("start", "end", "label")


def run(*args):
    return xlner("report", *args)


class Page(HTMLParser):
    """The page's text, its table rows, its marks, and whether its tags are balanced."""

    VOID = ("meta", "br", "link", "img")

    def __init__(self, html):
        super().__init__()
        self.open, self.rows, self.text, self.tags = [], [], "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.mark.models
def test_the_page_has_the_counts_the_scores_and_the_texts(folder, metrics, tmp_path):
    out = tmp_path / "report.html"
    result = run(folder, "--metrics", metrics, "--metrics", f"again={metrics}", "--output", out)
    assert result.exit_code == 0, result.output
    html = out.read_text(encoding="utf8")
    page = Page(html)
    rows = [[cell.strip() for cell in row] for row in page.rows]
    assert ["kept for training", "5", "83%"] in rows
    assert ["left out: duplicate", "1", "17%"] in rows
    counts = read_manifest(folder)["counts"]
    assert any(row[:3] == ["LOC", str(counts["train"]["LOC"]), "0"] for row in rows)
    assert ["all labels", *["0.500", "0.667", "0.571"] * 2] in rows
    assert ["ORG", *["0.000"] * 6] in rows
    assert [
        "rules",
        str(metrics.with_name("rules")),
        str(metrics.with_name("gold.jsonl")),
        "3",
        "3",
        "4",
        "2",
    ] in rows
    # The ORG was found as LOC; Lisboa was found where gold has nothing.
    assert ["ORG", "1100%", "00%", "00%", "00%", "1"] in rows
    assert ["no entity", "1100%", "00%", "–", "–", "1"] in rows
    marks = [attrs for tag, attrs in page.tags if tag == "mark"]
    assert any(re.fullmatch(r"confidence 0\.\d\d", mark.get("title", "")) for mark in marks)
    assert "ORG · missed" in page.text
    assert "LOC · wrong" in page.text
    for tag, attrs in page.tags:  # it fetches nothing
        assert tag not in ("script", "link", "img")
        assert not str(attrs.get("href", "#")).startswith("http")
    run(folder, "--metrics", metrics, "--metrics", f"again={metrics}", "--output", out)
    assert out.read_text(encoding="utf8") == html


def test_html_in_texts_names_and_titles_is_text(folder, metrics, tmp_path):
    out = tmp_path / "report.html"
    result = run(folder, "--metrics", f"<u>x={metrics}", "--title", "<i>T</i>", "--output", out)
    assert result.exit_code == 0, result.output
    html = out.read_text(encoding="utf8")
    assert "<h1>&lt;i&gt;T&lt;/i&gt;</h1>" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    for tag in ("<script", "<u>", "<i>T", "<b>João"):
        assert tag not in html


def test_nothing_to_show_and_a_language_that_is_written_from_right_to_left(folder):
    manifest = copy.deepcopy(read_manifest(folder))
    (component,) = manifest["settings"]["components"].values()
    component["target_lang"] = "he"
    html = render_report(manifest, {})
    assert re.search(r'<p class="text" lang="he" dir="rtl">', html)
    assert re.search(r'<p class="text" lang="en" dir="ltr">', html)
    assert "Hebrew (he) from English (en)" in html
    for kind in ("train", "dev", "entities_lost", "source_dropped"):
        manifest["counts"][kind] = {}
    manifest["counts"]["texts"] = {"read": 6, "left out: translate: error": 6}
    page = Page(render_report({**manifest, "examples": [], "least_sure": []}, {}))
    assert ["left out: translate: error", "6", " 100%"] in page.rows
    assert "No entities were kept" in page.text
    assert "Nothing was measured" in page.text
    assert page.text.count("There are none") == 2


def test_metrics_without_interval_confusion_and_errors(folder, metrics, tmp_path):
    old = json.loads(metrics.read_text())
    for key in ("interval", "confusion", "wrong"):
        del old[key]
    old["settings"] = {"task": "projection", "source": "en.conll", "target": "pt.conll"}
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert (
        run(folder, "--metrics", tmp_path / "old.json", "--output", tmp_path / "o.html").exit_code
        == 0
    )
    page = Page((tmp_path / "o.html").read_text(encoding="utf8"))
    assert "not measured" in page.text
    assert "its file has no confusion of labels" in page.text
    assert "its file has no texts with errors" in page.text


def test_a_long_text_is_cut_around_what_is_to_be_seen():
    text = "a " * 1000 + "Lisboa" + " b" * 1000
    cut = pieces(text, [Mark(2000, 2006, "LOC"), Mark(0, 1, "ORG")], around=2000, window=100)
    assert [piece.text for piece in cut if piece.mark] == ["Lisboa"]
    assert (cut[0].text, cut[-1].text) == ("…", "…")
    assert sum(len(piece.text) for piece in cut) == 102
    whole = pieces("Porto e Faro", [Mark(8, 12, "LOC"), Mark(0, 5, "LOC"), Mark(3, 9, "ORG")])
    assert "".join(piece.text for piece in whole) == "Porto e Faro"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        ("{", "not JSON"),
        ('{"precision": 1}', "is not a metrics file"),
        (
            '{"precision": 1, "recall": 1, "f1": 1, "per_type": [], "unlabelled": 1}',
            "not a metrics",
        ),
    ],
)
def test_a_file_that_is_no_metrics_file(folder, tmp_path, content, said):
    file = tmp_path / "m.json"
    if content is not None:
        file.write_text(content)
    result = run(folder, "--metrics", f"m={file}", "--output", tmp_path / "o.html")
    assert result.exit_code == 1
    assert str(file) in result.stderr
    assert said in result.stderr
    assert not (tmp_path / "o.html").exists()
    with pytest.raises(InputError):
        read_metrics(file)


def test_a_folder_that_is_no_build_or_not_finished(folder, tmp_path):
    result = run(tmp_path, "--output", tmp_path / "o.html")
    assert result.exit_code == 1
    assert f"{tmp_path} has no manifest.json" in result.stderr
    assert "xlner build" in result.stderr
    manifest = read_manifest(folder)
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "complete": False}))
    result = run(tmp_path, "--output", tmp_path / "o.html")
    assert result.exit_code == 1
    assert "is not finished" in result.stderr
    assert "Run the same `xlner build` command again" in result.stderr
    result = run(folder, "--output", tmp_path / "nowhere" / "o.html")
    assert result.exit_code == 1
    assert "mkdir -p" in result.stderr


def test_names_of_metrics():
    found = named_files(["a=x/y.json", "x/z.json"])
    assert found == {"a": Path("x/y.json"), "z": Path("x/z.json")}
    with pytest.raises(InputError, match="both named 'y'"):
        named_files(["a/y.json", "y=b.json"])
