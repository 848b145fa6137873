"""`xlner review`: silver data, reviewed on a page in the browser."""

from __future__ import annotations

import getpass
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from .options import Debug, Limit

Silver = Annotated[
    Path,
    typer.Argument(
        metavar="SILVER",
        help="What `xlner build` wrote: its folder (the train texts), a folder in it, or a .spacy file.",
    ),
]
Gold = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="The .jsonl file of reviewed texts; its journal lies beside it."
    ),
]
Reviewer = Annotated[
    str | None, typer.Option("--reviewer", help="Who reviews; default: the user's name.")
]


def who(reviewer: str | None) -> str:
    """The reviewer's name."""
    if reviewer:
        return reviewer
    with suppress(OSError, KeyError, ImportError):  # a user without a name, in a container
        return getpass.getuser()
    return "reviewer"


def review(
    silver: Silver,
    output: Gold,
    order: Annotated[
        str,
        typer.Option(
            "--order",
            help="unsure: the least sure first. informative: those whose labels say most, unlike those before. "
            "random: drawn by --seed.",
        ),
    ] = "unsure",
    seed: Annotated[int, typer.Option("--seed", help="Of --order random.")] = 0,
    limit: Limit = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="A label besides those of the silver data; several times."),
    ] = None,
    reviewer: Reviewer = None,
    port: Annotated[int, typer.Option("--port", help="0 takes any that is free.")] = 8010,
    host: Annotated[
        str, typer.Option("--host", help="By default only this machine can open the page.")
    ] = "127.0.0.1",
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    debug: Debug = False,
) -> None:
    """Review silver data: accept, relabel, move, add and reject entities on a page in the browser.

    Every decision is on the disk before the next. What is reviewed is gold data, for `xlner.Corpus.v1` and `xlner evaluate`.
    """
    from ..web import listening

    listening.need_web()
    from ..review.decisions import Review
    from ..review.gold_lines import check_label
    from ..review.review_orders import ordered
    from ..review.review_texts import read_silver
    from ..web.page_safety import PageSafety
    from ..web.review_app import MAX_BYTES, ReviewPage, make_review_app

    with listening.bind(host, port) as own:
        corpus = read_silver(silver)
        texts = ordered(corpus, order, seed)[:limit]
        state = Review(corpus, output, who(reviewer))
        try:
            given = [check_label(name, "--label") for name in label or []]
            used = {e[2] for verdict in state.verdicts.values() for e in verdict.entities}
            labels = list(dict.fromkeys([*corpus.labels, *given, *sorted(used)]))
            page = ReviewPage(state, texts, labels, order)
            hosts = {"127.0.0.1", "localhost", "[::1]"} if listening.is_loopback(host) else None
            app = PageSafety(make_review_app(page), MAX_BYTES, frozenset(hosts) if hosts else None)
            _say(page, listening.url(own), host, corpus.repeated)
            if show:
                import webbrowser

                webbrowser.open(listening.url(own))
            with suppress(KeyboardInterrupt):
                listening.make_server(app).run(sockets=[own])
        finally:
            state.close()
    print(f"{output}: {len(state.done)} texts are reviewed.", file=sys.stderr)


def _say(page: object, url: str, host: str, repeated: int) -> None:
    from ..text.terminal import visible
    from ..web.listening import is_loopback
    from ..web.review_app import ReviewPage

    assert isinstance(page, ReviewPage)
    about = page.about()
    lines = list(about["notes"])
    if not page.labels:
        lines.append("The silver data have no labels: give them with --label.")
    if repeated:
        lines.append(
            f"{repeated} texts are there more than once: each is shown, and counted, once."
        )
    if not about["has_translations"]:
        lines.append(
            "These silver data keep no translations: only names in them are shown. Build again to have them."
        )
    if about["elsewhere"]:
        lines.append(
            f"{about['elsewhere']} reviewed texts are not among these, and stay in the file."
        )
    if not is_loopback(host):
        lines.append("Everybody who can reach this machine can read the texts and decide on them.")
    lines.append(f"{about['done']} of {about['total']} texts are reviewed.")
    print(visible("\n".join(lines)), file=sys.stderr)
    print(f"Review at {url} (end with Ctrl+C)", file=sys.stderr, flush=True)
