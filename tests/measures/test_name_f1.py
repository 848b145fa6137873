"""The default score, worked out by hand."""

from __future__ import annotations

import pytest

from xlner_spacy.errors import SetupError
from xlner_spacy.measures.link_f1 import LinkF1
from xlner_spacy.measures.name_f1 import NameF1
from xlner_spacy.types import Bitext, Link


def bitext(source, target, entities, links):
    return Bitext(
        source.split(),
        target.split(),
        entities,
        [Link(*link) for link in links],
        source_lang="en",
        target_lang="pt",
    )


def scores(given, spans, **settings):
    (found,) = NameF1(**settings)([given], [[spans]])
    return found[0]


NETHERLANDS = bitext(
    "in the Netherlands", "em a Holanda", [(1, 3)], [(0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0)]
)


def test_an_article_is_no_part_of_a_name():
    bare, with_article = scores(NETHERLANDS, [(2, 3), (1, 3)])
    # The entity is "Netherlands", with one link, and so is the span "Holanda".
    assert bare == pytest.approx(1.0)
    # "a Holanda" has the article's link too, which counts 0.7, and begins with a stop word.
    assert with_article == pytest.approx(2 * 1.0 / (1.0 + 1.7) - 0.1)
    # Without what is known of names it would be the other way round.
    ((plain,),) = LinkF1()([NETHERLANDS], [[[(2, 3), (1, 3)]]])
    assert plain == pytest.approx([2 * 1.0 / (2.0 + 1.0), 1.0])


def test_an_entity_of_function_words_stays_as_it_is():
    given = bitext("the who", "os quem", [(0, 2)], [(0, 0, 1.0), (1, 1, 1.0)])
    (score,) = scores(given, [(0, 2)], edge_penalty=0.0)
    assert score == pytest.approx(1.0)


def test_only_small_letters_make_a_function_word():
    given = bitext("Will Smith", "Will Smith", [(0, 2)], [(0, 0, 1.0), (1, 1, 1.0)])
    assert scores(given, [(0, 2)]) == pytest.approx([1.0])


def test_punctuation_at_an_edge_costs_too():
    given = bitext("Lisbon ,", "Lisboa ,", [(0, 1)], [(0, 0, 1.0), (1, 1, 0.5)])
    assert scores(given, [(0, 2)]) == pytest.approx([2 * 1.0 / (1.0 + 1.0 + 0.5 * 0.7) - 0.1])


def test_a_language_without_a_list_has_no_function_words_but_punctuation():
    given = Bitext(
        ["the", "Nile"],
        ["a", "Nile", "."],
        [(0, 2)],
        [Link(0, 0, 1.0), Link(1, 1, 1.0), Link(1, 2, 1.0)],
        source_lang="zzz",
        target_lang="",
    )
    assert scores(given, [(0, 2), (0, 3)]) == pytest.approx([4 / (2.7 + 2.0), 2 * 2.7 / 5.4 - 0.1])


def test_no_score_is_below_zero():
    given = bitext("a b", "a ,", [(0, 1)], [(1, 1, 1.0)])
    assert scores(given, [(0, 2)], edge_penalty=0.5) == [0.0]


@pytest.mark.parametrize("settings", [{"edge_penalty": 0.6}, {"function_words": -0.1}])
def test_bad_settings(settings):
    with pytest.raises(SetupError, match=next(iter(settings))):
        NameF1(**settings)


@pytest.mark.parametrize(("weak", "best"), [(True, (1, 2)), (False, (0, 2))])
def test_an_article_with_a_capital_counts_only_where_it_is_linked_well(weak, best):
    """'O Brasil venceu': 'O' is no part of Brazil, unless the aligner is sure that it is."""
    links = [Link(0, 0, 0.06 if weak else 0.9, weak=weak), Link(0, 1, 0.95), Link(1, 2, 0.9)]
    bitext = Bitext(
        ["Brazil", "won"],
        ["O", "Brasil", "venceu"],
        [(0, 1)],
        links,
        source_lang="en",
        target_lang="pt",
    )
    spans = [(0, 1), (0, 2), (1, 2)]
    (((*scores,),),) = NameF1()([bitext], [[spans]])
    assert spans[scores.index(max(scores))] == best
