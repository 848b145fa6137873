"""The journal of a review: a line a decision, only ever appended to, on the disk before the reviewer goes on."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..corpus.texts import decoded, parse_record
from ..errors import InputError, SetupError

logger = logging.getLogger(__name__)

FORMAT = 1
WAY_OUT = (
    "Delete the line if it cannot be corrected: its decision is lost, those of the other lines are kept. "
    "Keep a copy of the file before."
)
Entry = dict[str, Any]


def journal_of(output: Path) -> Path:
    """The journal of a file of reviewed texts lies beside it."""
    return output.with_name(output.name + ".journal")


class Journal:
    """The file, locked for one process.

    file (Path): It is made if it is not there.
    silver (str): The place of the silver data, for the first line.
    reviewer (str): Who reviews; written at the beginning of a session, so that a second reviewer is told.
    notes (list): What was mended, in sentences.

    RAISES: InputError if somebody else has it open, or it is no journal; SetupError if it cannot be written.
    """

    def __init__(self, file: Path, silver: str, reviewer: str) -> None:
        self.file = file
        self.reviewer = reviewer
        self.notes: list[str] = []
        try:
            self._handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        except OSError as error:
            raise SetupError(
                f"{file} cannot be written ({error.strerror}).",
                hint="Name an --output in a folder where you may write.",
            ) from error
        try:
            self._lock()
            self._mend()
            if os.fstat(self._handle).st_size == 0:
                self.append({"xlner_review": FORMAT, "silver": silver})
                _sync_folder(file.parent)
            self._check_header()
        except BaseException:
            self.close()
            raise

    def begin(self) -> None:
        """Write that a session begins."""
        self.append({"session": self.reviewer, "time": now()})

    def append(self, entry: Entry) -> None:
        """Write an entry; it is on the disk when this returns.

        RAISES: SetupError if it is not; the file is then as before.
        """
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf8")
        before = os.fstat(self._handle).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(self._handle, line[written:])
            os.fsync(self._handle)
        except OSError as error:
            os.ftruncate(self._handle, before)
            raise SetupError(
                f"{self.file}: the decision was not written ({error.strerror}).",
                hint="Make room on the disk and decide again: nothing of it was kept.",
            ) from error

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """Where each entry of a decision stands, and the entry.

        RAISES: InputError that names a line that is none.
        """
        with self.file.open("rb") as lines:
            for number, line in enumerate(decoded(lines, str(self.file)), 1):
                where = f"{self.file}, line {number}"
                try:
                    entry = parse_record(line, where)
                except InputError as error:
                    raise InputError(error.message, hint=error.hint or WAY_OUT) from error
                if "session" not in entry and "xlner_review" not in entry:
                    yield where, entry

    def close(self) -> None:
        """Give the lock back."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _lock(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = self._last_reviewer()
            raise InputError(
                f"{self.file} is open: {who or 'somebody'} is reviewing into this file.",
                hint="Wait until the other page is closed, or review into a file of your own (--output); "
                "`xlner review-agreement` compares the two.",
            ) from error

    def _last_reviewer(self) -> str:
        who = ""
        for line in self.file.read_bytes().split(b"\n"):
            if line.startswith(b'{"session"'):
                try:
                    who = str(json.loads(line)["session"])
                except (ValueError, KeyError):
                    continue  # just being written
        return who

    def _mend(self) -> None:
        """A process that was killed while it wrote may have left half a line at the end."""
        content = self.file.read_bytes()
        if not content or content.endswith(b"\n"):
            return
        begin = content.rfind(b"\n") + 1
        torn = content[begin:]
        try:
            whole = isinstance(json.loads(torn), dict)
        except ValueError:
            whole = False
        if whole:
            os.write(self._handle, b"\n")
        else:
            os.ftruncate(self._handle, begin)
            self.notes.append(
                f"{self.file}: its last line was cut off when it was written; these {len(torn)} bytes were removed, all "
                "decisions before it are there."
            )
            logger.warning("%s", self.notes[-1])
        os.fsync(self._handle)

    def _check_header(self) -> None:
        with self.file.open("rb") as lines:
            first = lines.readline()
        try:
            header = json.loads(first)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("xlner_review") != FORMAT:
            raise InputError(
                f"{self.file}, line 1: not the journal of an `xlner review` of this version.",
                hint="Move the file elsewhere, or name another --output.",
            )
        self.silver = str(header.get("silver", ""))


def now() -> str:
    """The time, as journals have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
