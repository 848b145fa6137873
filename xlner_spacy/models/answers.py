"""Validates what translators and annotators return, for all who call one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

from ..errors import BackendError
from ..types import Mention


def check_translations(
    answers: Any, texts: Sequence[str], who: str = "The translator"
) -> list[str]:
    """The answers as a list.

    who (str): What gave them, for the message.
    RAISES: BackendError if they are not as many strings as there are texts.
    """
    if isinstance(answers, (str, bytes)) or not isinstance(answers, Iterable):
        raise BackendError(f"{who} gave {answers!r:.60}, not a list of strings.")
    answers = list(answers)
    if len(answers) != len(texts):
        raise BackendError(
            f"{who} gave {len(answers)} translations for {len(texts)} texts.",
            hint="A translator must give one string for each text, in the same order.",
        )
    for text, answer in zip(texts, answers, strict=True):
        if not isinstance(answer, str):
            raise BackendError(
                f"{who} gave {answer!r:.60} for {text[:60]!r}, which is not a string.",
                hint='A text that cannot be translated has the translation "".',
            )
        try:
            answer.encode("utf8")
        except UnicodeEncodeError as error:
            raise BackendError(
                f"{who} gave half a surrogate pair, which is no character ({error.reason}), for "
                f"{text[:60]!r}.",
                hint="It must give whole characters: decode its output as UTF-8.",
            ) from error
    return answers


def check_mentions(answers: Any, texts: Sequence[str]) -> list[list[Mention]]:
    """An annotator's answers, each mention as a Mention.

    RAISES: BackendError if they are not a list of mentions for each text.
    """
    wanted = "It must give a list of (start_char, end_char, label) for each text, in order."
    if isinstance(answers, (str, bytes)) or not isinstance(answers, Iterable):
        raise BackendError(f"The annotator gave {answers!r:.60}, not a list.", hint=wanted)
    answers = list(answers)
    if len(answers) != len(texts):
        raise BackendError(
            f"The annotator gave {len(answers)} answers for {len(texts)} texts.", hint=wanted
        )
    for text, found in zip(texts, answers, strict=True):
        for mention in found:
            if not _is_mention(mention):
                raise BackendError(
                    f"The annotator gave {mention!r:.80} for {text[:60]!r}, which is no mention.",
                    hint=wanted,
                )
    return [[Mention(*mention) for mention in found] for found in answers]


def _is_mention(given: Any) -> bool:
    """Whether it has two offsets and a label, in the right types; what follows may be missing."""
    if not isinstance(given, tuple) or not 3 <= len(given) <= len(Mention._fields):
        return False
    mention = Mention(*given)
    offsets = isinstance(mention.start_char, Integral) and isinstance(mention.end_char, Integral)
    probability = mention.score is None or isinstance(mention.score, Real)
    return offsets and isinstance(mention.label, str) and probability
