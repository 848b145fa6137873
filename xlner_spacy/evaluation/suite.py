"""What robustness is measured against: lists of changes to texts, with their strengths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ..perturbations.case import change_case
from ..perturbations.diacritics import strip_diacritics
from ..perturbations.labelled import Labelled
from ..perturbations.names import swap_names
from ..perturbations.ocr import ocr_errors
from ..perturbations.punctuation import drop_punctuation
from ..perturbations.typos import typos
from ..perturbations.word_breaks import merge_words, split_words

CLEAN = "clean text"
JOIN = "join"  # the one change that is made to two texts

PERTURBATIONS: Mapping[str, Callable[..., Labelled]] = {
    "case": change_case,
    "diacritics": strip_diacritics,
    "typos": typos,
    "ocr": ocr_errors,
    "split": split_words,
    "merge": merge_words,
    "punctuation": drop_punctuation,
    "names": swap_names,
}


class Change(NamedTuple):
    """A change to texts.

    name (str): What the tables call it.
    perturbation (str): A name in `PERTURBATIONS`, or `JOIN`.
    strength (float): 0 to 1, of what the perturbation says: words, letters, spaces or entities.
    settings (Mapping): Further arguments. `names` says whose: "own" (of the gold texts), "unseen" (not
        in training) or "foreign".
    """

    name: str
    perturbation: str
    strength: float = 1.0
    settings: Mapping[str, Any] = MappingProxyType({})


def _typos(share: float, where: str) -> Change:
    place = {"entities": "in entities", "outside": "outside", "both": "everywhere"}[where]
    return Change(f"typos {share:.0%} {place}", "typos", share, {"where": where})


def _breaks(share: float) -> tuple[Change, Change]:
    return (
        Change(f"split words {share:.0%}", "split", share),
        Change(f"merged words {share:.0%}", "merge", share),
    )


_SPELLING = (
    Change("lower case", "case", settings={"form": "lower"}),
    Change("upper case", "case", settings={"form": "upper"}),
    Change("title case", "case", settings={"form": "title"}),
    Change("no diacritics", "diacritics"),
)
_TEXT = (Change("no punctuation", "punctuation"), Change("two texts joined", JOIN))
_NAMES = (
    Change("names of the same type", "names", settings={"names": "own"}),
    Change("unseen names", "names", settings={"names": "unseen"}),
    Change("foreign names", "names", settings={"names": "foreign"}),
    Change("names of another type", "names", settings={"names": "own", "of": "other"}),
)
_PLACES = ("entities", "outside", "both")

QUICK: tuple[Change, ...] = (
    *_SPELLING,
    *(_typos(0.05, where) for where in _PLACES),
    Change("OCR errors 5%", "ocr", 0.05),
    *_breaks(0.1),
    *_TEXT,
    *_NAMES,
)
FULL: tuple[Change, ...] = (
    *_SPELLING,
    *(_typos(share, where) for where in _PLACES for share in (0.01, 0.03, 0.05, 0.1)),
    *(Change(f"OCR errors {share:.0%}", "ocr", share) for share in (0.02, 0.05, 0.1)),
    *_breaks(0.1),
    *_breaks(0.3),
    *_TEXT,
    *_NAMES,
)
SUITES: Mapping[str, tuple[Change, ...]] = {"quick": QUICK, "full": FULL}
