"""The parallel texts of NTREX-128 (CC BY-SA 4.0): the same 1,997 sentences in many languages."""

from __future__ import annotations

import os
from pathlib import Path

ENGLISH = "eng"


def read_ntrex() -> dict[str, list[str]]:
    """Language code -> its sentences; sentence k is the same in all. Of the two kinds of Portuguese one
    is enough."""
    folder = Path(os.environ.get("XLNER_DATA", "assets")) / "ntrex"
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not there. Set XLNER_DATA to a folder that has ntrex/.")
    files = sorted(folder.glob("*.txt"))
    return {f.stem: f.read_text("utf8").split("\n") for f in files if f.stem != "por-BR"}
