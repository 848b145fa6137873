"""The texts that wait for the models: a bounded queue from which batches are taken."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from .limits import Limits
from .service_choice import Choice
from .text_answers import Answer

# Seconds: clients that got their answers from one batch have their next texts in the same one.
GATHER = 0.01


@dataclass(eq=False)
class Waiting:
    """A text of a request.

    deadline (float): When nobody waits for it any more, by time.monotonic().
    answer: Set when it is done. Cancelled by a client that goes away.
    is_suspect (bool): The models crashed or hung on a batch with it; it is tried again alone.
    """

    text: str
    choice: Choice
    detail: bool
    deadline: float
    answer: Future[Answer] = field(default_factory=Future)
    is_suspect: bool = False


class QueueFull(Exception):
    """There is no room for a request's texts. None of them has been taken on."""


class WaitingTexts:
    """First come, first served; texts of several requests that are for the same pipeline go together.

    Any thread may add; one takes.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._texts: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._last = 1  # texts in the last batch

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, texts: Sequence[Waiting]) -> None:
        """All of a request's texts or none. RAISES: QueueFull."""
        with self._changed:
            if len(self._texts) + len(texts) > self.limits.queue:
                self._drop_abandoned()
            if self._closed or len(self._texts) + len(texts) > self.limits.queue:
                raise QueueFull
            self._texts.extend(texts)
            self._changed.notify()

    def put_back(self, texts: Sequence[Waiting]) -> None:
        """Texts that were taken already go before all others, whether or not there is room. If the
        queue is closed they are cancelled."""
        with self._changed:
            if not self._closed:
                self._texts.extendleft(reversed(texts))
                return
        for item in texts:
            item.answer.cancel()

    def take(self) -> list[Waiting] | None:
        """Wait for texts, and take a batch of those that still have somebody waiting. None: closed."""
        with self._changed:
            while True:
                self._drop_abandoned()
                if 0 < len(self._texts) < self._last:
                    self._changed.wait_for(lambda: len(self._texts) >= self._last, GATHER)
                if self._texts:
                    batch = self._batch()
                    self._last = len(batch)
                    return batch
                if self._closed:
                    return None
                self._changed.wait()

    def close(self) -> list[Waiting]:
        """Take no more. RETURNS: The texts that nobody will process."""
        with self._changed:
            self._closed = True
            left = list(self._texts)
            self._texts.clear()
            self._changed.notify()
        return left

    def _batch(self) -> list[Waiting]:
        first = self._texts.popleft()
        if first.is_suspect:
            return [first]
        batch, size = [first], len(first.text)
        for item in list(self._texts):
            size += len(item.text)
            if len(batch) >= self.limits.batch_texts or size > self.limits.batch_chars:
                break
            if item.is_suspect or item.choice != first.choice:
                size -= len(item.text)
                continue
            batch.append(item)
        taken = set(map(id, batch))
        self._texts = deque(item for item in self._texts if id(item) not in taken)
        return batch

    def _drop_abandoned(self) -> None:
        now = time.monotonic()
        for item in self._texts:
            if item.deadline < now:
                item.answer.cancel()
        self._texts = deque(item for item in self._texts if not item.answer.cancelled())
