"""Whatever is done to a text, its labels stay on the words that they are of."""

from __future__ import annotations

from collections import Counter
from functools import partial
from random import Random

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.perturbations.texts import doc_of, labels, texts
from xlner_spacy.perturbations.case import change_case, in_case
from xlner_spacy.perturbations.diacritics import strip_diacritics, without_diacritics
from xlner_spacy.perturbations.joining import join
from xlner_spacy.perturbations.labelled import NEW, Edit, edited, labelled
from xlner_spacy.perturbations.names import Name, Names, swap_names
from xlner_spacy.perturbations.ocr import misread, ocr_errors
from xlner_spacy.perturbations.on_docs import read_labels, with_labels
from xlner_spacy.perturbations.punctuation import drop_punctuation
from xlner_spacy.perturbations.shuffling import shuffle_segments
from xlner_spacy.perturbations.typos import mistyped, typos
from xlner_spacy.perturbations.word_breaks import merge_words, split_words
from xlner_spacy.perturbations.word_draws import WordsByTag, replace_words, tags

NLP = spacy.blank("xx")
NAMES = Names()
for label, words in [("PER", "Ana de Sá"), ("PER", "张 伟"), ("LOC", "Bad Homburg"), ("ORG", "UN")]:
    NAMES.add(label, Name(tuple(words.split()), (True,) * len(words.split())))
WORDS = WordsByTag(Random(0))
WORDS.add_all(
    labelled(["Ana", "Sousa", "foi", "a", "Faro", "."], [True] * 6, [(0, 2, "PER"), (4, 5, "LOC")])
)

# Of one word for one word: each stays in its place.
RESPELLINGS = {
    "lower": change_case,
    "upper": partial(change_case, form="upper"),
    "title": partial(change_case, form="title"),
    "Turkish": partial(change_case, form="upper", lang="tr"),
    "diacritics": strip_diacritics,
    "typos": typos,
    "typos in entities": partial(typos, where="entities", keyboard="azerty"),
    "OCR": ocr_errors,
}
OTHERS = {
    "split": split_words,
    "merge": merge_words,
    "split outside": partial(split_words, where="outside"),
    "punctuation": drop_punctuation,
    "shuffled": shuffle_segments,
    "same type": partial(swap_names, names=NAMES),
    "another type": partial(swap_names, names=NAMES, of="other"),
    "words": partial(replace_words, words=WORDS),
}
ALL = RESPELLINGS | OTHERS
each = pytest.mark.parametrize("change", ALL.values(), ids=ALL)
seeds = st.integers(0, 10_000)
strengths = st.sampled_from([0.2, 0.7, 1.0])
SETTINGS = settings(max_examples=40, deadline=None)


def marks(text):
    """What each word is labelled as: the number of its entity, "unknown" or "outside"."""
    found = ["outside"] * len(text.words)
    for number, (start, end, _) in enumerate(text.entities):
        found[start:end] = [number] * (end - start)
    for start, end in text.unknown:
        found[start:end] = ["unknown"] * (end - start)
    return found


@each
@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_every_word_keeps_its_label(change, text, seed, strength):
    new = change(text, Random(seed), strength)
    assert labels(new) == labels(text)
    before = marks(text)
    for mark, origin in zip(marks(new), new.origins, strict=True):
        assert origin == NEW or mark == before[origin]
    assert change(text, Random(seed), strength) == new
    assert change(text, Random(seed), 0) == text
    assert new.is_same_text(text) or new.words != text.words or new.spaces != text.spaces


@each
@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_the_doc_says_the_same(change, text, seed, strength):
    old = doc_of(NLP, text)
    assert marks(read_labels(old)) == marks(text)
    new = change(text, Random(seed), strength)
    doc = with_labels(old, new)
    assert doc.text == new.text
    assert [(e.start, e.end, e.label_) for e in doc.ents] == list(new.entities)
    known = read_labels(doc)
    assert marks(known) == marks(new)


@pytest.mark.parametrize("change", RESPELLINGS.values(), ids=RESPELLINGS)
@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_words_that_are_respelt_stay_in_their_places(change, text, seed, strength):
    new = change(text, Random(seed), strength)
    assert new.spaces == text.spaces
    assert new.origins == text.origins
    assert new.boundaries == text.boundaries
    assert not new.replaced
    for old, word in zip(text.words, new.words, strict=True):
        assert word == old or not any(map(str.isspace, word))


@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_splitting_and_merging_lose_no_character(text, seed, strength):
    for change in (split_words, merge_words):
        new = change(text, Random(seed), strength)
        assert "".join(new.words) == "".join(text.words)


@SETTINGS
@given(text=texts(), seed=seeds, where=st.sampled_from(["entities", "outside"]))
def test_typos_and_ocr_errors_are_where_they_should_be(text, seed, where):
    for change in (typos, ocr_errors, split_words, merge_words):
        new = change(text, Random(seed), 1.0, where=where)
        inside = {n for start, end, _ in text.entities for n in range(start, end)}
        for number, word in enumerate(text.words):
            if (number in inside) != (where == "entities"):
                assert word in [new.words[n] for n, o in enumerate(new.origins) if o == number]


@SETTINGS
@given(text=texts(), seed=seeds)
def test_only_punctuation_is_dropped(text, seed):
    new = drop_punctuation(text, Random(seed))
    gone = set(range(len(text.words))) - set(new.origins)
    assert not any(c.isalnum() for n in gone for c in text.words[n])
    assert bool(new.words) == bool(text.words)
    for number, (start, end, _) in enumerate(text.entities):
        if any(c.isalnum() for word in text.words[start:end] for c in word):
            assert any(c.isalnum() for c in new.name(number))


@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_a_shuffled_entity_has_its_own_words(text, seed, strength):
    new = shuffle_segments(text, Random(seed), strength)
    for (start, end, _), (begin, stop, _) in zip(text.entities, new.entities, strict=True):
        assert Counter(text.words[start:end]) == Counter(new.words[begin:stop])


@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_names_are_of_the_same_label_and_others_stay(text, seed, strength):
    new = swap_names(text, Random(seed), strength, names=NAMES)
    for number, (start, end, label) in enumerate(new.entities):
        if number in new.replaced:
            assert new.words[start:end] in [name.words for name in NAMES.of(label)]
        else:
            assert new.name(number) == text.name(number)
    other = swap_names(text, Random(seed), 1.0, names=NAMES, of="other")
    assert other.replaced == set(range(len(text.entities)))
    for start, end, label in other.entities:
        assert other.words[start:end] not in [name.words for name in NAMES.of(label)]
    outside = [
        word for word, mark in zip(text.words, marks(text), strict=True) if isinstance(mark, str)
    ]
    assert [
        word for word, mark in zip(new.words, marks(new), strict=True) if isinstance(mark, str)
    ] == outside


@SETTINGS
@given(text=texts(), seed=seeds, strength=strengths)
def test_words_are_replaced_by_words_of_their_tag(text, seed, strength):
    new = replace_words(text, Random(seed), strength, words=WORDS)
    known = {"B-PER": {"Ana"}, "I-PER": {"Sousa"}, "B-LOC": {"Faro"}, "O": {"foi", "a", "."}}
    before = dict(tags(text))
    assert len(new.words) == len(text.words)
    for number, (old, word) in enumerate(zip(text.words, new.words, strict=True)):
        assert word == old or word in known[before[number]]


@SETTINGS
@given(texts(), texts())
def test_joined_texts_have_the_entities_of_both(first, second):
    both = join(first, second)
    assert both.words == first.words + second.words
    assert labels(both) == labels(first) + labels(second)
    names = [text.name(n) for text in (first, second) for n in range(len(text.entities))]
    assert [both.name(n) for n in range(len(both.entities))] == names
    assert marks(both)[: len(first.words)] == marks(first)


def test_a_space_stands_between_joined_texts_where_their_script_has_one():
    def text(words):
        return labelled(words, [False] * len(words))

    assert join(text(["Olá", "."]), text(["Adeus"])).text == "Olá. Adeus"
    assert join(text(["你好", "。"]), text(["再见"])).text == "你好。再见"
    assert join(text([]), text(["Adeus"])).text == "Adeus"


@pytest.mark.parametrize(
    ("word", "form", "lang", "wanted"),
    [
        ("straße", "upper", "", "STRASSE"),
        ("İzmir", "lower", "tr", "izmir"),
        ("ISPARTA", "lower", "tr", "ısparta"),
        ("izmir", "title", "tr", "İzmir"),
        ("l'união", "title", "", "L'união"),
        ("ΟΔΟΣ", "lower", "", "οδος"),
        ("ǆep", "title", "", "ǅep"),
        ("(lisboa)", "title", "", "(Lisboa)"),
        ("北京", "upper", "", "北京"),
        ("हिन्दी", "lower", "", "हिन्दी"),
        ("الرياض", "title", "", "الرياض"),
        ("e\u0301vora", "title", "", "E\u0301vora"),
    ],
)
def test_case(word, form, lang, wanted):
    assert in_case(word, form, lang) == wanted


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("São", "Sao"),
        ("Łódź", "Lodz"),
        ("Đà", "Da"),
        ("e\u0301", "e"),
        ("Θεσσαλονίκη", "Θεσσαλονικη"),
        ("ёлка", "елка"),
        ("مُحَمَّد", "محمد"),
        ("שָׁלוֹם", "שלום"),
        # Their marks are vowels.
        ("हिन्दी", "हिन्दी"),
        ("กรุงเทพ", "กรุงเทพ"),
        ("が", "が"),
        ("서울", "서울"),
        ("①½", "①½"),
        ("\u0301", "\u0301"),
    ],
)
def test_diacritics(word, wanted):
    assert without_diacritics(word) == wanted


def test_typos_hit_about_as_many_letters_as_they_should():
    rng = Random(0)
    hit = sum(mistyped("a", rng, 0.1) != "a" for _ in range(5000))
    assert 450 < hit < 550
    assert mistyped("3,50", Random(0), 1.0) == "3,50"


def test_typos_of_scripts_that_are_on_no_latin_keyboard_use_the_words_own_letters():
    for word in ("Москва", "دمشق", "दिल्ली"):
        found = {mistyped(word, Random(seed), 0.5) for seed in range(20)}
        assert len(found) > 3
        assert all(set(other) <= set(word) for other in found)


def test_ocr_errors_are_those_of_similar_shapes():
    found = {misread("modern", Random(seed), 0.5) for seed in range(50)}
    assert "modem" in found
    assert misread("apos", Random(0), 1.0).endswith("s")
    assert misread("Москва", Random(0), 1.0) == "Москва"


def test_dropped_punctuation_leaves_a_space_where_the_script_has_one():
    words, spaces = (
        ["sim", ",", "não", "/", "talvez", "!"],
        [False, True, False, False, False, False],
    )
    assert drop_punctuation(labelled(words, spaces), Random(0)).text == "sim não talvez"
    chinese = labelled(["他们", "，", "我们", "。"], [False] * 4)
    assert drop_punctuation(chinese, Random(0)).text == "他们我们"


def test_replaced_words_are_not_written_together():
    text = labelled(["Faro", ",", "a", "."], [False, True, False, False], [(0, 1, "LOC")])
    words = WordsByTag(Random(0))
    words.add_all(labelled(["foi"], [False]))
    new = replace_words(text, Random(0), 1.0, words=words)
    assert new.text == "Faro foi foi foi"


def test_names_that_were_seen_are_left_out():
    seen = Names()
    # In other tokens and capitals: still the same name.
    seen.add("PER", Name(("ANA", "de Sá"), (True, False)))
    unseen = NAMES.without(seen)
    assert [name.words for name in unseen.of("PER")] == [("张", "伟")]
    assert unseen.draw("PER", Random(0), ("张", "伟")) is None
    assert unseen.draw("DATE", Random(0)) is None


def test_an_edit_that_would_spoil_a_label_is_refused():
    text = labelled(["Ana", "Sousa", "foi"], [True, True, False], [(0, 2, "PER")])
    with pytest.raises(ValueError, match="reaches over"):
        edited(text, [Edit(1, 3, ("x",), (False,), (NEW,))])
    with pytest.raises(ValueError, match="overlap"):
        edited(text, [Edit(0, 2, (), (), ())])
    with pytest.raises(ValueError, match="overlap"):
        labelled(["a", "b"], [True, True], [(0, 2, "PER"), (1, 2, "LOC")])
    with pytest.raises(ValueError, match="empty word"):
        labelled(["a", ""], [True, True])
