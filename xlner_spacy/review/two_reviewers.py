"""Two files of the same texts, by two reviewers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from spacy.tokens import Doc

from ..corpus.gold import read_gold
from ..errors import InputError
from ..evaluation.metrics import token_entities
from ..evaluation.paired import Estimate
from ..text.languages import check_language, tokenizer
from .review_agreement import Agreed, agreement, kappa


class Compared(NamedTuple):
    """How two reviewers agree.

    by_label (dict): F1 of the first measured on the second, which is the same the other way round; "" is all labels.
    kappa (Estimate): Of the labels of words.
    texts, only_first, only_second (int): In both files, and in one only.
    """

    by_label: dict[str, Agreed]
    kappa: Estimate | None
    texts: int
    only_first: int
    only_second: int

    def as_record(self) -> dict[str, Any]:
        """For a file."""
        return {
            "by_label": {label: own.as_record() for label, own in self.by_label.items()},
            "kappa": self.kappa.as_json() if self.kappa else None,
            "texts": self.texts,
            "only_first": self.only_first,
            "only_second": self.only_second,
        }


def compare_reviewers(first: Path, second: Path, lang: str) -> Compared:
    """Compare two files on the texts that are in both.

    lang (str): The language of the texts.
    RAISES: InputError if a file cannot be read, has other words, or there is no text in both.
    """
    lang = check_language(lang)
    one, other = (_read(file, lang) for file in (first, second))
    both = [text for text in one if text in other]
    if not both:
        raise InputError(f"{first} and {second} have no text in common.")
    for text in both:
        if [token.text for token in one[text]] != [token.text for token in other[text]]:
            raise InputError(f"{first} and {second} have other words for {text[:40]!r}.")
    ours, theirs = ([token_entities(side[text]) for text in both] for side in (one, other))
    return Compared(
        agreement(ours, theirs),
        kappa(ours, theirs, [len(one[text]) for text in both]),
        len(both),
        len(one) - len(both),
        len(other) - len(both),
    )


def _read(file: Path, lang: str) -> dict[str, Doc]:
    return {doc.text: doc for doc in read_gold(file, tokenizer(lang), lang)}
