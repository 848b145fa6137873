"""Files and folders: checked before use, written atomically, and the folder of cached models.

A URL (s3://bucket/texts.jsonl) stands for a file of an object store. It is a `UPath`, which has the
methods of a Path: what reads and writes through those works with both.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import platformdirs

from .errors import InputError, SetupError, XlnerError, install_hint

logger = logging.getLogger(__name__)


def suffix_of(path: str | Path) -> str:
    """How a file's name ends, in small letters: ".txt" for "TEXTS.TXT" too."""
    return PurePosixPath(str(path)).suffix.lower()


def located(path: str | Path) -> Path:
    """What has the methods of a Path for a path or a URL. file:// becomes a path.

    RAISES: InputError for a URL of a kind that nothing here can read; SetupError if a package is
        missing that can.
    """
    if not isinstance(path, str) or "://" not in path:
        return cast(Path, path) if is_remote(path) else Path(path)
    if path.startswith("file://"):
        return Path(path.removeprefix("file://"))
    try:
        from upath import UPath
    except ImportError as error:
        raise SetupError(
            f"{path}: reading and writing URLs needs fsspec and universal-pathlib.",
            hint=install_hint("remote"),
        ) from error
    scheme = path.partition("://")[0]
    try:
        found = UPath(path)
        _ = found.fs
    except ImportError as error:  # fsspec names the package that reads from there
        raise SetupError(
            f"{path}: a package for {scheme}:// is missing. {error}",
            hint="pip install s3fs for s3://, gcsfs for gs://, adlfs for az://, aiohttp for https://",
        ) from error
    except ValueError as error:
        raise InputError(
            f"{path}: nothing here reads {scheme}:// ({error}).",
            hint="Give a path, or a URL that fsspec knows: s3://, gs://, az://, https://.",
        ) from error
    return cast(Path, found)


def is_remote(path: object) -> bool:
    """Whether it is a URL, as `located` gives it: no operating system's path, but with its methods."""
    return not isinstance(path, str | Path) and hasattr(path, "storage_options")


@contextmanager
def answered(place: object) -> Iterator[None]:
    """For what asks an object store, whose libraries raise anything: no credentials, no network.

    RAISES: InputError that names the URL, instead of errors that are none of ours.
    """
    try:
        yield
    except (XlnerError, FileNotFoundError, MemoryError):
        raise
    except Exception as error:
        if not is_remote(place):
            raise
        detail = (str(error).strip().splitlines() or [""])[0]
        raise InputError(
            f"{place} cannot be reached ({type(error).__name__}: {detail:.200}).",
            hint="Check the address, the network, and the credentials that fsspec's package for it uses.",
        ) from error


def existing(path: str | Path) -> Path:
    """The file of a path or a URL. RAISES: InputError if there is no such file, or no answer."""
    file = located(path)
    with answered(file):
        if not file.is_file():
            what = "is a folder" if file.is_dir() else "does not exist"
            kind = "URL" if is_remote(file) else "path"
            raise InputError(f"{file} {what}.", hint=f"Give the {kind} of a file.")
    return file


def check_place(file: Path, *inputs: str | Path | None) -> None:
    """RAISES: InputError if there can be no file of this name, or if it is one of the inputs."""
    if file.is_dir():
        raise InputError(f"{file} is a folder.", hint="Name a file to write.")
    if not file.resolve().parent.is_dir():
        raise InputError(
            f"{file}: cannot be written: its folder does not exist.",
            hint=f"mkdir -p {file.resolve().parent}",
        )
    for path in inputs:
        if path is not None and file.exists() and Path(path).exists() and file.samefile(path):
            raise InputError(
                f"{file} is an input: it would be replaced.", hint="Name another file to write."
            )


@contextmanager
def resumed_after_full_disk(place: Path) -> Iterator[None]:
    """For runs that keep what they have done.

    RAISES: SetupError that says how to go on, instead of an OSError for want of room.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise SetupError(
            f"{place}: the disk is full ({error.strerror}).",
            hint="Make room and run the same command again: it continues where it stopped.",
        ) from error


def make_folder(path: Path) -> None:
    """RAISES: InputError if there can be no folder of this name."""
    try:
        with answered(path):
            path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {path} cannot be made ({error.strerror}).",
            hint="Name one in a place where you may write.",
        ) from error


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name when the block ends, and is removed if it raises.

    An object of a store is there when it was sent whole, so that it is sent when the block ends.
    """
    if is_remote(path):
        content = BytesIO()
        yield content
        with answered(path):
            path.write_bytes(content.getvalue())
        return
    path = path.resolve()  # the target of a link
    _remove_abandoned(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    fcntl.flock(handle, fcntl.LOCK_EX)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _remove_abandoned(path: Path) -> None:
    """Remove partial files of processes that were killed: nobody holds a lock on them."""
    for partial in path.parent.glob(f".{glob.escape(path.name)}-????????"):
        try:
            with partial.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                partial.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue  # another process is writing it, or has just finished or removed it


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_json(path: Path, value: Any) -> None:
    """JSON as people read it, atomically."""
    with atomic_file(path) as file:
        text = json.dumps(value, ensure_ascii=False, indent=1)
        file.write(f"{text}\n".encode())


def read_json(path: Path) -> dict[str, Any]:
    """RAISES: InputError if there is no such file, or no JSON object in it."""
    try:
        with answered(path):
            text = path.read_bytes().decode("utf8")
        value = json.loads(text)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or 'it is not there'}).",
            hint=f"{path.parent} is not the folder of an `xlner build`.",
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is damaged: not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is damaged: not a JSON object.")
    return value


def cache_dir() -> Path:
    """The folder for unpacked models: `$XLNER_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("XLNER_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("xlner-spacy"))


def build_once(folder: Path, write: Callable[[Path], None]) -> Path:
    """A folder of the cache, written on the first call.

    It is built under a temporary name and renamed when it is complete, so a process that is
    killed leaves nothing half-made, and of two processes that build at once the second finds
    the first one's folder and drops its own.

    write: Is given an empty folder to write into.
    RAISES: SetupError if the cache cannot be written.
    """
    if folder.is_dir():
        return folder
    logger.info("Making %s (once)", folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise SetupError(
            f"The embedded encoder cannot be unpacked into {folder.parent} ({error}).",
            hint="Name another folder, with 500 MB free, in the environment variable XLNER_CACHE.",
        ) from error
    try:
        write(partial)
        _publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _publish(partial: Path, folder: Path) -> None:
    partial.chmod(0o755)
    for file in partial.iterdir():
        file.chmod(0o644)  # safetensors writes 0600: no use to a team that shares a cache
    try:
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        logger.debug("Another process unpacked %s first", folder)


def forget_oldest(pattern: str, keep: int) -> None:
    """Remove folders of the cache that can be made again, all but those last used.

    pattern (str): Of their names, with * and ?.
    keep (int): How many stay.
    """
    used: list[tuple[float, Path]] = []
    for folder in cache_dir().glob(pattern):
        with suppress(FileNotFoundError):  # another process has just removed it
            used.append((folder.stat().st_mtime, folder))
    for _, folder in sorted(used, reverse=True)[keep:]:
        logger.info("Removing %s: not used lately", folder)
        shutil.rmtree(folder, ignore_errors=True)
