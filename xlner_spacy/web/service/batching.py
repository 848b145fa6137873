"""The thread that gives waiting texts to the models."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

from ...errors import SetupError
from .limits import Limits
from .model_process import ModelFailed, ModelProcess
from .service_metrics import ServiceMetrics
from .text_answers import failed_answer
from .waiting_texts import Waiting, WaitingTexts

logger = logging.getLogger(__name__)

State = Literal["loading", "ready", "failed", "stopped"]


class CannotBeUsed(Exception):
    """The pipeline that was chosen cannot be loaded. The message says why, and what to do."""


class Batching:
    """Takes batches from the queue one after the other, and goes on whatever becomes of one.

    A batch that the models crash or hang on is tried again text by text; the text that does it alone gets the reason.

    on_failure: Called if the pipeline of the command line cannot be loaded at the start, or the thread ends.

    Attributes:
        state (State): Of the models.
        failure (SetupError | None): Why they cannot be loaded.
    """

    def __init__(
        self,
        models: ModelProcess,
        waiting: WaitingTexts,
        metrics: ServiceMetrics,
        limits: Limits,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self.models = models
        self.waiting = waiting
        self.metrics = metrics
        self.limits = limits
        self.on_failure = on_failure
        self.state: State = "loading"
        self.failure: SetupError | None = None
        self._rate = 1.0  # texts a second, of late
        self._thread = threading.Thread(target=self._run, name="batches", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the models' process. What waits is answered with an error."""
        self.state = "stopped"
        for item in self.waiting.close():
            if item.answer.set_running_or_notify_cancel():
                item.answer.set_exception(CannotBeUsed("The service is being stopped."))
        self.models.stop()
        self._thread.join(5)

    def seconds_until_room(self) -> int:
        """A guess for Retry-After: how long a half of the queue will take."""
        return max(1, min(120, round(len(self.waiting) / 2 / self._rate)))

    def _run(self) -> None:
        try:
            self.models.start()
            self.state = "ready"
            while (batch := self.waiting.take()) is not None:
                begun = [item for item in batch if item.answer.set_running_or_notify_cancel()]
                if begun:
                    self._answer(begun)
        except (SetupError, ModelFailed) as error:  # at the start: batches catch their own
            self.failure = error if isinstance(error, SetupError) else SetupError(str(error))
        finally:
            # A service that answers nothing any more must not look as if it did.
            if self.state != "stopped":
                self.state = "failed"
                self.on_failure()

    def _answer(self, batch: list[Waiting]) -> None:
        started = time.monotonic()
        try:
            self.models.load(batch[0].choice)
            self.state = "ready"
            started = time.monotonic()
            answers = self.models.run(
                batch[0].choice, [item.text for item in batch], [item.detail for item in batch]
            )
        except SetupError as error:
            for item in batch:
                item.answer.set_exception(CannotBeUsed(str(error)))
            return
        except ModelFailed as failure:
            self._recover(batch, str(failure))
            return
        seconds = time.monotonic() - started
        self.metrics.batch(len(batch), seconds)
        self._rate = 0.8 * self._rate + 0.2 * len(batch) / max(seconds, 1e-3)
        for item, answer in zip(batch, answers, strict=True):
            item.answer.set_result(answer)

    def _recover(self, batch: list[Waiting], reason: str) -> None:
        if self.state == "stopped":
            for item in batch:
                item.answer.set_exception(CannotBeUsed("The service is being stopped."))
            return
        self.state = "loading"
        self.metrics.restarts.inc()
        logger.warning("The models failed on a batch of %d texts: %s", len(batch), reason)
        if len(batch) == 1:
            item = batch[0]
            item.answer.set_result(
                failed_answer("the models failed", reason, len(item.text), item.detail)
            )
            return
        again = [Waiting(i.text, i.choice, i.detail, i.deadline, is_suspect=True) for i in batch]
        for old, new in zip(batch, again, strict=True):
            _pass_on(new, old)
        self.waiting.put_back(again)


def _pass_on(new: Waiting, old: Waiting) -> None:
    """Give the answer of a second try to those who wait for the first."""

    def done(future: object) -> None:
        if new.answer.cancelled():
            old.answer.set_exception(TimeoutError())
        elif error := new.answer.exception():
            old.answer.set_exception(error)
        else:
            old.answer.set_result(new.answer.result())

    new.answer.add_done_callback(done)
