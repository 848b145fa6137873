from xlner_spacy.evaluation.metrics import micro_f1
from xlner_spacy.evaluation.paired import f1_difference

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
