"""A part describes itself: what it does, what it needs, and what its results depend on.

`xlner info`, the report, the model card and the errors about missing packages read this.
A class that is registered as a part states it once:

    class MyAligner:
        description: ClassVar[Description] = Description("links by chance", package="numpy")
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, get_type_hints

from catalogue import RegistryError

from ..errors import SetupError, install_hint
from ..registry import REGISTRIES


class Embedded(NamedTuple):
    """A model that comes inside a Python distribution."""

    name: str
    package: str  # the distribution, as PyPI names it


@dataclass(frozen=True)
class Description:
    """What a part is and what it needs to run.

    words (str): What it is or does, in a few words.
    package (str): The distribution whose version its results depend on.
    module (str): The Python module that must be importable.
    binary (str): The program that must be on the PATH.
    extra (str): The extra of this package that installs the module.
    install (str): The command that installs the module or the program, where no extra does.
    model (str): The model or the other parts that it works with, in a few words.
    hub (bool): Whether its setting `model` may name a model of the Hugging Face Hub.
    embedded (Embedded): The model that it uses where its block names none.
    """

    words: str
    package: str = ""
    module: str = ""
    binary: str = ""
    extra: str = ""
    install: str = ""
    model: str = ""
    hub: bool = False
    embedded: Embedded | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        # confection checks settings by the annotations of the signature, but of a class it does
        # not resolve those that `from __future__ import annotations` has made strings.
        init = vars(owner).get("__init__")
        if init is not None:
            init.__annotations__ = get_type_hints(init, include_extras=True)

    @property
    def missing(self) -> str:
        """The package or program that is not installed, in words; "" if nothing is missing."""
        if self.module and importlib.util.find_spec(self.module) is None:
            return f"the Python package {self.module}"
        if self.binary and shutil.which(self.binary) is None:
            return f"the program {self.binary!r}"
        return ""

    @property
    def how_to_install(self) -> str:
        """The command that installs what the part needs; "" if this package brings it along."""
        return install_hint(self.extra) if self.extra else self.install

    @property
    def needs(self) -> str:
        """Everything that the part needs besides this package, in words."""
        needed = [f"package {self.module}"] if self.module else []
        needed += [f"program {self.binary}"] if self.binary else []
        needed += [self.model] if self.model else []
        return ", ".join(needed) or "nothing more"

    def check(self, part: str) -> None:
        """RAISES: SetupError if something is missing, with the command that installs it."""
        if self.missing:
            raise SetupError(
                f"{part} needs {self.missing}, which is not installed.",
                hint=f"Install it: {self.how_to_install}",
            )

    def describe_block(self, block: Mapping[str, Any]) -> str:
        """The words, with the model that a config block of the part uses."""
        if block.get("model") is not None:
            return f"{self.words}, {block['model']}"
        return f"{self.words} on {self.embedded.name}, embedded" if self.embedded else self.words

    def packages(self, block: Mapping[str, Any]) -> list[str]:
        """The distributions whose versions the results of a config block depend on."""
        model = block.get("model")
        found = [self.package] if self.package else []
        if model is not None:
            # A spaCy pipeline is a distribution of its own.
            found.append(str(model).replace("_", "-"))
        elif self.embedded and self.embedded.package not in found:
            found.append(self.embedded.package)
        return found


def describe(part: Any) -> Description | None:
    """The description of a registered class, of a function that is annotated as returning such
    a class, or of an instance; None for a part that has none."""
    returned = getattr(part, "__annotations__", {}).get("return")
    if isinstance(returned, str):
        returned = getattr(part, "__globals__", {}).get(returned)
    for candidate in (part, returned):
        found = getattr(candidate, "description", None)
        if isinstance(found, Description):
            return found
    return None


def describe_name(registry: str, name: str) -> Description | None:
    """The description of what is registered as `name` in the registry "xl_aligners", say; None
    if it has none, or is not registered here."""
    try:
        return describe(REGISTRIES[registry].get(name))
    except (KeyError, RegistryError, ImportError, AttributeError):
        return None
