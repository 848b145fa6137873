"""The config of a study."""

from __future__ import annotations

from typing import Any

from thinc.api import Config

from .places import PROJECT


def read_settings(name: str, *, quick: bool = False) -> dict[str, Any]:
    """The blocks of studies/NAME/study.cfg.

    Variables stay as they are: they are those of the configs that the blocks are merged into.

    quick (bool): The small version: what the block `quick` names replaces settings of the block `study`.
    """
    config = Config().from_disk(PROJECT / "studies" / name / "study.cfg", interpolate=False)
    settings: dict[str, Any] = dict(config)
    small = settings.pop("quick", {})
    if quick:
        settings["study"] = {**settings["study"], **small}
    return settings
