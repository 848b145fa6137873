"""What a part needs beside the package itself, said once: for `xlner info` and for errors.

A module of parts states it as `NEEDS = Needs(...)`, or `Needs()` for nothing.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from typing import Any

from ..errors import SetupError


@dataclass(frozen=True)
class Needs:
    """What a part needs to run.

    module (str): The Python module that must be importable.
    binary (str): The program that must be on the PATH.
    install (str): The command that installs the module or the program.
    model (str): The model that it loads, in a few words.
    """

    module: str = ""
    binary: str = ""
    install: str = ""
    model: str = ""

    @property
    def missing(self) -> str:
        """What is not there, in words; "" if all is."""
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"the Python package {self.module}"
        if self.binary and shutil.which(self.binary) is None:
            return f"the program {self.binary!r}"
        return ""

    def check(self, part: str) -> None:
        """RAISES: SetupError if something is missing, with the command that installs it."""
        if self.missing:
            raise SetupError(
                f"{part} needs {self.missing}, which is not installed.",
                hint=f"Install it: {self.install}",
            )

    def __str__(self) -> str:
        what = [f"package {self.module}"] if self.module else []
        what += [f"program {self.binary}"] if self.binary else []
        what += [self.model] if self.model else []
        return ", ".join(what) or "nothing more"


def needs_of(factory: Any) -> Needs | None:
    """What the part that a registered function makes needs; None if its module does not say."""
    module = sys.modules.get(getattr(factory, "__module__", ""))
    stated = getattr(module, "NEEDS", None)
    return stated if isinstance(stated, Needs) else None
