"""The pages of languages are those that the command writes, from figures that are there."""

import sys
from pathlib import Path

import srsly

import xlner_spacy

ROOT = Path(xlner_spacy.__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import gallery  # noqa: E402

LANGUAGES = srsly.read_yaml(gallery.LANGUAGES)["languages"]


def test_pages_are_made_from_the_figures():
    for code, page in gallery.pages(LANGUAGES).items():
        assert (gallery.PAGES / f"{code}.md").read_text(encoding="utf8") == page, code


def test_every_page_belongs_to_a_language_and_is_listed():
    pages = {file.stem for file in gallery.PAGES.glob("*.md")}
    assert pages == LANGUAGES.keys()
    listed = (ROOT / "docs" / "languages.md").read_text(encoding="utf8")
    assert all(f"](languages/{code}.md)" in listed for code in pages)


def test_examples_are_marked_where_the_names_are():
    english = srsly.read_yaml(gallery.LANGUAGES)["english"]
    for shown in srsly.read_json(gallery.EXAMPLES).values():
        assert len(shown) <= gallery.SHOWN
        for example in shown:
            labels = sorted(label for _, _, label in example["entities"])
            assert labels == sorted(label for _, label in english[example["number"]])
            assert all(example["text"][start:end].strip() for start, end, _ in example["entities"])


def test_texts_cannot_become_markup():
    shown = [{"text": "<b>x</b> & Lisboa", "english": "<i>", "entities": [[11, 17, "LOC"]]}]
    page = gallery.page("pt", LANGUAGES["pt"], shown)
    assert "&lt;b&gt;x&lt;/b&gt; &amp; <b>Lisboa</b><sub>LOC</sub>" in page
    assert "<i>" not in page
