"""A translator for each source language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import SetupError
from ..models.description import Description
from ..text.languages import check_language, same_language
from ..types import Translator


class BySource:
    """Translates into each source language with a translator of its own.

    translators (dict): The translator into each language, by the language's code.
    RAISES: SetupError if there are none, or a code is no language.
    """

    description: ClassVar[Description] = Description("a translator for each source language")

    def __init__(self, translators: dict[str, Any]) -> None:
        if not translators:
            raise SetupError(
                "BySource has no translators.",
                hint="Give one for each source language: [....translator.translators.en]",
            )
        self.translators: dict[str, Translator] = {
            check_language(lang): part for lang, part in translators.items()
        }

    def of(self, lang: str) -> Translator:
        """The translator into a source language. RAISES: SetupError if there is none."""
        for code, translator in self.translators.items():
            if same_language(code, lang):
                return translator
        raise SetupError(
            f"There is no translator into the source language {lang!r}; there are some into "
            f"{', '.join(map(repr, self.translators))}.",
            hint=f"Give one in the block translators.{lang}, or take {lang!r} out of source_langs.",
        )

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if there is no translator into the language."""
        return self.of(to_lang)(texts, from_lang=from_lang, to_lang=to_lang)
