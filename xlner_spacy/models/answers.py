"""What a translator answers, checked once for all who ask one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import BackendError


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
    return answers
