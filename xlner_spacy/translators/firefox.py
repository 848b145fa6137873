"""The models of Firefox Translations, for 40 and more languages to English and back, on a CPU.

The package fxtranslate finds, downloads and runs them; two languages that are not English are
translated by way of it. https://mozilla.github.io/translations/firefox-models/
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import langcodes

from ..errors import SetupError
from ..models.description import Description
from ..models.lazy import LazyBackend
from ..text.languages import iso639_1


class Firefox(LazyBackend):
    """Translates sentences on one core. `nlp.pipe(n_process=2)` uses two.

    models (str): Folder of models, one folder per pair ("pt-en") with the files of Firefox: the
        model (.bin), the vocabulary (.spm), the shortlist. What is missing is downloaded to it.
        None: the cache of fxtranslate, ~/.cache/fxtranslate/models.
    """

    description: ClassVar[Description] = Description(
        "Firefox Translations",
        package="fxtranslate",
        module="fxtranslate",
        extra="firefox",
        model="a model of the language pair (17 to 50 MB), downloaded once",
    )

    def __init__(self, models: str | None = None) -> None:
        self.models = models

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if the package or a model for the languages cannot be had."""
        if not texts:
            return []
        translate = self._engine(firefox_code(from_lang), firefox_code(to_lang)).translate
        # The engine invents a translation for an empty text.
        return [translate(text) if text.strip() else "" for text in texts]

    def _engine(self, source: str, target: str) -> Any:
        # An engine must stay in the thread that has made it.
        key = (os.getpid(), threading.get_ident(), source, target)
        if key not in self._engines:
            self.description.check("The Firefox translator")
            from fxtranslate import Translator

            try:
                engine = Translator.load(source, target, self.models)
            except (OSError, RuntimeError, ValueError) as error:
                self._check_folder(source, target, error)
                raise SetupError(
                    f"The Firefox translator has no model from {source} to {target}: {error}",
                    hint="Where there is a network: fxtranslate list shows the languages, "
                    f"fxtranslate models add {source} {target} downloads a model. Elsewhere copy "
                    'the folder of the pair and give the one around it as "models" in the '
                    "translator block.",
                ) from error
            if not engine.translate("1"):  # with a damaged vocabulary it says nothing of anything
                self._check_folder(source, target, None)
            self._engines[key] = engine
        return self._engines[key]

    def _check_folder(self, source: str, target: str, error: Exception | None) -> None:
        """RAISES: SetupError if there is a model of the pair: then it is damaged."""
        folder = model_folders(self.models) / f"{source}-{target}"
        if error is None or folder.is_dir():
            detail = f": {error}" if error else ", it translates a number as nothing"
            raise SetupError(
                f"The Firefox model in {folder} is damaged or not complete{detail}.",
                hint="Delete the folder and download the model again (fxtranslate models add "
                f"{source} {target}), or copy it again.",
            ) from error

    @cached_property
    def _engines(self) -> dict[tuple[int, int, str, str], Any]:
        return {}


def model_folders(models: str | None = None) -> Path:
    """The folder that has a folder for each pair: `models`, or the cache of fxtranslate."""
    return Path(models) if models else Path.home() / ".cache/fxtranslate/models"


def has_model(from_lang: str, to_lang: str) -> bool:
    """Whether the cache has what translates two languages: a model of the pair, or of both with
    English."""
    source, target = firefox_code(from_lang), firefox_code(to_lang)
    by_way = [(source, target)] if "en" in (source, target) else [(source, "en"), ("en", target)]
    folders = model_folders()
    # fxtranslate makes a folder before it downloads into it.
    return all(any((folders / f"{one}-{other}").glob("*.bin")) for one, other in by_way)


def firefox_code(lang: str) -> str:
    """The code of a language in the names of models: "pt-BR" -> "pt", "zh" -> "zh-Hans"."""
    short = iso639_1(lang)
    if short == "zh":
        return f"zh-{langcodes.Language.get(lang).maximize().script}"
    return "nb" if short == "no" else short
