"""The templates of reports."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined


def template(name: str) -> str:
    """A template of this package."""
    return files("xlner_spacy.reports").joinpath(name).read_text(encoding="utf8")


def environment(autoescape: bool) -> Environment:
    """For templates of reports: numbers and shares as people read them."""
    found = Environment(
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    found.filters.update(number="{:,}".format, figure="{:.3f}".format, percent=percent)
    found.filters["setting"] = setting
    return found


def percent(value: float) -> str:
    """A percentage; less than half a percent is not rounded to nothing."""
    return "<1%" if 0 < value < 0.005 else f"{value:.0%}"


def setting(value: Any) -> str:
    """A setting's value: "yes", "PERSON → PER, DATE left out"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        maps = (f"{old} → {new}" if new else f"{old} left out" for old, new in value.items())
        return ", ".join(maps)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
