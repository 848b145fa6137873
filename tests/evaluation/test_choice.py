"""Choosing a method without labels: what is made up has a known best method."""

from __future__ import annotations

import random

import pytest

from xlner_spacy.evaluation.choice import choose, independent_agreement
from xlner_spacy.evaluation.evidence import describe

LABELS = ("PER", "LOC", "ORG")


def made_up(n_texts, seed=0):
    """Texts of distinct words with two entities each, and a reader that errs on a share of them."""
    draw = random.Random(seed)
    words = [[f"w{n}.{k}" for k in range(12)] for n in range(n_texts)]
    gold = [[(2, 4, draw.choice(LABELS)), (7, 8, draw.choice(LABELS))] for _ in words]

    def reader(errors, sure, seed):
        own = random.Random(seed)
        found = []
        for entities in gold:
            text = {}
            for start, end, label in entities:
                wrong = own.random() < errors
                text[start, end, own.choice(LABELS) if wrong else label] = sure - 0.3 * wrong
            found.append(text)
        return found

    return words, reader


@pytest.mark.parametrize(
    ("own", "source", "best"), [(0.95, 0.8, "transfer"), (0.7, 0.95, "projection")]
)
def test_the_surer_reader_is_chosen_where_two_differ(own, source, best):
    words, reader = made_up(100)
    good, poor = reader(0.05, 0.95, 1), reader(0.5, 0.75, 2)
    projection, transfer = (poor, good) if best == "transfer" else (good, poor)
    methods = {"default": poor, "projection": projection, "transfer": transfer}
    scores = [[source, source] for _ in words]
    found = choose(words, methods, projection, transfer, scores)
    assert found.chosen == found.best == best
    assert found.reason == ""
    estimate = found.estimates[best]
    low, high = estimate.gain_interval
    assert 0 < low < estimate.gain < high
    assert estimate.above > 0.95
    assert found == choose(words, methods, projection, transfer, scores)  # the same every time


def test_copies_of_a_poor_method_do_not_outvote_a_good_one():
    words, reader = made_up(100)
    good, other, poor = reader(0.05, 0.95, 1), reader(0.1, 0.95, 3), reader(0.6, 0.75, 2)
    methods = {"default": poor, "projection": other, "transfer": good}
    copies = {f"copy {n}": poor for n in range(12)}
    scores = [[0.9, 0.9] for _ in words]
    alone = choose(words, methods, other, good, scores)
    crowd = choose(words, {**methods, **copies}, other, good, scores)
    assert alone.chosen == crowd.chosen
    assert alone.chosen != "default"
    assert crowd.estimates["default"].f1 == pytest.approx(alone.estimates["default"].f1)
    two, many = (independent_agreement([*[poor] * n, good, other]) for n in (2, 12))
    assert many[-2] == pytest.approx(two[-2], abs=0.05)  # a plain mean falls by .1


def test_the_default_is_kept_where_nothing_is_known():
    words, reader = made_up(100)
    good, poor = reader(0.05, 0.95, 1), reader(0.5, 0.75, 2)
    methods = {"default": poor, "projection": poor, "transfer": good}
    for n_texts, reason in ((1, ""), (15, "too few to tell")):
        few = {name: found[:n_texts] for name, found in methods.items()}
        scores = [[0.5]] * n_texts
        found = choose(words[:n_texts], few, few["projection"], few["transfer"], scores)
        assert found.chosen == "default"
        assert reason in found.reason
    apart = [{(start, end, "DISEASE"): 1.0 for start, end, _ in text} for text in poor]
    found = choose(words, {**methods, "transfer": apart}, poor, apart, [[0.5] for _ in words])
    assert found.chosen == "default"
    equal = choose(words, dict.fromkeys(methods, good), good, good, [[0.9] for _ in words])
    assert (equal.chosen, equal.best, equal.reason) == ("default", "default", "")


def test_without_probabilities_there_is_no_lean():
    words, reader = made_up(60)
    found = reader(0.1, 1.0, 1)
    methods = {"default": found, "projection": found, "transfer": found}
    assert choose(words, methods, found, found, [[] for _ in words]).lean == 0.0


def test_what_is_said_of_an_entity():
    words = [["Ana", "Lopes", "viu"], ["Ana", "Lopes"], ["Ana", "Lopes"]]
    projection = [{(0, 2, "PER"): 0.9}, {(0, 2, "PER"): 0.9}, {}]
    transfer = [{(0, 1, "PER"): 0.8}, {}, {(0, 2, "LOC"): 0.6}]
    rows = {
        (text, entity): features
        for text, entity, features in describe(
            words, {"a": projection, "b": transfer}, projection, transfer
        )
    }
    assert set(rows) == {
        (0, (0, 1, "PER")),
        (0, (0, 2, "PER")),
        (1, (0, 2, "PER")),
        (2, (0, 2, "LOC")),
    }
    row = rows[0, (0, 2, "PER")]
    assert row["projection: contradicted"] == row["projection: alone"] == 1.0
    assert row["transfer: same label"] == 1.0
    assert row["elsewhere"] == pytest.approx(0.693, abs=0.001)
    assert row["elsewhere, another label"] == pytest.approx(0.693, abs=0.001)
    assert rows[1, (0, 2, "PER")]["projection: contradicted"] == 0.0
