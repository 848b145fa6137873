"""`xlner review-export`, `review-import` and `review-agreement`: reviewed texts and other tools, and two reviewers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, RequiredLang
from .review import Gold, Reviewer, Silver, who

Format = Annotated[
    str,
    typer.Option("--format", "-f", help="label-studio, doccano or prodigy.", show_default=False),
]


def review_export(
    texts: Annotated[
        Path,
        typer.Argument(
            metavar="TEXTS", help="Reviewed texts (gold.jsonl), or silver data to be corrected."
        ),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    name: Format,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Of reviewed texts, for Prodigy's words.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write reviewed texts, or silver data as pre-annotations, for another tool for labelling."""
    from ..files import atomic_file, check_place
    from ..review.exchange.file_formats import advice, format_of, texts_to_export, written
    from ..text.terminal import visible

    format_of(name)
    check_place(output, texts)
    found = texts_to_export(texts, lang)
    content = written(found, name)
    with atomic_file(output) as file:
        file.write(content)
    print(visible(f"Wrote {output}: {len(found)} texts.\n{advice(found, name)}"), file=sys.stderr)


def review_import(
    labelled: Annotated[
        Path, typer.Argument(metavar="LABELLED", help="What the other tool has exported.")
    ],
    silver: Silver,
    output: Gold,
    name: Format,
    reviewer: Reviewer = None,
    debug: Debug = False,
) -> None:
    """Take what was labelled in another tool into a review."""
    from ..review.decisions import Review
    from ..review.exchange.file_formats import Imported, format_of
    from ..review.review_texts import read_silver
    from ..text.terminal import visible

    format_of(name)
    review = Review(read_silver(silver), output, who(reviewer))
    try:
        result = Imported(review, labelled, name)
        n_done = len(review.done)
    finally:
        review.close()
    lines = [
        *review.notes,
        f"{labelled}: {result.taken} texts, {result.changed} of them new or changed.",
    ]
    lines += [f"  {n} not taken: {reason}" for reason, n in result.skipped.items()]
    if result.moved:
        lines.append(
            f"  {len(result.moved)} entities grew to whole words, {result.moved[0]!r:.60} for one."
        )
    lines.append(f"{output}: {n_done} texts are reviewed.")
    print(visible("\n".join(lines)), file=sys.stderr)


def review_agreement(
    first: Annotated[Path, typer.Argument(help="Reviewed texts, or gold of any format.")],
    second: Annotated[Path, typer.Argument(help="The same texts, by somebody else.")],
    lang: RequiredLang,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file for the figures.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Compare two reviewers on the texts that both have: F1 by label, and Cohen's kappa of words."""
    from wasabi import table

    from ..evaluation.paired import Estimate
    from ..files import check_place, write_json
    from ..review.two_reviewers import compare_reviewers
    from ..text.terminal import visible

    if output is not None:
        check_place(output, first, second)
    result = compare_reviewers(first, second, lang)

    def figure(value: Estimate | None) -> str:
        return f"{value.value:.3f} ({value.low:.3f}-{value.high:.3f})" if value else "-"

    rows = [
        (label or "all", figure(own.f1), own.first, own.second, own.both)
        for label, own in result.by_label.items()
    ]
    header = ("label", "F1", str(first), str(second), "both")
    print(visible(str(table(rows, header=header, divider=True))))
    print(f"Cohen's kappa of words: {figure(result.kappa)}")
    print(
        f"{result.texts} texts in both, {result.only_first} and {result.only_second} in one only."
    )
    if output is not None:
        write_json(output, result.as_record())
