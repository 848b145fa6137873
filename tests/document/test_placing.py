"""How matchers' choices get onto the Doc: several places of one entity, confidences."""

from __future__ import annotations

import pytest
import spacy

from xlner_spacy import give_translation

TEXT = "Maputo cresce: Maputo é a capital."
SOURCE = "Maputo, the capital, is growing."


def projected(**blocks):
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config=blocks).use(
        aligner=lambda pairs, **_: [[(0, 0, 0.9), (0, 3, 0.8)] for _ in pairs]
    )
    return nlp(give_translation(nlp.make_doc(TEXT), SOURCE, entities=[(0, 6, "LOC")]))


SINGLE_WORDS = {"@xl_candidates": "xlner.Ngrams.v1", "max_length": 1}


@pytest.mark.parametrize(
    "matcher",
    [
        {"@xl_matchers": "xlner.ILP.v1", "n": 2},
        {"@xl_matchers": "xlner.ILP.v1", "n": 2, "projections": "exactly"},
        {"@xl_matchers": "xlner.Greedy.v1", "max_projections": 2},
    ],
)
def test_one_entity_in_two_places(matcher):
    doc = projected(candidates=SINGLE_WORDS, matcher=matcher)
    assert [(ent.start, ent.text) for ent in doc.ents] == [(0, "Maputo"), (3, "Maputo")]
    assert [ent._.xl_source["text"] for ent in doc.ents] == ["Maputo"] * 2
    assert doc._.xl_unplaced == []


def test_by_default_an_entity_has_one_place():
    doc = projected(candidates=SINGLE_WORDS)
    assert [ent.start for ent in doc.ents] == [0]


def test_a_score_without_links_is_the_confidence():
    every_word = {**SINGLE_WORDS, "linked_edges": False}
    measure = {"@xl_measures": "xlner.CharacterSimilarity.v1"}
    nlp = spacy.blank("pt")
    nlp.add_pipe("xl_projector", config={"candidates": every_word, "measure": measure}).use(
        aligner=lambda pairs, **_: [[] for _ in pairs]
    )
    doc = nlp(give_translation(nlp.make_doc(TEXT), SOURCE, entities=[(0, 6, "LOC")]))
    assert [(ent.text, ent._.xl_confidence) for ent in doc.ents] == [("Maputo", 1.0)]


def several(*sources, **blocks):
    """The Doc with translations of these texts, languages, entities; each word is linked with its like."""
    nlp = spacy.blank("pt")
    projector = nlp.add_pipe("xl_projector", config=blocks)
    projector.use(aligner=exact)
    doc = nlp.make_doc("Maputo cresce.")
    for text, lang, entities in sources:
        give_translation(doc, text, lang=lang, entities=entities)
    return nlp, doc


def exact(pairs, **languages):
    return [
        [(m, n, 0.9) for m, a in enumerate(source) for n, b in enumerate(target) if a == b]
        for source, target in pairs
    ]


ENGLISH = ("Maputo grows", "en", [(0, 6, "PER")])
SPANISH = ("Maputo crece", "es", [(0, 6, "LOC")])
FRENCH = ("Maputo croit", "fr", [(0, 6, "LOC")])


@pytest.mark.long
def test_more_translations_are_right():
    nlp, doc = several(ENGLISH, SPANISH, FRENCH, candidates=SINGLE_WORDS)
    assert [(ent.text, ent.label_) for ent in nlp(doc).ents] == [("Maputo", "LOC")]
    assert doc.ents[0]._.xl_source["lang"] == "es"
    assert [(e["label"], e["reason"]) for e in doc._.xl_unplaced] == [("PER", "another label won")]
    # Of two that disagree it is the first.
    nlp, doc = several(ENGLISH, SPANISH, candidates=SINGLE_WORDS)
    assert [ent.label_ for ent in nlp(doc).ents] == ["PER"]


@pytest.mark.long
def test_another_voter_rules_out_what_one_translation_alone_has():
    rover = {"@xl_voters": "xlner.Rover.v1", "alpha": 1.0}
    nlp, doc = several(ENGLISH, SPANISH, candidates=SINGLE_WORDS, voter=rover)
    assert nlp(doc).ents == ()
    assert [e["reason"] for e in doc._.xl_unplaced] == ["too few votes"] * 2
    nlp, doc = several(ENGLISH, SPANISH, FRENCH, candidates=SINGLE_WORDS, voter=rover)
    assert [ent.label_ for ent in nlp(doc).ents] == ["LOC"]


def test_translations_vote_under_the_names_of_their_languages():
    polls = []

    def nobody(given):
        polls.extend(given)
        return [[] for _ in given]

    # Two in one language, as back-translations are.
    _, other = several(("Maputo rises", "en", [(0, 6, "LOC")]))
    nlp, doc = several(ENGLISH, SPANISH, candidates=SINGLE_WORDS)
    doc._.xl_translations = [*doc._.xl_translations, *other._.xl_translations]
    nlp.get_pipe("xl_projector").use(voter=nobody)
    assert nlp(doc).ents == ()
    assert [e["reason"] for e in doc._.xl_unplaced] == ["too few votes"] * 3
    (poll,) = polls
    assert list(poll.weights) == ["en", "es", "en 2"]
    assert [(b.who, b.label, b.origin["lang"]) for b in poll.ballots] == [
        ("en", "PER", "en"),
        ("es", "LOC", "es"),
        ("en 2", "LOC", "en"),
    ]


def test_a_measure_decides_places_and_not_votes():
    """Ballots have the confidence of links, from 0 to 1, whatever a measure gives."""
    polls = []

    def seen(given):
        polls.extend(given)
        return [[] for _ in given]

    nlp, doc = several(ENGLISH, SPANISH, candidates=SINGLE_WORDS)
    nlp.get_pipe("xl_projector").use(
        measure=lambda bitexts, candidates: [
            [[4.0 if b.source_lang == "en" else 1.0] * len(spans) for spans in row]
            for b, row in zip(bitexts, candidates, strict=True)
        ],
        voter=seen,
    )
    nlp(doc)
    assert [b.confidence for b in polls[0].ballots] == [0.9, 0.9]
