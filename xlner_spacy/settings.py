"""Checks of settings: configs and calls from Python may give anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from numbers import Integral, Real
from typing import Any, get_args

from .errors import SetupError


def check_setting(part: str, name: str, value: object, valid: bool, wanted: str) -> None:
    """RAISES: SetupError that names the setting, its value and what it must be."""
    if not valid:
        raise SetupError(f"{part}: {name}={value!r} is not {wanted}.")


def is_number(value: Any) -> bool:
    """Whether a value is a number that can be compared: neither NaN nor a bool."""
    return isinstance(value, Real) and not isinstance(value, bool) and value == value


def is_whole(value: Any) -> bool:
    """Whether a value is an integer and not a bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_choice(part: str, name: str, value: object, choices: Any) -> None:
    """Check a setting whose type is a Literal, for calls from Python; configs are checked by
    the type itself.

    choices: The Literal.
    RAISES: SetupError that names the setting, its value and the choices.
    """
    known = get_args(choices)
    check_setting(part, name, value, value in known, f"one of {', '.join(map(str, known))}")


def check_weights(
    part: str, voters: str, weights: Mapping[str, float], known: Collection[str]
) -> None:
    """RAISES: SetupError if a weight is for none of the voters, or not above 0.

    voters (str): What they are, in the plural: "members".
    known: Their names.
    """
    strangers = [repr(name) for name in weights if name not in known]
    if strangers:
        raise SetupError(
            f"{part}: there are weights for {', '.join(strangers)}, not among the {voters}.",
            hint=f"Its {voters} are {', '.join(map(repr, known))}.",
        )
    for name, weight in weights.items():
        usable = is_number(weight) and 0 < weight < float("inf")
        check_setting(part, f"weights.{name}", weight, usable, "a number greater than 0")


def part_weights(
    part: str, kind: str, parts: Mapping[str, Any], weights: Mapping[str, float] | None
) -> dict[str, float]:
    """The weight of each of several parts by its name; 1 where none is given.

    kind (str): What they are, in the singular: "measure".
    RAISES: SetupError if one is no part, or a weight is none or of a part that there is not.
    """
    weights = weights or {}
    usable = bool(parts) and all(map(callable, parts.values()))
    check_setting(part, f"{kind}s", parts, usable, f"at least one {kind}, and nothing else")
    known = not set(weights) - set(parts)
    check_setting(
        part, "weights", weights, known, f"made of the {kind}s' names ({', '.join(parts)})"
    )
    found = {name: weights.get(name, 1.0) for name in parts}
    usable = min(found.values()) >= 0 and sum(found.values()) > 0
    check_setting(part, "weights", weights, usable, "0 or more each, with a sum above 0")
    return found


def differences(
    old: Any, new: Any, name: str = "", words: tuple[str, str] = ("then", "now")
) -> list[str]:
    """What differs between the settings of two runs: for each its name with dots, and both values.

    old, new: Plain data, as JSON has them.
    words: What is said after the old value and after the new one.
    """
    if isinstance(old, dict) and isinstance(new, dict) and name.count(".") < 6:
        found = []
        for key in sorted(old.keys() | new.keys(), key=str):
            part = f"{name}.{key}" if name else str(key)
            found.extend(differences(old.get(key), new.get(key), part, words))
        return found
    return [] if old == new else [f"{name}: {old!r:.80} {words[0]}, {new!r:.80} {words[1]}"]
