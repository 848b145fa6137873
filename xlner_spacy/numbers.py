"""Whether a setting is a number: configs and calls from Python may give anything."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any


def is_number(value: Any) -> bool:
    """Whether it can be compared with others: not NaN, not a bool."""
    return isinstance(value, Real) and not isinstance(value, bool) and value == value


def is_whole(value: Any) -> bool:
    """Whether something can be counted with it: an integer, not a bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)
