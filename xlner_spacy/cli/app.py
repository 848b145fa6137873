"""The Typer application, and how errors reach the user."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..about import __version__
from ..errors import XlnerError
from ..text.terminal import visible
from .augment import augment
from .build import build
from .embed import embed
from .evaluate import evaluate_app
from .evaluate_robustness import robustness
from .evaluate_shift import shift
from .info import info
from .init_config import init_app
from .init_project import init_project
from .model_card import model_card
from .options import OVERRIDES, debug_is_on
from .pick import pick
from .project import project
from .rank_sources import sources
from .report import report
from .review import review
from .review_files import review_agreement, review_export, review_import
from .self_train import self_train
from .serve import serve
from .train_aligner import train_aligner
from .train_melm import train_melm
from .train_voter import train_voter
from .tune import tune


class ErrorGroup(TyperGroup):
    """Turns errors that a user can act on into two lines and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output (head, say) has had enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except (XlnerError, OSError) as error:
            if debug_is_on():
                raise
            typer.secho(visible(f"Error: {error}"), fg="red", err=True)
            raise typer.Exit(1) from error


class VisibleFormatter(logging.Formatter):
    """Texts and names in log messages do not steer the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


app = typer.Typer(
    name="xlner",
    # Rich would take "[components...]" in a help text for markup.
    rich_markup_mode=None,
    cls=ErrorGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Named entities for any language, by annotation projection.",
)


def _report_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an unexpected error, with a traceback only if --debug asks for it."""
    if debug_is_on() or not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
    else:
        hint = "Run it again with --debug to see where, and please report it."
        message = visible(f"Unexpected {kind.__name__}: {error}\n{hint}")
        typer.secho(message, fg="red", err=True)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"xlner-spacy {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", help="Say which parts are used, and show the texts that fail."
        ),
    ] = False,
) -> None:
    """Named entities for any language, by annotation projection."""
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleFormatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("xlner_spacy")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
    sys.excepthook = _report_unexpected
    # Ended from outside, we leave no temporary file behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


app.command("project", context_settings=OVERRIDES)(project)
app.command("build", context_settings=OVERRIDES)(build)
app.command("augment", context_settings=OVERRIDES)(augment)
app.command("pick")(pick)
app.command("embed")(embed)
app.command("info")(info)
app.command("self-train", context_settings=OVERRIDES)(self_train)
app.command("serve", context_settings=OVERRIDES)(serve)
app.command("sources")(sources)
app.command("report")(report)
app.command("model-card")(model_card)
app.command("review")(review)
app.command("review-export")(review_export)
app.command("review-import")(review_import)
app.command("review-agreement")(review_agreement)
app.command("train-aligner")(train_aligner)
app.command("train-melm")(train_melm)
app.command("train-voter", context_settings=OVERRIDES)(train_voter)
app.command("tune", context_settings=OVERRIDES)(tune)
evaluate_app.command("robustness")(robustness)
evaluate_app.command("shift")(shift)
app.add_typer(evaluate_app, name="evaluate")
init_app.command("project")(init_project)
app.add_typer(init_app, name="init")


def run() -> None:
    """The console script `xlner`."""
    app()
