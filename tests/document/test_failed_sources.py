"""Which sources failed on a text, and which texts failed."""

from __future__ import annotations

from collections import Counter

import pytest
import spacy

from xlner_spacy import give_translation
from xlner_spacy.document.attributes import add_problem
from xlner_spacy.document.failed_sources import (
    count_sources,
    failed_on,
    has_failed,
    lost_sources,
    sources,
)

ERROR = ("translate", "error", "RuntimeError: no such file: 'de'")


def doc_of(*langs, problems=()):
    """A Doc with translations that are annotated, and problems (stage, reason, detail, language)."""
    doc = spacy.blank("pt").make_doc("Ana canta.")
    for lang in langs:
        give_translation(doc, "Ana sings.", lang=lang, entities=[(0, 3, "PER")])
    for stage, reason, detail, lang in problems:
        add_problem(doc, stage, reason, detail, lang=lang)
    return doc


def test_a_source_without_a_translation_has_failed():
    doc = doc_of("en", problems=[(*ERROR, "de")])
    assert sources(doc) == {"en": "", "de": "translate: error (RuntimeError)"}
    assert not has_failed(doc)
    give_translation(doc, " ", lang="fr")
    assert sources(doc)["fr"] == "translate: empty translation"


def test_an_annotator_that_raised_or_is_missing_has_failed():
    for problem, why in (
        (("annotate", "error", "ValueError: x", "de"), "annotate: error (ValueError)"),
        (("annotate", "overlapping source entities", "Ana", "de"), ""),
        (("translate", "empty translation", "A sentence.", "de"), ""),
    ):
        assert sources(doc_of("en", "de", problems=[problem])) == {"en": "", "de": why}
    doc = give_translation(doc_of("en"), "Ana singt.", lang="de")
    add_problem(doc, "annotate", "no annotator for its language", "de", lang="de")
    assert sources(doc)["de"] == "annotate: no annotator for its language"


def test_codes_of_one_language_are_one_source():
    assert list(sources(doc_of("zh", problems=[("annotate", "error", "E: x", "zh-Hans")]))) == [
        "zh"
    ]


def test_what_is_no_source():
    # A text with nothing in it, a back-translation, and what is said of all of the text.
    problems = [
        ("translate", "empty text", "", "en"),
        ("translate", "error", "E: x", "pt"),
        ("align", "error", "E: x", ""),
    ]
    assert sources(doc_of("pt", problems=problems)) == {}


@pytest.mark.parametrize(
    ("langs", "problems", "failed"),
    [
        (["en"], [], False),
        ([], [(*ERROR, "en")], True),
        ([], [(*ERROR, "en"), (*ERROR, "de")], True),
        ([], [(*ERROR, "en"), ("translate", "empty translation", "", "de")], True),
        ([], [("translate", "empty translation", "", "de")], False),
        (["en"], [("listen", "error", "E: x", "")], False),
        (["en"], [("align", "error", "E: x", "")], True),
        # translate-train: the translator into the language of the text.
        (["en"], [("translate", "error", "E: x", "pt")], True),
    ],
)
def test_whether_an_error_has_cost_a_text_its_entities(langs, problems, failed):
    assert has_failed(doc_of(*langs, problems=problems)) == failed


def test_a_source_that_failed_on_all_is_named_if_another_did_not():
    asked, failed = Counter(), Counter()
    for detail in ("ValueError: x", "RuntimeError: y", "RuntimeError: z"):
        count_sources(doc_of("en", problems=[("translate", "error", detail, "de")]), asked, failed)
    assert asked == {"en": 3, "de": 3}
    assert failed_on("de", failed) == {
        "translate: error (RuntimeError)": 2,
        "translate: error (ValueError)": 1,
    }
    (what,) = lost_sources(asked, failed)
    assert what == (
        "The source 'de' failed on every text (3), most often by 'translate: error "
        "(RuntimeError)'. The others decided without it."
    )
    count_sources(doc_of("en", "de"), asked, failed)
    assert lost_sources(asked, failed) == []
    assert lost_sources({"de": 3}, failed) == []
    assert lost_sources({}, {}) == []
