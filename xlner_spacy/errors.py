"""Errors that a user can act on: what is wrong, where, and what to do next."""

from __future__ import annotations

import logging


def install_hint(extra: str) -> str:
    """The command that installs one of our extras. It names the checkout: the package is not on
    the index yet, and somebody else could take its name there."""
    return f'pip install ".[{extra}]" in the checkout of xlner-spacy'


class XlnerError(Exception):
    """Base of every error raised on purpose by this package.

    message (str): What is wrong, naming the input or the setting.
    hint (str): What to do about it; printed on a line of its own.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message if not hint else f"{message}\n{hint}")
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple:
        return type(self), (self.message, self.hint)


class SetupError(XlnerError):
    """A missing package or model, an unknown language, a wrong setting.

    It would strike every text alike, so it is never retried text by text and never
    handed to spaCy's error handler: it always ends the run.
    """


class BackendError(XlnerError):
    """A backend answered with something that it must not answer (a wrong number of
    translations, say) for the texts it was given."""


class InputError(XlnerError):
    """A file or an argument that cannot be used: names the file and the line."""


def log_failure(logger: logging.Logger, what: str, text: str, detail: object = "") -> None:
    """Log that something was not done for a text. Texts may be private: the text and the detail,
    which may quote it, are logged at INFO only (`xlner --verbose`).

    what (str): What was not done, in words that do not depend on the text.
    detail: The reason, an error for example.
    """
    logger.warning("%s, for a text of %d characters", what, len(text))
    logger.info("%s, for %r: %s", what, text[:80], detail)
