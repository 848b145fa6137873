"""The config of a study."""

from __future__ import annotations

from typing import Any

from thinc.api import Config

from xlner_spacy.errors import InputError

from .places import PROJECT


def read_settings(name: str, *, quick: bool = False) -> dict[str, Any]:
    """The blocks of studies/NAME/study.cfg.

    Variables stay as they are: they are those of the configs that the blocks are merged into.

    quick (bool): The small version: what the block `quick` names replaces settings of the block `study`.
    RAISES: InputError if there is no such study.
    """
    every = {file.parent.name: file for file in (PROJECT / "studies").glob("*/study.cfg")}
    if name not in every:
        raise InputError(
            f"There is no study {name!r}.", hint=f"There are {', '.join(sorted(every))}."
        )
    config = Config().from_disk(every[name], interpolate=False)
    settings: dict[str, Any] = dict(config)
    small = settings.pop("quick", {})
    if quick:
        settings["study"] = {**settings["study"], **small}
    return settings
