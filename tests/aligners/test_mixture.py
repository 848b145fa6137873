"""Links of several aligners together."""

from __future__ import annotations

import pytest
import spacy

from xlner_spacy.aligners.fuzzy_words import FuzzyWords
from xlner_spacy.aligners.mixture import Mixture
from xlner_spacy.errors import BackendError, SetupError
from xlner_spacy.types import Link

PAIR = (["Amina", "lives", "here"], ["Amina", "tey", "bi"])


def diagonal(pairs, *, source_lang, target_lang):
    return [[Link(k, k, 0.4) for k in range(min(map(len, pair)))] for pair in pairs]


def links(aligner, *pairs):
    return aligner(pairs, source_lang="en", target_lang="wo")


def test_the_mean_of_what_each_is_sure_of():
    mixture = Mixture({"encoder": diagonal, "letters": FuzzyWords()}, {"letters": 0.5})
    (found,) = links(mixture, PAIR)
    # (0.4 + 0.5 x 1) / 1.5 for the name; 0.4 / 1.5 for the others.
    assert [link[:2] for link in found] == [(0, 0), (1, 1), (2, 2)]
    assert [link.confidence for link in found] == pytest.approx([0.6, 0.4 / 1.5, 0.4 / 1.5])
    mixture.min_confidence = 0.5
    assert [link[:2] for link in links(mixture, PAIR, ([], []))[0]] == [(0, 0)]
    assert links(mixture) == []


def test_weak_is_what_most_of_the_weight_does_not_have():
    def weakly(pairs, **languages):
        return [[Link(0, 0, 0.2, weak=True)] for _ in pairs]

    def strongly(pairs, **languages):
        return [[Link(0, 0, 0.8), (1, 1, 0.8)] for _ in pairs]

    mixture = Mixture({"a": weakly, "b": strongly}, {"a": 2})
    assert [link.weak for link in links(mixture, PAIR)[0]] == [True, True]
    mixture = Mixture({"a": weakly, "b": strongly})
    assert [link.weak for link in links(mixture, PAIR)[0]] == [False, False]


def test_in_a_config():
    block = {
        "@xl_aligners": "xlner.Mixture.v1",
        "aligners": {
            "letters": {"@xl_aligners": "xlner.FuzzyWords.v1"},
            "words": {"@xl_aligners": "xlner.ExactWords.v1"},
        },
    }
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_aligner", config={"aligner": block})
    aligner = nlp.get_pipe("xl_aligner").stages[0].aligner
    assert [link[:2] for link in links(aligner, PAIR)[0]] == [(0, 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"aligners": {}},
        {"aligners": {"one": 3}},
        {"weights": {"two": 1.0}},
        {"weights": {"one": 0.0}},
        {"weights": {"one": -1.0}},
        {"min_confidence": 1.5},
    ],
)
def test_settings_that_cannot_be(wrong):
    with pytest.raises(SetupError, match=next(iter(wrong))):
        Mixture(**{"aligners": {"one": diagonal}, **wrong})


def test_an_aligner_that_forgets_a_pair_is_named():
    with pytest.raises(BackendError, match="'lazy'"):
        links(Mixture({"lazy": lambda pairs, **_: []}), PAIR)
