"""Rows of a .parquet file, as records like those of .jsonl lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError, SetupError, install_hint

_ROWS = 1000  # in memory at once


def read_rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a file, in order, and where each is ("texts.parquet, row 3").

    A null is a key that is not there. What JSON has no form for (a date, a decimal) is a string.

    file (Path): Or what `located` makes of a URL.
    RAISES: InputError if it is no such file, or a value is neither text nor data; SetupError without
        pyarrow.
    """
    parquet = _pyarrow(file)
    from pyarrow.lib import ArrowException

    number = 0
    with file.open("rb") as content:
        try:
            for batch in parquet.ParquetFile(content).iter_batches(_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    where = f"{file}, row {number}"
                    yield where, _plain(row, where)
        except (ArrowException, UnicodeDecodeError) as error:
            raise _damaged(file, error, f" after row {number}" if number else "") from error


def count_rows(file: Path) -> int:
    """How many rows a file has. Errors as of `read_rows`."""
    parquet = _pyarrow(file)
    from pyarrow.lib import ArrowException

    with file.open("rb") as content:
        try:
            return int(parquet.ParquetFile(content).metadata.num_rows)
        except ArrowException as error:
            raise _damaged(file, error) from error


def _pyarrow(file: Path) -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise SetupError(
            f"{file}: reading .parquet files needs pyarrow.", hint=install_hint("parquet")
        ) from error
    return parquet


def _damaged(file: Path, error: Exception, place: str = "") -> InputError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return InputError(
        f"{file} is not a complete .parquet file{place} ({reason:.200}).",
        hint="Write it again, or copy it anew.",
    )


def _plain(value: Any, where: str) -> Any:
    """A value as JSON would give it back."""
    if isinstance(value, dict):
        plain = {str(key): _plain(item, where) for key, item in value.items()}
        return {key: item for key, item in plain.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if isinstance(value, bytes):
        raise InputError(
            f"{where}: {value[:20]!r} is bytes, not text.",
            hint="Write text columns as strings, and leave out columns of bytes.",
        )
    if isinstance(value, float) and not math.isfinite(value):
        return None  # as pandas writes what is missing
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)
