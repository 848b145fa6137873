"""Checks of settings: configs and calls from Python may give anything."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, get_args

from .errors import SetupError


def check_setting(part: str, name: str, value: object, valid: bool, wanted: str) -> None:
    """RAISES: SetupError that names the setting, its value and what it must be."""
    if not valid:
        raise SetupError(f"{part}: {name}={value!r} is not {wanted}.")


def is_number(value: Any) -> bool:
    """Whether it can be compared with others: not NaN, not a bool."""
    return isinstance(value, Real) and not isinstance(value, bool) and value == value


def is_whole(value: Any) -> bool:
    """Whether something can be counted with it: an integer, not a bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_choice(part: str, name: str, value: object, choices: Any) -> None:
    """Check a setting whose type is a Literal, for calls from Python; configs are checked by
    the type itself.

    choices: The Literal.
    RAISES: SetupError that names the setting, its value and the choices.
    """
    known = get_args(choices)
    check_setting(part, name, value, value in known, f"one of {', '.join(map(str, known))}")
