"""Programs that translators talk to, which may die or never answer."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast


class ChildFailed(Exception):
    """A child process did not answer. The message says why."""


class Child:
    """A process to write to and read from. It is killed when this object goes, or Python ends.

    In a session of its own, so that Ctrl+C does not reach it, and that what it has started
    can be killed with it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = {}) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        self.input = cast(BinaryIO, self.process.stdin)
        self.output = cast(BinaryIO, self.process.stdout)
        self.kill = weakref.finalize(self, _end, self.process, os.getpid())

    def is_alive(self) -> bool:
        return self.process.poll() is None

    @contextmanager
    def answering(self, seconds: float) -> Iterator[None]:
        """For the block that writes a question and reads its answer.

        If it is left by an error or an interrupt the process is killed: its answer would be
        taken for the next one's.

        RAISES: ChildFailed if the process has died, or did not answer in so many seconds.
        """
        late = threading.Event()

        def stop() -> None:
            late.set()
            _kill_group(self.process)

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        answered = False
        try:
            yield
            answered = True
        except (EOFError, BrokenPipeError):
            reason = f"no answer in {seconds:g} seconds" if late.is_set() else self._how_it_died()
            raise ChildFailed(reason) from None
        finally:
            timer.cancel()
            if not answered or late.is_set():
                self.kill()

    def _how_it_died(self) -> str:
        code = self.process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return f"the translator's process died ({how})"


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    """Kill a process and what it has started, and wait for it."""
    if os.getpid() != owner:  # in a forked child: it is not its process
        return
    _kill_group(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):  # what was not read any more
                pipe.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):  # it has ended since, or has no group yet
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
