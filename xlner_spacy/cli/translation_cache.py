"""The option --cache: translations that are kept on disk for later runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import SetupError

if TYPE_CHECKING:
    from spacy.language import Language

    from ..translators.cache import CachedTranslator

Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FOLDER",
        help="Keep translations in this folder, as plain text, and take from it what has been "
        "translated before: by this or any other run, also one that is going on. (Members of an "
        "xl_ensemble need xlner.Cache.v1 in their own configs.)",
    ),
]


def cache_translations(nlp: Language, folder: Path | None) -> list[CachedTranslator]:
    """Put a cache round the translators of a pipeline's xl_ components, but for those that
    have one. Members of an `xl_ensemble` are pipelines of their own and are left alone.

    RAISES: SetupError for a translator that cannot be told from others, or if there is none.
    """
    from ..pipeline.component import StageComponent
    from ..translators.cache import CachedTranslator

    if folder is None:
        return []
    components = [c for _, c in nlp.pipeline if isinstance(c, StageComponent)]
    stages = [s for c in components for s in c.stages if "translator" in vars(s)]
    if not stages:
        raise SetupError(
            f"There is no translator in this pipeline for --cache to keep translations of: "
            f"{', '.join(nlp.pipe_names)}.",
            hint="Leave --cache out. For members of an xl_ensemble, put xlner.Cache.v1 round the "
            "translators in their configs.",
        )
    caches = []
    for stage in stages:
        own = vars(stage)
        if not isinstance(own["translator"], CachedTranslator):
            own["translator"] = CachedTranslator(own["translator"], folder)
            caches.append(own["translator"])
    return caches


def report_cache(caches: list[CachedTranslator], folder: Path | None) -> None:
    """Report how many sentences were translated and how many came from the cache."""
    if caches:
        hits, misses = sum(c.hits for c in caches), sum(c.misses for c in caches)
        print(f"{misses} sentences translated, {hits} taken from {folder}", file=sys.stderr)
