"""The server's side of the process that has the models."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

from ...errors import SetupError
from ...models.child_process import Child, ChildFailed
from .limits import Limits
from .service_choice import Choice, Recipe

CHILD = Path(__file__).with_name("service_child.py")


class ModelFailed(Exception):
    """The process died or hung with these texts. The message says which."""


class ModelProcess:
    """Starts the process, asks it, and starts it anew after it died. One thread uses it.

    Attributes:
        default (Choice): What the command line asked for; known once it is loaded.
        starts (int): How many times it was started.
    """

    def __init__(self, recipe: Recipe, limits: Limits) -> None:
        self.recipe = recipe
        self.limits = limits
        self.default: Choice | None = None
        self.starts = 0
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        child = self._child
        return child.process.pid if child is not None and child.is_alive() else None

    def start(self) -> Choice:
        """RAISES: SetupError if the pipeline cannot be loaded; ModelFailed."""
        self.stop()
        self.starts += 1
        self._child = Child([sys.executable, "-P", str(CHILD)])
        try:
            pickle.dump(sys.path, self._child.input)
        except BrokenPipeError as error:
            raise ModelFailed("the models' process did not start") from error
        default: Choice = self._ask(
            "first", self.recipe, self.limits.pipelines, seconds=self.limits.load_timeout
        )
        self.default = default
        return default

    def load(self, choice: Choice) -> None:
        """Make sure that a pipeline is in memory.

        RAISES: SetupError if it cannot be loaded; ModelFailed.
        """
        if self._child is None or not self._child.is_alive():
            self.start()
        self._ask("load", choice, seconds=self.limits.load_timeout)

    def run(self, choice: Choice, texts: list[str], details: list[bool]) -> list[dict[str, Any]]:
        """RAISES: SetupError if the pipeline cannot be used; ModelFailed."""
        answers: list[dict[str, Any]] = self._ask(
            "run", choice, texts, details, seconds=self.limits.batch_timeout
        )
        return answers

    def stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _ask(self, kind: str, *value: Any, seconds: float) -> Any:
        child = self._child
        if child is None:
            raise ModelFailed("the models' process is not running")
        try:
            with child.answering(seconds):
                pickle.dump((kind, value), child.input)
                child.input.flush()
                how, answer = pickle.load(child.output)
        except ChildFailed as failure:
            # It speaks of a translator's process.
            reason = str(failure).replace("the translator's process", "the models' process")
            raise ModelFailed(reason) from failure
        except pickle.UnpicklingError as error:  # cut off as it died
            child.kill()
            raise ModelFailed("the models' process died while it answered") from error
        if how == "error":
            raise SetupError(answer)
        if how == "died":
            child.kill()
            raise ModelFailed(answer)
        return answer
