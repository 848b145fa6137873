"""An output file that a run collects batch by batch: where it was interrupted, the next run of the
same command goes on, and the file is the same as if nothing had happened.

Until all texts are there, a hidden folder beside the output has them:

    texts   what is written so far; what a run that was killed left half-written is cut off
    log     JSON lines: the settings, then for each batch the size of `texts` after it, the digest
            of the input that it was made from, and what is to be reported of it

A batch counts when its line is in the log. Only whole batches are kept, for what a text is batched
with may change the last digits of its confidences.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from spacy.tokens import Doc, DocBin

from ..errors import InputError
from ..files import make_folder, resumed_after_full_disk, suffix_of
from ..settings import differences
from .texts import to_line

Counts = dict[str, Counter[str]]


class ResumableOutput:
    """What an interrupted run may leave, and the next one takes up. See `resumable`.

    counts: Of all texts that were added, those of earlier runs included: kind -> what -> number.
    """

    def __init__(
        self, output: Path, folder: Path, settings: Mapping[str, Any], batch_size: int, force: bool
    ) -> None:
        self.output = output
        self.batch_size = batch_size
        self.counts: Counts = {}
        self.finished = False
        self._texts, self._log = folder / "texts", folder / "log"
        self._settings = json.loads(json.dumps(settings))  # as JSON has them: no tuples
        self._inputs: list[str] = []  # digests of texts that were read and not yet written
        self._docs: list[Doc] = []  # the batch that is being filled
        self._batch_counts: Counts = {}
        size = self._texts.stat().st_size if self._texts.is_file() else 0
        old_settings, self._batches = _read_log(self._log, size)
        if self._batches:
            self._check_settings(old_settings, force)

    @property
    def done(self) -> int:
        """How many texts would not have to be done again."""
        return len(self._batches) * self.batch_size

    def rest_of(self, texts: Iterator[Doc]) -> Iterator[Doc]:
        """The texts that are still to be done: without the batches that are there already, as far
        as the input has not changed."""
        kept: list[dict[str, Any]] = []
        read: list[Doc] = []
        for batch in self._batches:
            read = list(islice(texts, self.batch_size))
            if _digest(map(_text_digest, read)) != batch["input"]:
                break
            kept.append(batch)
            read = []
        self._take_up(kept)
        return self._watched(chain(read, texts))

    def add(self, doc: Doc, counts: Counts) -> None:
        """Take the next text, with what is to be reported of it."""
        self._docs.append(doc)
        count(self._batch_counts, counts)
        if len(self._docs) == self.batch_size:
            self._write_batch()

    def finish(self) -> None:
        """Give the output its name."""
        _append(self._texts, _encode(self._docs, self.output))
        count(self.counts, self._batch_counts)
        result = self._texts
        if suffix_of(self.output) == ".spacy":
            result = self._texts.with_name("result")
            _join(self._texts, result)
        result.replace(self.output)
        self.finished = True

    def _check_settings(self, old: Any, force: bool) -> None:
        found = differences(old, self._settings)
        if found and not force:
            raise InputError(
                f"{self.output}: an unfinished run with other settings has left {self.done} texts:"
                "\n  " + "\n  ".join(found),
                hint="Run it with the old settings to go on, or add --force to start again from the beginning.",
            )
        if found:
            self._batches = []

    def _take_up(self, kept: list[dict[str, Any]]) -> None:
        with self._texts.open("ab") as texts:
            texts.truncate(kept[-1]["size"] if kept else 0)
        # The old log goes when the new one is whole.
        new = self._log.with_name("log-new")
        new.write_bytes(b"".join(map(_line, [self._settings, *kept])))
        new.replace(self._log)
        self._batches = kept
        for batch in kept:
            count(self.counts, batch["counts"])

    def _watched(self, texts: Iterable[Doc]) -> Iterator[Doc]:
        for doc in texts:
            self._inputs.append(_text_digest(doc))
            yield doc

    def _write_batch(self) -> None:
        n = len(self._docs)
        size = _append(self._texts, _encode(self._docs, self.output))
        batch = {"size": size, "input": _digest(self._inputs[:n]), "counts": self._batch_counts}
        _append(self._log, _line(batch))
        self._batches.append(batch)
        count(self.counts, self._batch_counts)
        self._docs, self._inputs, self._batch_counts = [], self._inputs[n:], {}


@contextmanager
def resumable(
    output: Path, settings: Mapping[str, Any], batch_size: int, *, force: bool = False
) -> Iterator[ResumableOutput]:
    """Open an output for one process alone, with what an interrupted run has left of it.

    output (Path): The .jsonl or .spacy file. It appears when `finish` is called.
    settings: All that the result depends on besides the texts: plain data.
    batch_size (int): How many texts are kept at once; the pipeline's.
    force (bool): Give up what a run with other settings has left.
    RAISES: InputError if a run with other settings has left something, or another process writes
        the output; SetupError if the disk is full.
    """
    output = output.resolve()  # the target of a link
    folder = output.with_name(f".{output.name}-unfinished")
    make_folder(folder)
    try:
        with FileLock(folder / "lock", timeout=0), resumed_after_full_disk(output):
            run = ResumableOutput(output, folder, settings, batch_size, force)
            try:
                yield run
            finally:
                if run.finished or not run.done:
                    shutil.rmtree(folder)
    except Timeout as error:
        raise InputError(
            f"{output} is being written by another process.", hint="Wait for it to end."
        ) from error


def count(counts: Counts, more: Mapping[str, Mapping[str, int]]) -> None:
    """Add counts of the same kinds."""
    for kind, counter in more.items():
        counts.setdefault(kind, Counter()).update(counter)


def _read_log(log: Path, size: int) -> tuple[Any, list[dict[str, Any]]]:
    """The settings, and the batches that are in the first `size` bytes of the texts. A line that a
    killed run or a crashed machine left unfinished ends them."""
    lines: list[Any] = []
    for line in log.read_bytes().splitlines() if log.is_file() else ():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    settings, batches = (lines[0], lines[1:]) if lines else (None, [])
    return settings, [batch for batch in batches if batch["size"] <= size]


def _encode(docs: list[Doc], output: Path) -> bytes:
    """Texts as they are kept: lines of the .jsonl file, or one line per batch with its DocBin."""
    if suffix_of(output) != ".spacy":
        return b"".join(map(to_line, docs))
    if not docs:
        return b""
    return base64.b64encode(DocBin(store_user_data=True, docs=docs).to_bytes()) + b"\n"


def _join(texts: Path, result: Path) -> None:
    """The DocBins of all batches as one."""
    whole = DocBin(store_user_data=True)
    with texts.open("rb") as lines:
        for line in lines:
            whole.merge(DocBin(store_user_data=True).from_bytes(base64.b64decode(line)))
    whole.to_disk(result)


def _append(path: Path, content: bytes) -> int:
    """Write at the end of a file, down to the disk. RETURNS: The size that it has then."""
    with path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _line(value: Any) -> bytes:
    return (json.dumps(value) + "\n").encode()


def _text_digest(doc: Doc) -> str:
    """A digest of everything that a line of the input says."""
    content = ([token.text_with_ws for token in doc], sorted(map(repr, doc.user_data.items())))
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("".join(texts).encode()).hexdigest()
