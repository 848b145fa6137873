"""The files of the pages."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import FileResponse

STATIC = Path(__file__).parents[1] / "static"


def page(name: str) -> FileResponse:
    """An HTML page of ours."""
    return FileResponse(STATIC / name, media_type="text/html; charset=utf-8")
