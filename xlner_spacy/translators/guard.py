"""A translator that may crash or hang, kept in a process of its own.

The process is an ordinary child, not one of `multiprocessing`: those start the user's script
again, and the processes of `nlp.pipe(n_process=2)` may not have any.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import srsly

from ..errors import SetupError, log_failure
from ..models import worker
from ..models.answers import check_translations
from ..models.child_process import Child, ChildFailed
from ..models.description import Description
from ..models.lazy import LazyBackend
from ..settings import check_setting
from ..types import Translator

logger = logging.getLogger(__name__)

WORKER = worker.__file__
# Any translator can do something with this; it is asked for so that loading a model does
# not count as time that a text took.
FIRST_TEXT = "."


class Guard(LazyBackend):
    """Translates in another process, so that a text that kills it, never ends or raises an
    error costs one translation and not the run.

    A text that the translator raises an error on is given up too, as one is that kills it or
    takes too long: its translation is "", and the Doc has the problem "translator gave up",
    with the reason. Without a guard the error goes to spaCy's error handler.

    translator (Translator): The translator to guard: a block of its own.
    timeout (float): Seconds that one text may take. Then it is given up.
    batch_timeout (float): Seconds that a batch may take. If it takes longer, or the process
        dies, the process is restarted and the batch's texts are translated one by one.
    start_timeout (float): Seconds that the translator may take to load, download included.
    batch_size (int): Texts that are sent to the process at once.

    Attribute failures (dict[str, str]): The texts that were given up, and why. They are not
    tried again.
    """

    description: ClassVar[Description] = Description(
        "translator in a process of its own",
        model="another translator",
    )

    def __init__(
        self,
        translator: Translator,
        timeout: float = 30.0,
        batch_timeout: float = 120.0,
        start_timeout: float = 600.0,
        batch_size: int = 32,
    ) -> None:
        for name, value in (
            ("timeout", timeout),
            ("batch_timeout", batch_timeout),
            ("start_timeout", start_timeout),
            ("batch_size", batch_size),
        ):
            check_setting("Guard", name, value, value > 0, "greater than 0")
        self.translator = translator
        self.timeout = timeout
        self.batch_timeout = batch_timeout
        self.start_timeout = start_timeout
        self.batch_size = batch_size
        self.failures: dict[str, str] = {}

    @property
    def whole_texts(self) -> bool:
        return bool(getattr(self.translator, "whole_texts", False))

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if the translator raises one, or does not start, or fails on the
        text that it is started with; BackendError if it does not give a string for each text.
        """
        languages = {"from_lang": from_lang, "to_lang": to_lang}
        todo = [text for text in dict.fromkeys(texts) if text not in self.failures]
        known = dict.fromkeys(texts, "")
        for start in range(0, len(todo), self.batch_size):
            batch = todo[start : start + self.batch_size]
            known.update(zip(batch, self._translate(batch, languages), strict=True))
        return [known[text] for text in texts]

    def _translate(self, texts: list[str], languages: dict[str, str]) -> list[str]:
        limit = min(self.batch_timeout, self.timeout * len(texts))
        try:
            return self._ask(texts, languages, limit)
        except ChildFailed as failure:
            raised = failure.__cause__  # whose message may quote the text
            reason = type(raised).__name__ if raised else str(failure)
            if len(texts) > 1:
                logger.warning("Translating %d texts one by one: %s", len(texts), reason)
                return [self._translate([text], languages)[0] for text in texts]
            self.failures[texts[0]] = str(failure)
            log_failure(logger, f"Gave up translating ({reason})", texts[0], failure)
            return [""]

    def _ask(self, texts: list[str], languages: dict[str, str], limit: float) -> list[str]:
        worker = self._worker(languages)
        kind, answer = worker.ask((texts, languages), limit)
        if kind == "error":
            _raise_setup_error(answer)
            raise ChildFailed(_said(answer)) from answer
        return check_translations(answer, texts, "The guarded translator")

    def _worker(self, languages: dict[str, str]) -> _Worker:
        """The process, started if there is none. A forked child must not use its parent's."""
        worker = self._workers.get(os.getpid())
        if worker is None or not worker.child.is_alive():
            worker = _Worker(self.translator)
            try:
                kind, answer = worker.ask(([FIRST_TEXT], languages), self.start_timeout)
            except ChildFailed as failure:
                raise SetupError(
                    f"The guarded translator does not start: {failure}.",
                    hint="Try it without xlner.Guard.v1 to see why, or give it more time: "
                    "start_timeout in the translator block.",
                ) from failure
            if kind == "error":
                _raise_setup_error(answer)
                raise SetupError(
                    f"The guarded translator fails on the text {FIRST_TEXT!r}: {_said(answer)}",
                    hint="It is asked for that before all others, so it would fail on them too. "
                    "Try it without xlner.Guard.v1 to see where.",
                ) from answer
            self._workers[os.getpid()] = worker
        return worker

    @cached_property
    def _workers(self) -> dict[int, _Worker]:
        return {}


class _Worker:
    """A process with the translator in it: worker.py."""

    def __init__(self, translator: Translator) -> None:
        try:
            pickled = srsly.pickle_dumps(translator)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise SetupError(
                f"The translator {translator!r:.80} cannot be sent to another process: {error}",
                hint="Guard a registered translator, or a function.",
            ) from error
        self.child = Child([sys.executable, "-P", str(WORKER)])
        self.beginning = pickle.dumps(sys.path) + pickle.dumps(pickled)

    def ask(self, request: Any, seconds: float) -> tuple[str, Any]:
        """RAISES: ChildFailed if the process dies, or has not answered in time."""
        with self.child.answering(seconds):
            self.child.input.write(self.beginning + pickle.dumps(request))
            self.child.input.flush()
            self.beginning = b""
            try:
                kind, answer = pickle.load(self.child.output)
            except pickle.UnpicklingError as error:
                raise EOFError("the answer breaks off") from error
        return kind, answer


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _raise_setup_error(error: BaseException) -> None:
    if isinstance(error, SetupError):
        raise error
