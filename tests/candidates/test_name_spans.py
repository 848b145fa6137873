"""Candidates by the way names are written, on examples worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlner_spacy.candidates.name_spans import NameSpans
from xlner_spacy.candidates.ngrams import Ngrams
from xlner_spacy.errors import SetupError
from xlner_spacy.types import Bitext, Link


def bitext(source, target, entities, links, labels=None, glued=()):
    """`glued`: target words that no space follows."""
    words = target.split()
    return Bitext(
        source.split(),
        words,
        entities,
        [Link(s, t, 1.0) for s, t in links],
        labels=labels or ["LOC"] * len(entities),
        source_lang="en",
        target_lang="pt",
        target_spaces=[n not in glued for n in range(len(words))],
    )


def texts(bitext, **settings):
    """The texts of each entity's candidates."""
    (found,) = NameSpans(**settings)([bitext])
    return [[bitext.target_text(*span) for span in spans] for spans in found]


def test_no_half_of_a_pair_of_brackets():
    given = bitext(
        "Jeff Knott said",
        "傑夫 諾特 （ Jeff Knott ） 說",
        [(0, 2)],
        [(0, 0), (1, 1), (0, 3), (1, 4)],
    )
    assert texts(given, max_extra=6) == [
        ["傑夫", "傑夫 諾特", "諾特", "Jeff", "Jeff Knott", "Knott"]
    ]
    assert "諾特 （ Jeff Knott" in texts(given, balanced=False)[0]


def test_a_whole_pair_of_brackets_may_be_inside():
    given = bitext("Poole (Dorset) is", "Poole ( Dorset ) é", [(0, 2)], [(0, 0), (1, 3), (1, 2)])
    assert "Poole ( Dorset )" in texts(given)[0]


def test_no_part_of_a_compound():
    # "US-Armee": no spaces about the hyphen.
    given = bitext("the US army", "die US - Armee", [(1, 2)], [(1, 1)], glued=(1, 2))
    assert texts(given) == [[]]
    assert texts(given, whole_compounds=False) == [["US"]]
    # A dash between spaces joins nothing.
    given = bitext("the US army", "die US - Armee", [(1, 2)], [(1, 1)])
    assert texts(given) == [["US"]]
    # All of the compound is linked: it is a candidate as a whole.
    given = bitext("the US army", "die US - Armee", [(1, 3)], [(1, 1), (2, 3)], glued=(1, 2))
    assert texts(given) == [["US-Armee"]]


def test_names_have_capitals_where_the_text_has():
    ottoman = ("the Ottoman army", "o exército otomano de Salônica", [(1, 2)], [(1, 2)])
    assert texts(bitext(*ottoman, labels=["ORG"])) == [[]]
    # Nationalities are written small: another kind of entity.
    assert texts(bitext(*ottoman, labels=["MISC"])) == [["otomano"]]
    assert texts(bitext(*ottoman, labels=["ORG"]), capitalised=[]) == [["otomano"]]


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("vou em lisboa amanhã", "lisboa"),  # no capitals at all
        ("Vou em lisboa . E tu ?", "lisboa"),  # only where sentences begin
        ("A Ana foi a lisbon ontem", "lisbon"),  # the entity itself, in small letters
        ("A Ana foi a 里斯本 ontem", "里斯本"),  # a script without capitals
    ],
)
def test_sloppy_writing_loses_no_name(target, place):
    at = target.split().index(place)
    given = bitext("I go to Lisbon", target, [(3, 4)], [(3, at)])
    assert texts(given) == [[place]]


def test_length_follows_the_entity():
    target = " ".join(["X"] * 40)
    links = [(0, 0), (1, 11), (2, 39)]
    given = bitext(target, target, [(0, 3)], links)
    assert [end - start for start, end in NameSpans()([given])[0][0]] == [1, 12, 1, 1]
    assert [end - start for start, end in NameSpans(max_extra=5)([given])[0][0]] == [1, 1, 1]
    # Tokens are smaller in the target language, by a factor of 40 / 13: 18 words instead of 6.
    given = bitext(" ".join(["X"] * 13), target, [(0, 3)], [(0, 0), (1, 17), (2, 39)])
    assert (0, 18) in NameSpans(max_extra=0)([given])[0][0]


words = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8)


@given(words, st.data())
def test_any_text_gives_some_of_the_ngrams(target, data):
    word = st.integers(0, len(target) - 1)
    links = data.draw(st.lists(st.tuples(st.integers(0, 2), word, st.floats(0.01, 1))))
    spaces = data.draw(st.lists(st.booleans(), min_size=len(target), max_size=len(target)))
    given = Bitext(
        ["A", "b", "C"],
        target,
        [(0, 1), (1, 3)],
        [Link(*link) for link in links],
        labels=["PER", "MISC"],
        target_spaces=spaces,
    )
    (names,), (ngrams,) = NameSpans()([given]), Ngrams(max_length=100)([given])
    assert all(set(a) <= set(b) for a, b in zip(names, ngrams, strict=True))


def test_bad_settings():
    with pytest.raises(SetupError, match="max_extra"):
        NameSpans(max_extra=-1)
    with pytest.raises(SetupError, match="max_extra"):
        NameSpans(max_extra="6")
    for labels in ("PER", [1], None):
        with pytest.raises(SetupError, match=r"capitalised=.* is not a list of labels"):
            NameSpans(capitalised=labels)
