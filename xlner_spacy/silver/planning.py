"""The parts of a build, in order: which texts, which of them are duplicates, which parts are done.

This depends on all texts before, so that one process does it, whoever makes the parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..errors import InputError
from ..text.memory import memory_zone
from . import manifest
from .duplicates import SeenTexts
from .folder import begun
from .input_texts import digest
from .part import Workshop
from .shards import read_part, record_file


@dataclass(frozen=True)
class PlannedPart:
    """A part that is to be made.

    docs: Its input texts. They must not be used after the next part was asked for.
    repeats: For each, why it is left out as a duplicate; None if it is new.
    input_sha256 (str): Their digest.
    """

    number: int
    docs: list[Doc]
    repeats: list[str | None]
    input_sha256: str


class Plan:
    """The parts of a build. To be gone through once.

    n_parts (int): How many there are, as far as they were planned.
    """

    def __init__(
        self,
        texts: Iterator[Doc],
        reader: Language,
        output: Path,
        workshop: Workshop,
        settings: dict[str, Any],
        bar: tqdm,
    ) -> None:
        self.n_parts = 0
        self._texts, self._reader, self._output = texts, reader, output
        self._workshop, self._settings, self._bar = workshop, settings, bar
        self._seen = SeenTexts(with_labels=workshop.options.mode == "translate-train")

    def unfinished(self) -> Iterator[PlannedPart]:
        """The parts that are not there.

        RAISES: InputError for a bad input, for one that has changed since a part was made of it,
            and for a shard that is damaged.
        """
        is_marked = False
        for number in count():
            with memory_zone(self._workshop.nlp, self._reader):
                docs = list(islice(self._texts, self._workshop.options.shard_size))
                if not docs:
                    break
                part = self._plan(number, docs)
                self.n_parts += 1
                if read_part(self._output, number, part.input_sha256) is None:
                    if not is_marked:
                        # Rebuilding a part marks the build as unfinished.
                        manifest.write_manifest(self._output, begun(self._settings))
                        is_marked = True
                    yield part
                    continue
            if not self._bar.disable:
                self._bar.initial += len(docs)  # not counted in the rate
            self._bar.update(len(docs))
        if record_file(self._output, number).exists():
            raise InputError(
                f"{self._output} has more parts than the input has texts for.",
                hint="The input has changed since: build into another folder.",
            )

    def _plan(self, number: int, docs: list[Doc]) -> PlannedPart:
        keep = self._workshop.options.keep_duplicates
        repeats = [None if keep else self._seen.repeated(doc) for doc in docs]
        return PlannedPart(number, docs, repeats, digest(docs))
