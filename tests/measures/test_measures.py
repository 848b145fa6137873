"""Scores on examples worked out by hand from their definitions."""

from __future__ import annotations

from math import exp, inf, log, sqrt

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import tiny_models
from xlner_spacy.annotators.huggingface_ner import HuggingFaceNER
from xlner_spacy.annotators.spacy_pipeline import SpacyPipeline
from xlner_spacy.candidates.ner_spans import NERSpans
from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.measures.character_similarity import CharacterSimilarity
from xlner_spacy.measures.label_probability import LabelProbability
from xlner_spacy.measures.link_density import LinkDensity
from xlner_spacy.measures.link_f1 import LinkF1
from xlner_spacy.measures.link_mass import LinkMass
from xlner_spacy.measures.translation_probability import TranslationProbability
from xlner_spacy.measures.weighted_sum import WeightedSum
from xlner_spacy.translators.huggingface import HuggingFaceTranslator
from xlner_spacy.types import Bitext, Link


def named(source, target, label="PER"):
    """A bitext whose one entity is the whole source text, and all spans of its target text."""
    words, others = source.split(" "), target.split(" ")
    given = Bitext(words, others, [(0, len(words))], [], [label], "en", "pt")
    every = [(a, b) for a in range(len(others)) for b in range(a + 1, len(others) + 1)]
    return given, every


def linked(entities, links, n=10):
    return Bitext(["s"] * n, ["t"] * n, entities, [Link(*link) for link in links])


def score(measure, given, *spans):
    return measure([given], [[list(spans)]])[0][0]


def test_link_mass_by_hand():
    # Word 0 is sure of 4. Word 1 spreads 0.3 + 0.3, and has 0.4 of "nothing".
    # Word 4 also gets 0.5 from word 7, outside the entity: it received 1.5 in all.
    given = linked([(0, 2)], [(0, 4, 1.0), (1, 4, 0.0), (1, 5, 0.3), (1, 6, 0.3), (7, 4, 0.5)])
    # (4, 5): coverage 1 of 1.6; precision (1 / 1.5) of (1.5 / 1.5).
    # (4, 7): coverage all; precision (1 / 1.5 + 0.6) of (1 + 0.6).
    assert score(LinkMass(), given, (4, 5), (4, 7), (0, 4)) == pytest.approx(
        [sqrt(1 / 1.6 * (1 / 1.5)), sqrt((1 / 1.5 + 0.6) / 1.6), 0.0]
    )


def test_in_link_mass_a_word_with_many_links_has_one_vote():
    # Word 0 has ten sure links round word 9, word 1 has one to word 2.
    spread = [(0, target, 1.0) for target in (5, 6, 7, 8, 9)]
    given = linked([(0, 2)], [*spread, (1, 2, 1.0)])
    (mass,), (f1,) = (score(s, given, (2, 3)) for s in (LinkMass(), LinkF1()))
    assert mass == pytest.approx(sqrt(1 / 2))
    assert f1 == pytest.approx(2 / 7)
    assert score(LinkMass(), linked([(0, 2)], []), (0, 3)) == [0.0]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0, 1)),
        unique_by=lambda link: link[:2],
    )
)
def test_link_mass_is_from_0_to_1(links):
    every = [(a, b) for a in range(10) for b in range(a + 1, 11)]
    given = linked([(2, 5)], links)
    assert all(0 <= s <= 1 for s in score(LinkMass(), given, *every))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Moskva", "Москва"),
        ("Jose Saramago", "José Saramago"),
        ("MARIA", "Maria"),
        ("António Guterres", "Guterres António"),
        ("Athina", "Αθήνα"),
    ],
)
def test_names_that_are_written_alike(source, target):
    given, _ = named(source, target)
    assert score(CharacterSimilarity(), given, (0, len(given.target_words))) == [1.0]


def test_characters_by_hand():
    given, _ = named("Lisbon", "em Lisboa")
    # "lisbon" and "lisboa": one letter out and one in, of twelve.
    assert score(CharacterSimilarity(), given, (1, 2)) == [pytest.approx(1 - 2 / 12)]
    whole, right = score(CharacterSimilarity(), given, (0, 2), (1, 2))
    assert whole < right
    given, _ = named("Moskva", "Москва")
    assert score(CharacterSimilarity(transliterate=False), given, (0, 1)) == [0.0]


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_characters_of_any_text(source, target):
    given = Bitext([source], [target], [(0, 1)], [])
    for transliterate in (True, False):
        (value,) = score(CharacterSimilarity(transliterate), given, (0, 1))
        assert 0 <= value <= 1


def test_label_probability_of_a_model(tmp_path):
    ner = HuggingFaceNER(str(tiny_models.ner(tmp_path / "ner")))
    given, _ = named("Lisbon", "Maria vive em Lisboa", "LOC")
    ((mention,),) = [[m for m in ner([given.target_text()])[0] if m.label == "LOC"]]
    right, wrong_label, nothing = score(LabelProbability(ner), given, (3, 4), (0, 1), (2, 4))
    assert right == mention.score
    assert (wrong_label, nothing) == (0.0, 0.0)
    # Words 2-4 and 3-4 share one word of two.
    assert score(LabelProbability(ner, partial=True), given, (2, 4)) == [mention.score / 2]


@pytest.mark.models
def test_label_probability_of_an_ner_without_probabilities():
    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Lisboa"}])
    given, _ = named("Lisbon", "em Lisboa", "LOC")
    assert score(LabelProbability(SpacyPipeline(nlp)), given, (1, 2)) == [1.0]
    assert score(LabelProbability(SpacyPipeline(nlp), default=0.7), given, (1, 2)) == [0.7]
    with pytest.raises(SetupError, match="default"):
        LabelProbability(SpacyPipeline(nlp), default=2)


class Counting(SpacyPipeline):
    asked = 0

    def __call__(self, texts):
        Counting.asked += len(texts)
        return super().__call__(texts)


@pytest.mark.models
def test_candidates_and_score_of_equal_settings_read_a_text_once(tmp_path):
    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Lisboa"}])
    nlp.to_disk(tmp_path / "ruler")
    given, _ = named("Lisbon", "em Lisboa", "LOC")
    candidates, measure, other = (Counting(str(tmp_path / "ruler"), trim=t) for t in (0, 0, 1))
    spans = NERSpans(candidates)([given])
    assert LabelProbability(measure)([given], spans) == [[[1.0]]]
    assert Counting.asked == 1
    LabelProbability(other)([given], spans)
    assert Counting.asked == 2


class Table:
    """A translator that knows p(target | source) of a few pairs."""

    def __init__(self, table):
        self.table = table
        self.calls = []

    def __call__(self, texts, *, from_lang, to_lang):
        return list(texts)

    def score(self, sources, targets, *, from_lang, to_lang):
        self.calls.append((from_lang, to_lang, len(sources)))
        table = self.table[from_lang, to_lang]
        return [
            log(table[pair]) if table[pair] else -inf for pair in zip(sources, targets, strict=True)
        ]


PROBABILITIES = {
    ("en", "pt"): {("Lisbon", "Lisboa"): 0.4, ("Lisbon", "em"): 0.05},
    ("pt", "en"): {("Lisboa", "Lisbon"): 0.3, ("em", "Lisbon"): 0.0},
    ("pt", "pt"): {("Lisboa", "Lisboa"): 0.8, ("em", "em"): 0.5},
    ("en", "en"): {("Lisbon", "Lisbon"): 0.5},
}


def test_translation_probability_by_hand():
    given, _ = named("Lisbon", "em Lisboa")
    # sim(Lisboa | Lisbon) = 0.4 / 0.8, sim(Lisbon | Lisboa) = 0.3 / 0.5.
    normalised = score(TranslationProbability(Table(PROBABILITIES)), given, (1, 2), (0, 1))
    assert normalised == pytest.approx([(0.4 / 0.8 + 0.3 / 0.5) / 2, (0.05 / 0.5 + 0) / 2])
    raw = score(TranslationProbability(Table(PROBABILITIES), normalise=False), given, (1, 2))
    assert raw == pytest.approx([(0.4 + 0.3) / 2])


def test_each_pair_is_scored_once_in_one_call_a_direction():
    given, _ = named("Lisbon", "em Lisboa")
    table = Table(PROBABILITIES)
    spans = [[[(0, 1), (1, 2), (1, 2)]], [[(1, 2)]]]
    scores = TranslationProbability(table)([given, given], spans)
    assert scores[0][0][1] == scores[0][0][2] == scores[1][0][0]
    assert sorted(table.calls) == [
        ("en", "en", 1),
        ("en", "pt", 2),
        ("pt", "en", 2),
        ("pt", "pt", 2),
    ]


def test_one_model_for_each_direction():
    there = Table({("en", "pt"): {("Lisbon", "Lisboa"): 0.4}})
    back = Table({("pt", "en"): {("Lisboa", "Lisbon"): 0.2}})
    given, _ = named("Lisbon", "em Lisboa")
    measure = TranslationProbability(there, back, normalise=False)
    assert score(measure, given, (1, 2)) == pytest.approx([0.3])


def test_translation_probability_of_a_model(tmp_path):
    translator = HuggingFaceTranslator(str(tiny_models.nllb(tmp_path / "nllb")))
    given, spans = named("Maria", "Maria vive em Lisboa")

    def p(source, target, from_lang, to_lang):
        return exp(translator.score([source], [target], from_lang=from_lang, to_lang=to_lang)[0])

    scores = score(TranslationProbability(translator), given, *spans)
    assert len(scores) == len(spans)
    there = p("Maria", "em Lisboa", "en", "pt") / p("em Lisboa", "em Lisboa", "pt", "pt")
    back = p("em Lisboa", "Maria", "pt", "en") / p("Maria", "Maria", "en", "en")
    assert scores[spans.index((2, 4))] == pytest.approx(min(1, (there + back) / 2), rel=1e-4)
    assert all(0 < s <= 1 for s in scores)


def test_a_translator_that_cannot_score():
    with pytest.raises(SetupError, match="function cannot score"):
        TranslationProbability(lambda texts, **_: texts)


def test_weighted_sum():
    given = linked([(0, 2)], [(0, 1, 1.0), (1, 3, 1.0)])
    spans = [[[(1, 4), (1, 2)]]]
    parts = {"f1": LinkF1(), "paper": LinkDensity()}
    # LinkF1 gives 1 and 2/3, LinkDensity 2/5 and 1/3.
    ((equal,),) = WeightedSum(parts)([given], spans)
    assert equal == pytest.approx([(1 + 2 / 5) / 2, (2 / 3 + 1 / 3) / 2])
    ((weighted,),) = WeightedSum(parts, {"f1": 3.0})([given], spans)
    assert weighted == pytest.approx([(3 + 2 / 5) / 4, (3 * 2 / 3 + 1 / 3) / 4])


def test_wrong_settings_of_the_weighted_sum():
    parts = {"f1": LinkF1(), "paper": LinkDensity()}
    with pytest.raises(SetupError, match=r"'f2'.*f1, paper"):
        WeightedSum(parts, {"f2": 1.0})
    with pytest.raises(SetupError, match="weights"):
        WeightedSum(parts, {"f1": -1.0})
    with pytest.raises(SetupError, match="weights"):
        WeightedSum(parts, {"f1": 0.0, "paper": 0.0})
    with pytest.raises(SetupError, match="at least one measure"):
        WeightedSum({})
    with pytest.raises(BackendError, match="'broken'"):
        WeightedSum({"broken": lambda bitexts, spans: [[]]})([linked([(0, 1)], [])], [[[(0, 1)]]])
