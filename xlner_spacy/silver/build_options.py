"""How a silver corpus is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import SetupError
from ..settings import check_choice, check_setting

Mode = Literal["translate-test", "translate-train", "teach"]
Projection = Literal["alignment", "markers"]


@dataclass(frozen=True)
class BuildOptions:
    """How a silver corpus is built; see `Selection` for what is kept of it.

    mode (str): "translate-test", "translate-train", or "teach": texts are labelled by the pipeline's teachers.
    keep_duplicates (bool): Keep texts that are there already.
    shard_size (int): Input texts of a part: what is lost if a run is killed.
    batch_size (int): Texts that the pipeline gets at once.
    projection (str): How translate-train finds the gold entities in the translation: by
        "alignment", or by "markers" that are translated with them, and by alignment those whose
        markers were lost.

    RAISES: SetupError for values out of range.
    """

    mode: Mode = "translate-test"
    keep_duplicates: bool = False
    shard_size: int = 500
    batch_size: int = 64
    projection: Projection = "alignment"

    def __post_init__(self) -> None:
        check_choice("build", "mode", self.mode, Mode)
        check_choice("build", "projection", self.projection, Projection)
        if self.projection == "markers" and self.mode != "translate-train":
            raise SetupError(
                "Entities can be marked where their text is translated, in translate-train only.",
                hint="Add --mode translate-train; for raw texts see xl_back_translator.",
            )
        for name in ("shard_size", "batch_size"):
            value = getattr(self, name)
            check_setting("build", name, value, value > 0, "greater than 0")
