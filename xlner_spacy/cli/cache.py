"""The option --cache: translations that are kept on disk for later runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from spacy.language import Language

    from ..translators.cache import CachedTranslator

Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FOLDER",
        help="Keep translations in this folder, as plain text, and take from it what has been "
        "translated before: by this or any other run, also one that is going on.",
    ),
]


def cache_translations(nlp: Language, folder: Path | None) -> list[CachedTranslator]:
    """Put a cache round the translators of a pipeline's xl_ components, but for those that
    have one. Members of an `xl_ensemble` are pipelines of their own and are left alone.

    RAISES: SetupError for a translator that cannot be told from others.
    """
    from ..pipeline.base import StageComponent
    from ..translators.cache import CachedTranslator

    caches: list[CachedTranslator] = []
    if folder is None:
        return caches
    for _, component in nlp.pipeline:
        for stage in component.stages if isinstance(component, StageComponent) else ():
            translator = vars(stage).get("translator")
            if translator is not None and not isinstance(translator, CachedTranslator):
                caches.append(CachedTranslator(translator, folder))
                vars(stage)["translator"] = caches[-1]
    return caches


def report_cache(caches: list[CachedTranslator], folder: Path | None) -> None:
    """Say how much was translated anew."""
    if caches:
        hits, misses = sum(c.hits for c in caches), sum(c.misses for c in caches)
        print(f"{misses} sentences translated, {hits} taken from {folder}", file=sys.stderr)
