"""The report of a run: one HTML page of what was built, how good it is, and what to look at.

The page is complete in itself (no script, no font, nothing from a network), and the same
for the same files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..files import atomic_file, check_place
from ..text.languages import direction, language_name
from .facts import (
    confusion_table,
    entity_counts,
    languages,
    most_first,
    parts,
    score_rows,
    text_counts,
)
from .highlights import error, example, unsure
from .inputs import read_build, read_metrics
from .page import COLORS
from .templates import environment, template

SHOWN = 10  # texts with errors that are open to the eye; the others are folded

_SETTINGS = {
    "min_confidence": "entities below it are not trained on",
    "below": "what becomes of those entities: drop = their words count as no entity, "
    "missing = their words are not trained on, text = their text is left out",
    "incomplete": "what becomes of texts with an entity that found no place",
    "empty_rate": "share kept of the texts without entities",
    "dev_rate": "share of the texts that goes to dev",
    "keep_duplicates": "whether texts that are there already are kept",
}


def write_report(
    folder: Path, metrics: Mapping[str, Path], out: Path, title: str | None = None
) -> None:
    """Write the page of a finished build.

    folder (Path): What `xlner build` wrote.
    metrics (Mapping): Files of `xlner evaluate`, by the name that each gets on the page.
    out (Path): The HTML file.
    title (str): The page's heading. None: made from the languages.
    RAISES: InputError if the folder or a file is not what it must be, or `out` cannot be written.
    """
    check_place(out)
    scores = {name: read_metrics(path) for name, path in metrics.items()}
    page = render_report(read_build(folder), scores, title)
    with atomic_file(out) as file:
        file.write(page.encode("utf8"))


def render_report(
    manifest: dict[str, Any], metrics: Mapping[str, dict[str, Any]], title: str | None = None
) -> str:
    """The page, from a build's manifest and metrics by name. RETURNS: HTML."""
    settings = manifest["settings"]
    sources, target = languages(settings)
    names = ", ".join(map(language_name, sources))
    page = environment(autoescape=True).from_string(template("report.html.jinja"))
    return page.render(
        title=title or f"Silver corpus: {language_name(target)} from {names}",
        settings=settings,
        languages={
            "target": {"code": target, "dir": direction(target), "name": language_name(target)},
            "source": {"code": sources[0], "dir": direction(sources[0]), "name": names},
        },
        parts=parts(settings),
        choices=[(name, settings[name], what) for name, what in _SETTINGS.items()],
        counts=manifest["counts"],
        texts=text_counts(manifest["counts"]),
        entities=entity_counts(manifest["counts"]),
        lost=most_first(manifest["counts"]["entities_lost"]),
        placed=most_first(manifest["counts"].get("placed", {})),
        dropped=most_first(manifest["counts"]["source_dropped"]),
        metrics=metrics,
        score_rows=score_rows(metrics),
        confusions={name: confusion_table(scores) for name, scores in metrics.items()},
        errors={
            name: [error(text) for text in scores["wrong"] or ()]
            for name, scores in metrics.items()
        },
        examples=[example(item) for item in manifest["examples"]],
        least_sure=[unsure(item) for item in manifest["least_sure"]],
        shown=SHOWN,
        colors=COLORS,
    )
