"""The cells of the study, and its table and plot."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import spacy

from ..cells import Cell
from ..measuring import measured
from ..places import WORK
from ..silver import silver
from ..students import MODEL, student

Settings = Mapping[str, Any]


def cells(settings: Settings) -> dict[tuple[str, str, int], Cell]:
    """The measured students, by language, method and seed."""
    found = {}
    for seed in settings["study"]["seeds"]:
        for name in settings["study"]["languages"]:
            for method in settings["study"]["methods"]:
                found[name, method, seed] = _measured(settings, name, method, seed)
    return found


def _measured(settings: Settings, name: str, method: str, seed: int) -> Cell:
    language = dict(settings["languages"][name])
    tests = _tests(language.pop("tests"), language["lang"], settings["study"]["changes"])
    spacy_lang = language.pop("spacy_lang")
    steps = settings["study"].get("steps")
    fewer = {"training": {"max_steps": steps, "eval_frequency": steps}} if steps else {}
    changes = {
        "training": settings["training"],
        "fewer": fewer,
        "method": settings["methods"][method],
    }
    trained = student(f"{name}/{method}", spacy_lang, silver(name, language), changes, seed)
    load = partial(spacy.load, trained.folder(WORK) / MODEL)
    return measured(f"measure/{name}/{method}/{seed}", load, tests, settings={}, needs=[trained])


def _tests(tests: Settings, lang: str, changes: list[str]) -> dict[str, Settings]:
    """The test sets of a language; the first one is also changed."""
    first = next(iter(tests))
    return {
        test: {"lang": lang, **own, "changes": changes if test == first else []}
        for test, own in tests.items()
    }
