"""Marking entities for a translator, and finding them again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy.text.markers import (
    STYLES,
    Marked,
    assign,
    free_style,
    mark,
    translate_marked,
    unmark,
)
from xlner_spacy.text.segments import clean


def recovered(text, style="brackets"):
    plain, spans = unmark(text, style)
    return plain, [plain[start:end] for start, end in spans]


def test_markers_stand_round_the_entities():
    text = "Petrobras opened an office in Maputo."
    assert mark(text, [(0, 9), (30, 36)]) == "[Petrobras] opened an office in [Maputo]."
    assert mark(text, [(29, 36)], "parentheses") == "Petrobras opened an office in (Maputo)."
    assert mark(text, [(9, 10)]) == text  # nothing visible to mark


@pytest.mark.parametrize(
    ("translated", "plain", "spans"),
    [
        (
            "A [Petrobras] abriu em [Maputo].",
            "A Petrobras abriu em Maputo.",
            ["Petrobras", "Maputo"],
        ),
        # spaced
        (
            "A [ Petrobras ] abriu em [ Maputo ].",
            "A Petrobras abriu em Maputo.",
            ["Petrobras", "Maputo"],
        ),
        ("A[ Petrobras ]abriu", "A Petrobras abriu", ["Petrobras"]),
        # lost: the first one's end, the second one's beginning
        ("A [Petrobras abriu em [Maputo].", "A Petrobras abriu em Maputo.", ["Maputo"]),
        ("A [Petrobras] abriu em Maputo].", "A Petrobras abriu em Maputo.", ["Petrobras"]),
        ("] A Petrobras abriu [", " A Petrobras abriu ", []),
        # doubled, nested, empty
        ("A [[Petrobras]] abriu.", "A Petrobras abriu.", ["Petrobras"]),
        ("O [Banco de [Portugal]] disse.", "O Banco de Portugal disse.", ["Portugal"]),
        ("A [] Petrobras [ ] abriu.", "A Petrobras abriu.", []),
        ("[União][Europeia]", "UniãoEuropeia", ["União", "Europeia"]),
        ("[", "", []),
        ("", "", []),
    ],
)
def test_markers_are_found_however_the_translator_spoilt_them(translated, plain, spans):
    assert recovered(translated) == (plain, spans)


def test_another_style_is_taken_where_the_text_has_brackets():
    assert free_style("He [sic] said") == "parentheses"
    assert free_style("He (sic) said") == "brackets"
    assert free_style("[a] (b)") == "braces"
    assert free_style("[a] (b) {c}") is None
    with pytest.raises(ValueError, match="of its own"):
        mark("He [sic] said", [(0, 2)])


@st.composite
def marked_texts(draw):
    """A text with spans that begin and end with something visible."""
    text = draw(st.text(max_size=60))
    edges = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    return text, [(s, e) for s, e in spans if s < e and text[s:e] == text[s:e].strip()]


@given(marked_texts(), st.sampled_from(sorted(STYLES)))
def test_what_was_marked_comes_back_exactly(marked, preferred):
    text, spans = marked
    style = free_style(text, preferred)
    if style is not None:
        assert unmark(mark(text, spans, style), style) == (text, spans)


@given(st.text(alphabet="[] ab\n", max_size=40))
def test_no_marker_stays_and_no_word_is_lost(text):
    plain, spans = unmark(text)
    assert not set("[]") & set(plain)
    assert plain.replace(" ", "").replace("\n", "") == "".join(c for c in text if c in "ab")
    assert all(plain[s:e] == plain[s:e].strip() != "" for s, e in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_the_best_match_is_made_first_and_each_but_once():
    def assigned(entities, spans, *settings):
        return assign([[name] for name in entities], spans, *settings)

    # With the paper's code the last over the threshold wins: both entities would be "Portugal".
    assert assigned(["Banco de Portugal", "Portugal"], ["Portugal", "Banco Portugal"]) == [1, 0]
    # Two that are alike go in the order of the text.
    assert assigned(["Brasil", "Brasil"], ["Brasil", "Brasil"]) == [0, 1]
    assert assigned(["das Nações Unidas"], ["Nações Unidas"]) == [0]
    assert assigned(["LISBOA"], ["Lisboa"]) == [0]
    assert assigned(["Lisboa", "Porto"], ["Porto"]) == [None, 0]
    assert assigned(["Lisboa"], ["Paris"], 0.5) == [None]
    assert assigned([], ["Paris"]) == []


def test_a_span_that_says_something_else_is_no_entitys():
    assert assign([["Rome", "Roma"]], ["Foo"]) == [None]
    assert assign([["Rome", "Roma"]], ["Foo"], 0) == [0]
    # Another name of the same is often less than half alike.
    assert assign([["Nações Unidas", "United Nations"]], ["ONU"], 0.3) == [None]
    assert assign([["Países Baixos", "Netherlands"]], ["Holanda"]) == [0]


def test_a_name_that_was_copied_is_known_again():
    # Alone "NATO" becomes "OTAN", in the sentence it stayed as it was.
    names = [["EUA", "USA"], ["OTAN", "NATO"]]
    assert assign(names, ["NATO", "Estados Unidos"], 0) == [1, 0]
    # What that costs: an abbreviation is not like what it stands for.
    assert assign(names, ["NATO", "Estados Unidos"]) == [None, 0]


def test_each_distinct_text_is_translated_once_in_one_call():
    calls = []

    def translate(texts):
        calls.append(texts)
        return [text.replace("Lisbon", "Lisboa").replace("in ", "em ") for text in texts]

    one = Marked("in Lisbon", ((3, 9),))
    bracketed = Marked("[1] in Lisbon", ((7, 13),))
    found = translate_marked([one, bracketed, one], translate)
    assert calls == [["in [Lisbon]", "[1] in (Lisbon)", "Lisbon"]]
    assert (found[one].text, found[one].spans) == ("em Lisboa", ((3, 9),))
    assert (found[bracketed].text, found[bracketed].spans) == ("[1] em Lisboa", ((7, 13),))
    assert found[one].similarities == (1.0,)


def test_a_text_that_cannot_be_marked_is_translated_as_it_is():
    piece = Marked("{a} [b] (c) Lisbon", ((12, 18),))
    found = translate_marked([piece], lambda texts: texts)[piece]
    assert (found.text, found.spans) == (piece.text, (None,))


@given(marked_texts())
def test_every_entity_is_found_in_an_answer_that_has_its_markers(marked):
    text, spans = marked
    piece = Marked(text, tuple(spans))
    found = translate_marked([piece], lambda texts: texts)[piece]
    assert len(found.spans) == len(spans)
    for span, (start, end) in zip(found.spans, spans, strict=True):
        visible = clean(text[start:end])
        if free_style(text) is None or not visible:
            assert span is None
        else:
            assert span is not None
            assert found.text[slice(*span)] == visible
