"""Which pipeline a text is for, and what makes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

CONFIG = "config"  # the method of a service that was given one


class Choice(NamedTuple):
    """What a request may choose.

    method (str): A name of `offered_methods.METHODS`, or CONFIG.
    sources: The source languages; () for a method that does not translate.
    """

    lang: str
    method: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """What the command line gave, for the process that loads pipelines.

    config (Path): A config or the folder of a pipeline; then nothing can be chosen.
    code (Path): A Python file to import first.
    gpu_id (int): -1 for none; None: the first one where there is one.
    """

    config: Path | None = None
    lang: str | None = None
    source_langs: tuple[str, ...] = ()
    overrides: dict[str, Any] = field(default_factory=dict)
    code: Path | None = None
    gpu_id: int | None = None
