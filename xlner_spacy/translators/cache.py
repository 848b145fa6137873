"""Translations that are kept on disk, so that a text is translated once.

They are in SQLite as plain text, and nobody but their owner can read them. diskcache (5.6.3) is not
used: a cache that was tampered with makes it write into folders of another's choice (its settings
come from the file), it unpickles unless told otherwise (CVE-2025-69872, not mended), opening it
takes 30 ms where SQLite takes 1.5, and a file that cannot be written is reported as a timeout.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from ..errors import SetupError
from ..files import cache_dir
from ..models.answers import check_translations
from ..models.description import Description, describe
from ..settings import check_setting
from ..types import Translator

# Texts asked for in one query; SQLite takes some thousands of values.
_AT_ONCE = 500
# Seconds to wait for another process that writes.
_PATIENCE = 60.0


class CachedTranslator:
    """Asks the translator only for texts that it has not translated before, in any process.

    A translation is kept by the translator's settings, the version of its package, the
    languages and the text; where a setting names a folder or a file, by its time of change
    too. What could not be translated is not kept, so that it is tried again.

    translator (Translator): The translator that does the work: a block of its own.
    folder (Path): Where the translations are kept. None: "translations" in the user's cache
        folder, or in that which XLNER_CACHE names.
    version (str): Give another one to have everything translated again; needed where the
        translator cannot be told apart by its settings.

    Attributes hits, misses (int): Texts found in the cache and texts translated, so far.
    """

    description: ClassVar[Description] = Description(
        "translator, its translations kept on disk",
        model="another translator",
    )

    def __init__(
        self, translator: Translator, folder: Path | None = None, version: str = ""
    ) -> None:
        check_setting("Cache", "translator", translator, callable(translator), "a translator")
        self.translator = translator
        self.folder = Path(folder) if folder is not None else None
        self.version = version
        named = bool(version) or not inspect.isroutine(translator)
        wanted = (
            "set: a function of your own has no version by which its translations could be told"
        )
        check_setting("Cache", "version", version, named, wanted)
        self._identity = identity(translator)
        self.hits = 0
        self.misses = 0

    @property
    def whole_texts(self) -> bool:
        return bool(getattr(self.translator, "whole_texts", False))

    @property
    def failures(self) -> dict[str, str]:
        """Texts that the translator gave up, where it says so."""
        found: dict[str, str] = getattr(self.translator, "failures", {})
        return found

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if the cache cannot be used."""
        prefix = json.dumps([self._identity, self.version, from_lang, to_lang])
        keys = {text: _digest(prefix, text) for text in texts}
        with self._database() as database:
            known = _find(database, keys)
        todo = [text for text in keys if text not in known]
        self.hits += len(known)
        self.misses += len(todo)
        if todo:
            answers = check_translations(
                self.translator(todo, from_lang=from_lang, to_lang=to_lang), todo
            )
            new = dict(zip(todo, answers, strict=True))
            rows = [(keys[text], answer) for text, answer in new.items() if answer]
            with self._database() as database, database:
                database.executemany("INSERT OR REPLACE INTO translations VALUES (?, ?)", rows)
            known |= new
        return [known[text] for text in texts]

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call: none is carried into another process or thread."""
        folder = self.folder or cache_dir() / "translations"
        path = folder / "translations.sqlite"
        try:
            _make_private(path)
            with closing(sqlite3.connect(path, timeout=_PATIENCE)) as database:
                database.execute("PRAGMA trusted_schema=OFF")
                database.execute("PRAGMA journal_mode=WAL")
                database.execute(
                    "CREATE TABLE IF NOT EXISTS translations (key BLOB PRIMARY KEY, text TEXT)"
                )
                yield database
        except (sqlite3.Error, OSError) as error:
            raise SetupError(
                f"The translation cache {path} cannot be used: {error}",
                hint="Delete the file, give another folder in the block of xlner.Cache.v1, or do "
                "without it.",
            ) from error


def _make_private(path: Path) -> None:
    """Make the file, and its folder if there is none, for the owner alone: 0600 and 0700. SQLite
    gives its other files the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    if path.stat().st_mode & 0o077:
        with suppress(PermissionError):  # it is another user's, who decides
            path.chmod(0o600)


def identity(translator: Any) -> str:
    """A translator's identity: its kind, settings and package's version."""
    settings = {
        name: identity(value) if callable(value) else _setting(value)
        for name, value in sorted(getattr(translator, "__dict__", {}).items())
        if (callable(value) or _is_setting(value)) and not name.startswith("_")
    }
    kind = translator if inspect.isroutine(translator) else type(translator)
    description = describe(translator)
    version = _version(description.package) if description else ""
    return json.dumps([kind.__module__, kind.__qualname__, version, settings])


def _is_setting(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bool, Path, list, tuple))


def _setting(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_setting(item) for item in value]
    if isinstance(value, (str, Path)) and os.path.exists(value):
        files = [Path(value), *Path(value).glob("*")]
        return [str(value), max(file.stat().st_mtime_ns for file in files)]
    return str(value) if isinstance(value, Path) else value


def _version(package: str) -> str:
    if not package:
        return ""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _find(database: sqlite3.Connection, keys: dict[str, bytes]) -> dict[str, str]:
    texts = {key: text for text, key in keys.items()}
    wanted = list(texts)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        marks = ",".join("?" * len(part))
        query = f"SELECT key, text FROM translations WHERE key IN ({marks})"
        for key, text in database.execute(query, part):
            if not isinstance(text, str):
                raise sqlite3.DatabaseError("it is damaged: a translation in it is no text")
            found[texts[key]] = text
    return found


def _digest(prefix: str, text: str) -> bytes:
    whole = f"{prefix}\n{text}".encode("utf8", "surrogatepass")
    return hashlib.blake2b(whole, digest_size=16).digest()
