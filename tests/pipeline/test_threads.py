"""Threads that share a pipeline get right entities, always."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.shared import blank_with
from xlner_spacy.errors import SetupError
from xlner_spacy.text.memory import memory_zone

NAMES = ("Marta Silva", "João Pacheco", "António Guterres", "Carla Mendes")
PLACES = ("Maputo", "Lisboa", "Brasília", "Porto", "Luanda")


@pytest.fixture(scope="module")
def texts():
    """Each with words of its own, which a memory zone would free."""
    rng = random.Random(0)
    return [
        f"{rng.choice(NAMES)} visitou {rng.choice(PLACES)} em {1900 + n}, palavra{n}."
        for n in range(24)
    ]


@pytest.fixture(scope="module")
def wanted(texts):
    nlp = projector()
    return [entities(doc) for doc in map(nlp, texts)]


def projector():
    nlp = blank_with()
    return nlp


def entities(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


@pytest.mark.models
def test_one_pipeline_in_four_threads(texts, wanted):
    """Also loading its models: the first four texts come at once."""
    nlp = projector()
    numbers = list(range(len(texts))) * 4
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: entities(nlp(texts[n])), numbers))
    right = Counter(got == wanted[n] for n, got in zip(numbers, found, strict=True))
    assert right == {True: len(numbers)}


@pytest.mark.models
def test_pipes_and_pipelines_of_threads_share_parts(texts, wanted):
    """Two pipelines, each in two threads; all use one tokenizer and one encoder."""
    pipelines = [projector(), projector()]

    def run(n):
        return [entities(doc) for doc in pipelines[n % 2].pipe(texts, batch_size=5)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [wanted] * 4


@pytest.mark.models
def test_a_thread_beside_a_memory_zone_is_refused(texts):
    """The words of both would be freed when the zone ends."""
    nlp = projector()
    with (
        memory_zone(nlp),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(SetupError, match="once more for this thread"),
    ):
        pool.submit(nlp, texts[0]).result()
    assert entities(nlp(texts[0]))
