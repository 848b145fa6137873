"""Whatever is typed: the Doc comes out with its text, its entities valid, and a reason."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlner_spacy.text.languages import tokenizer
from xlner_spacy.text.segments import clean, has_words, sentences

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# spaCy itself takes no lone surrogates.
characters = st.characters(exclude_categories=["Cs"])
scripts = st.sampled_from(
    list("aãB .,;:!?\n\t\r\u200b\u200d\ufeff\x00\x07،؟אبج中文。ไทยनम👩🏽‍🚀①½\u2028\u0301")
)
words = st.sampled_from(["Lisboa", "Petrobras", "a", "de", "Maria", ".", "\n", " ", "S.A.", "n.º"])
free_text = st.one_of(
    st.text(characters, max_size=80),
    st.text(scripts, max_size=80),
    st.lists(words, max_size=30).map(" ".join),
)


def check(doc, text):
    assert doc.text == text
    tokens = [i for ent in doc.ents for i in range(ent.start, ent.end)]
    assert len(tokens) == len(set(tokens))
    assert len(doc._.xl_entities) == len(doc.ents)
    for ent in doc.ents:
        assert ent.text.strip() == ent.text != ""
        assert 0 <= ent._.xl_confidence <= 1
    if not text.strip():
        assert doc._.xl_problems[0]["reason"] == "empty text"
    # Several entities may agree on one place, and one of the text itself may be placed.
    wanted = [
        (n, e["start_char"]) for n, t in enumerate(doc._.xl_translations) for e in t["entities"]
    ]
    lost = [(u["translation"], u["start_char"]) for u in doc._.xl_unplaced if u["translation"] >= 0]
    assert set(lost) <= set(wanted)
    assert len(lost) == len(set(lost)) == len(wanted) or doc.ents or not wanted


@pytest.mark.models
@SETTINGS
@given(free_text)
def test_any_text(nlp, text):
    check(nlp(text), text)


@pytest.mark.models
@SETTINGS
@given(st.lists(free_text, max_size=6))
def test_any_texts_in_order(nlp, texts):
    docs = list(nlp.pipe(texts, batch_size=4))
    for doc, text in zip(docs, texts, strict=True):
        check(doc, text)


@pytest.mark.models
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n\n",
        "Lisboa",
        "😀😀 🎉 👩🏽‍🚀",
        "مرحبا بالعالم من لشبونة",
        "שלום מליסבון",
        "我们去北京。他在上海。",
        "สวัสดีจากกรุงเทพ",
        "A\u200bPetrobras\x00 abriu\x07 em\u200b Maputo.",
        "Lisboa\nPorto\n\nO João vive em Braga.\r\nE a Ana?",
        "<b>Lisboa</b> & Porto &amp; Faro",
        "x" * 5000,
        "Lisboa " * 500,
        " ".join(["a"] * 10_000),
    ],
)
def test_texts_that_nobody_sane_would_type(nlp, text):
    check(nlp(text), text)


@pytest.mark.models
def test_ten_thousand_words(nlp):
    sentence = "A Petrobras abriu um escritório em Maputo e a Maria Silva foi a Lisboa"
    text = " ".join([sentence] * 750)  # not one full stop
    doc = nlp(text)
    assert len(doc) > 10_000
    check(doc, text)
    assert len(doc.ents) > 1500


@pytest.mark.models
def test_no_entity_goes_on_over_a_line_break(nlp):
    doc = nlp("Lisboa\nPorto\n\nO João vive em Braga.")
    assert not any("\n" in ent.text for ent in doc.ents)


@pytest.mark.models
def test_a_word_too_long_to_translate_is_named(nlp):
    doc = nlp("x" * 300 + " é o código. A Petrobras abriu um escritório em Maputo.")
    assert [p["reason"] for p in doc._.xl_problems] == ["word too long to translate"]
    assert [ent.text for ent in doc.ents] == ["Petrobras", "Maputo"]


@settings(max_examples=200, deadline=None)
@given(free_text, st.integers(1, 8))
def test_sentences_cover_every_word_in_order(nlp, text, max_words):
    doc = nlp.make_doc(text)
    parts = sentences(doc, max_words, "pt")
    assert all(a_end <= b_start for (_, a_end), (b_start, _) in itertools.pairwise(parts))
    for start, end in parts:
        span = doc.char_span(start, end)
        assert span is not None
        assert sum(not token.is_space for token in span) <= max_words
    covered = {i for start, end in parts for i in range(start, end)}
    assert all(token.is_space or token.idx in covered for token in doc)


def test_sentence_boundaries_on_the_doc_are_used(nlp):
    doc = nlp.make_doc("um dois três quatro")
    for token in doc:
        token.is_sent_start = token.i in (0, 2)
    assert sentences(doc, 100, "pt") == [(0, 7), (8, 19)]


@pytest.mark.parametrize(
    ("lang", "text", "n"),
    [
        ("pt", "O Sr. Silva chegou às 10h. Foi a pé.", 2),
        ("pt", "Ver art. 5.º da Lei n.º 8.112/90, em vigor.", 1),
        ("sw", "Bw. Juma alifika.", 1),
        ("pt", "Uma linha\noutra linha", 2),
        ("zh", "我们去北京。他说好。", 2),
    ],
)
def test_where_sentences_end(lang, text, n):
    assert len(sentences(tokenizer(lang)(text), 100, lang)) == n


def test_clean_keeps_joiners_and_drops_what_cannot_be_seen():
    assert clean("A\u200bPetro\u00adbras\x00 \n\tabriu\ufeff") == "APetrobras abriu"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert has_words("a")
    assert has_words("中")
    assert has_words("3")
    assert not has_words("😀 —!")
