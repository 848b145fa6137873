from __future__ import annotations

import pytest

from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.pipeline_names import named_pipelines


def test_short_names_that_differ():
    given = ["x/a/model-best", "x/b/model-best", "c.cfg", "d", "e/d", "y/f/", "old=x/model-last"]
    shown = ["a/model-best", "b/model-best", "c", "d", "e/d", "f", "old"]
    assert list(named_pipelines(given)) == shown
    assert list(named_pipelines(given).values()) == [*given[:-1], "x/model-last"]
    assert named_pipelines([]) == {}


def test_what_has_no_name_of_its_own():
    with pytest.raises(InputError, match="'d' is there twice"):
        named_pipelines(["d", "d/"])
    with pytest.raises(InputError, match="Two pipelines are called 'a': x and y"):
        named_pipelines(["a=x", "a=y"])
    with pytest.raises(InputError, match="is no name and pipeline"):
        named_pipelines(["old="])
