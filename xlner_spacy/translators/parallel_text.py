"""Translations that are already there: a file of parallel text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from ..corpus.texts import read_pairs
from ..models.description import Description
from ..models.lazy import LazyBackend


class ParallelText(LazyBackend):
    """Looks texts up in a file. A text that is not in it has no translation ("").

    path (Path): A .tsv file (text, tab, translation) or a .jsonl file with the keys
        "text" and "translation".
    """

    description: ClassVar[Description] = Description("a file of translations")

    whole_texts = True

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: InputError if the file cannot be read, naming the line."""
        return [self._translations.get(text.strip(), "") for text in texts]

    @cached_property
    def _translations(self) -> dict[str, str]:
        return {text.strip(): translation for text, translation in read_pairs(self.path)}
