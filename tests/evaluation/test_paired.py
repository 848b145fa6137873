import pytest

from xlner_spacy.evaluation.metrics import micro_f1
from xlner_spacy.evaluation.paired import (
    Shifted,
    drop,
    f1_difference,
    relative_drop,
    relative_drop_difference,
)

GOLD = [{(0, 1, "PER")}, {(2, 4, "LOC")}, set(), {(0, 2, "ORG"), (3, 4, "PER")}] * 20
NONE: list = [set()] * len(GOLD)


def test_the_difference_of_two_pipelines():
    half = [own if n % 2 else set() for n, own in enumerate(GOLD)]
    found = f1_difference(GOLD, half, GOLD)
    assert found.value == round(1 - micro_f1(half, GOLD), 4)
    assert 0 < found.low < found.value < found.high < 1
    assert found.is_sure
    mirror = f1_difference(half, GOLD, GOLD)
    assert mirror == (-found.value, -found.high, -found.low)


def test_what_differs_by_chance_is_not_sure():
    one_more = [*GOLD[:-1], set()]
    assert not f1_difference(GOLD, one_more, GOLD).is_sure
    assert f1_difference(GOLD, GOLD, GOLD) == (0, 0, 0)


def test_texts_without_entities_and_no_texts():
    assert f1_difference(NONE, NONE, NONE) == (0, 0, 0)
    assert f1_difference([], [], []) == (0, 0, 0)


def halves(entities):
    return [own if n % 2 else set() for n, own in enumerate(entities)]


def test_drops_by_hand():
    # Half of the texts found, all of them: recall halves where every second text has the entities.
    pipeline = Shifted.of((GOLD, GOLD), (halves(GOLD), GOLD))
    out = micro_f1(halves(GOLD), GOLD)
    lost = drop(pipeline)
    assert lost.value == round(1 - out, 4)
    assert lost.low < lost.value < lost.high
    assert relative_drop(pipeline) == lost  # F1 in the domain is 1, in every resample
    back = Shifted.of((halves(GOLD), GOLD), (GOLD, GOLD))
    assert relative_drop(back).value == round((out - 1) / out, 4)
    assert relative_drop(back).high < 0


def test_the_difference_of_relative_drops_is_paired():
    good, bad = ((GOLD, GOLD), (GOLD, GOLD)), ((GOLD, GOLD), (halves(GOLD), GOLD))
    found = relative_drop_difference(Shifted.of(*bad), Shifted.of(*good))
    assert found == relative_drop(Shifted.of(*bad))  # the other loses nothing
    assert found.is_sure
    same = relative_drop_difference(Shifted.of(*bad), Shifted.of(*bad))
    assert same == (0, 0, 0)  # on the same resamples, or its interval would not be empty
    with pytest.raises(ValueError, match="zip"):
        Shifted.of((GOLD, GOLD[1:]), (GOLD, GOLD))


def test_who_finds_nothing_has_nothing_to_lose():
    nothing = Shifted.of((NONE, GOLD), (NONE, GOLD))
    assert drop(nothing) == (0, 0, 0)
    assert relative_drop(nothing) is None
    assert relative_drop_difference(nothing, Shifted.of((GOLD, GOLD), (GOLD, GOLD))) is None


def test_one_text_has_no_spread_and_domains_may_differ_in_size():
    one = Shifted.of((GOLD, GOLD), ([{(0, 1, "PER")}], [{(0, 1, "PER"), (2, 3, "PER")}]))
    assert relative_drop(one) == (0.3333, 0.3333, 0.3333)
