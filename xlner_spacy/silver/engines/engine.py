"""Who makes the parts of a build: the protocol, and this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from spacy.language import Language

from ..part import Workshop, make_part
from ..planning import PlannedPart
from ..shards import MadePart, pack


@dataclass(frozen=True)
class Order:
    """What all parts of a build have in common.

    reader (Language): Whose vocabulary labelled texts have.
    settings (dict): All that the pipeline's results depend on (`manifest.pipeline_settings`, without the files
        that it was made from).
    """

    workshop: Workshop
    reader: Language
    settings: dict[str, Any]


class Engine(Protocol):
    """Makes parts. It neither reads the input nor writes the output."""

    def make(
        self, parts: Iterator[PlannedPart], order: Order, progress: Callable[[int], object]
    ) -> Generator[MadePart, None, None]:
        """Make parts, and give back each once, in any order. Closed, it lets go of all that it uses.

        progress: Called with the number of texts finished since the last call.
        """
        ...


class LocalEngine:
    """Makes one part after the other in this process."""

    def make(
        self, parts: Iterator[PlannedPart], order: Order, progress: Callable[[int], object]
    ) -> Generator[MadePart, None, None]:
        for part in parts:
            made = make_part(part.docs, part.repeats, order.workshop, progress)
            yield MadePart(part.number, part.input_sha256, pack(made.docs), made.record)
