"""Candidates: n-grams with their limits, spans of a target-side NER, unions."""

from __future__ import annotations

from itertools import pairwise

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import tiny_models
from tests.shared import blank_with
from xlner_spacy import give_translation
from xlner_spacy.annotators.huggingface_ner import HuggingFaceNER
from xlner_spacy.annotators.spacy_pipeline import SpacyPipeline
from xlner_spacy.candidates.ner_spans import NERSpans
from xlner_spacy.candidates.ngrams import Ngrams
from xlner_spacy.candidates.union import Union
from xlner_spacy.document.span_groups import candidates
from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.types import Bitext, Link


def bitext(target, entities=((0, 1),), links=(), labels=("PER",), lang="pt"):
    """A target text of words between spaces, and a source text of ten words."""
    words = target.split(" ")
    links = [Link(*link) for link in links]
    return Bitext(["s"] * 10, words, list(entities), links, list(labels), "en", lang)


def texts(given, spans):
    return [given.target_text(*span) for span in spans]


def all_linked(target, **kwargs):
    return bitext(target, links=[(0, n, 1.0) for n in range(len(target.split(" ")))], **kwargs)


def test_all_ngrams_of_the_text_for_every_entity():
    given = bitext("a b c", entities=[(0, 1), (2, 3)])
    expected = ["a", "a b", "b", "b c", "c"]
    (spans,) = Ngrams(max_length=2, linked_edges=False)([given])
    assert [texts(given, own) for own in spans] == [expected, expected]
    ((spans,),) = Ngrams(linked_edges=False, min_length=2)([bitext("a b c")])
    assert texts(given, spans) == ["a b", "a b c", "b c"]


def test_a_blank_token_is_no_edge():
    given = Bitext(["s"], ["a", "\n", "b"], [(0, 1)], [])
    assert Ngrams(linked_edges=False)([given]) == [[[(0, 1), (0, 3), (2, 3)]]]


def test_stop_words_at_the_edges_and_inside():
    given = all_linked("de Sri Lanka e")
    ((spans,),) = Ngrams(stop_word_edges=False)([given])
    assert texts(given, spans) == ["Sri", "Sri Lanka", "Lanka"]
    given = all_linked("Casa de Câmara e Cadeia")
    ((spans,),) = Ngrams(stop_word_edges=False, max_stop_words=1, min_length=2)([given])
    assert texts(given, spans) == ["Casa de Câmara", "Câmara e Cadeia"]


@pytest.mark.parametrize("lang", ["gn", "xx", ""])
def test_without_a_list_no_word_is_a_stop_word(lang):
    given = all_linked("de Maria", lang=lang)
    assert len(Ngrams(stop_word_edges=False)([given])[0][0]) == 3


@pytest.mark.parametrize(
    ("target", "sentence", "clause"),
    [
        ("Ana , Rui", ["Ana", "Ana , Rui", "Rui"], ["Ana", "Rui"]),
        ("Ana . Rui", ["Ana", "Rui"], ["Ana", "Rui"]),
        ("李白 。 杜甫", ["李白", "杜甫"], ["李白", "杜甫"]),
        ("李白 、 杜甫", ["李白", "李白 、 杜甫", "杜甫"], ["李白", "杜甫"]),
        ("علي ؟ عمر", ["علي", "عمر"], ["علي", "عمر"]),
        ("राम । सीता", ["राम", "सीता"], ["राम", "सीता"]),
        ("Rui ( Ana", ["Rui", "Rui ( Ana", "Ana"], ["Rui", "Ana"]),
        ("U.S. Army", ["U.S.", "U.S. Army", "Army"], ["U.S.", "U.S. Army", "Army"]),
    ],
)
def test_candidates_do_not_cross_punctuation_of_any_script(target, sentence, clause):
    names = {n for n, word in enumerate(target.split(" ")) if len(word) > 1}
    given = bitext(target, links=[(0, n, 1.0) for n in names])
    for within, expected in (("sentence", sentence), ("clause", clause)):
        ((spans,),) = Ngrams(within=within)([given])
        assert texts(given, spans) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8))
def test_stricter_settings_only_take_away(words):
    given = Bitext(["s"], words, [(0, 1)], [Link(0, n, 1.0) for n in range(len(words))])
    (text,), (sentence,), (clause,) = (
        Ngrams(within=within)([given])[0] for within in ("text", "sentence", "clause")
    )
    assert set(clause) <= set(sentence) <= set(text)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("min_length", 0), ("min_length", 11), ("max_stop_words", -1), ("within", "word")],
)
def test_wrong_settings_of_ngrams(setting, value):
    with pytest.raises(SetupError, match=setting):
        Ngrams(**{setting: value})


@pytest.fixture(scope="module")
def ruler():
    nlp = spacy.blank("pt")
    patterns = [
        {"label": "PER", "pattern": "Maria da Silva"},
        {"label": "LOC", "pattern": "Lisboa"},
        {"label": "DATE", "pattern": "segunda"},
    ]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    return nlp


@pytest.mark.models
def test_spans_of_an_ner(ruler):
    given = bitext(
        "Maria da Silva vive em Lisboa", entities=[(0, 1), (2, 3)], labels=["PER", "ORG"]
    )
    ner = SpacyPipeline(ruler)
    everything = [(0, 3), (5, 6)]
    assert NERSpans(ner)([given]) == [[everything, everything]]
    assert NERSpans(ner, match_labels=True)([given]) == [[[(0, 3)], []]]
    ((spans, _),) = NERSpans(ner, sub_ranges=True, match_labels=True)([given])
    assert spans == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


@pytest.mark.models
def test_spans_that_the_label_map_drops_are_none(ruler):
    given = bitext("Maria da Silva vem segunda")
    assert NERSpans(SpacyPipeline(ruler, labels={"PER": "PER"}))([given]) == [[[(0, 3)]]]


def test_mentions_are_widened_to_whole_words():
    given = Bitext(["s"], ["(Lisboa)", "d'", "Arc"], [(0, 1)], [], ["LOC"], target_spaces=[1, 0, 0])
    assert given.target_text() == "(Lisboa) d'Arc"
    for mention, span in (
        ((1, 7), (0, 1)),
        ((9, 14), (1, 3)),
        ((11, 14), (2, 3)),
        ((3, 10), (0, 2)),
    ):
        assert NERSpans(lambda texts, m=mention: [[(*m, "LOC")]])([given]) == [[[span]]]
    assert NERSpans(lambda texts: [[(8, 9, "LOC")]])([given]) == [[[]]]


def test_each_text_is_read_once_in_a_batch():
    asked = []

    def ner(texts):
        asked.extend(texts)
        return [[] for _ in texts]

    NERSpans(ner)([bitext("a b"), bitext("a b"), bitext("c")])
    assert asked == ["a b", "c"]
    with pytest.raises(BackendError, match="0 answers for 1"):
        NERSpans(lambda texts: [])([bitext("a")])


def test_spans_of_a_huggingface_model(tmp_path):
    ner = HuggingFaceNER(str(tiny_models.ner(tmp_path / "ner")))
    given = bitext("Maria vive em Lisboa", labels=["LOC"])
    assert NERSpans(ner, match_labels=True)([given]) == [[[(3, 4)]]]


def test_union_has_every_span_once_in_order():
    given = bitext("a b c", links=[(0, 1, 1.0)])
    every = Ngrams(linked_edges=False, max_length=1)
    parts = {"links": Ngrams(), "all": every, "ner": NERSpans(lambda texts: [[(0, 3, "PER")]])}
    assert Union(parts)([given]) == [[[(0, 1), (0, 2), (1, 2), (2, 3)]]]
    with pytest.raises(SetupError, match="at least one"):
        Union({})
    with pytest.raises(BackendError, match="'broken'"):
        Union({"broken": lambda bitexts: [[]]})([given])


CONFIG = {
    "candidates": {
        "@xl_candidates": "xlner.Union.v1",
        "generators": {
            "links": {"@xl_candidates": "xlner.Ngrams.v1", "within": "clause"},
            "ner": {
                "@xl_candidates": "xlner.NERSpans.v1",
                "ner": {"@xl_annotators": "xlner.SpacyPipeline.v1", "model": ""},
                "match_labels": True,
            },
        },
    },
    "measure": {
        "@xl_measures": "xlner.WeightedSum.v1",
        "weights": {"links": 3.0},
        "measures": {
            "links": {"@xl_measures": "xlner.LinkF1.v1"},
            "characters": {"@xl_measures": "xlner.CharacterSimilarity.v1"},
        },
    },
}


@pytest.mark.models
def test_blocks_within_blocks_in_a_config_and_on_disk(ruler, tmp_path):
    ruler.to_disk(tmp_path / "ruler")
    CONFIG["candidates"]["generators"]["ner"]["ner"]["model"] = str(tmp_path / "ruler")
    nlp = blank_with(**CONFIG)
    nlp.to_disk(tmp_path / "model")
    for pipeline in (nlp, spacy.load(tmp_path / "model")):
        doc = pipeline.make_doc("Em Lisboa vive Maria da Silva.")
        english = "Maria da Silva lives in Lisbon."
        give_translation(doc, english, entities=[(0, 14, "PER"), (24, 30, "LOC")])
        doc = pipeline(doc)
        assert [e.text for e in doc.ents] == ["Lisboa", "Maria da Silva"]
        spans = {(c["start"], c["end"]) for c in candidates(doc) if c["entity"] == 0}
        assert (3, 6) in spans
        assert all(b["start"] >= a["end"] for a, b in pairwise(doc._.xl_entities))
