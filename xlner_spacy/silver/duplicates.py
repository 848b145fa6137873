"""Texts that a build has seen before."""

from __future__ import annotations

import hashlib
import json
import sqlite3

from spacy.tokens import Doc

from .selection import text_key


class SeenTexts:
    """Remembers texts by 16 bytes each, in a temporary database: however many there are, they
    are not all in memory.

    with_labels (bool): Whether the same text with other labels is reported as such.
    """

    def __init__(self, *, with_labels: bool) -> None:
        self.with_labels = with_labels
        self._seen = sqlite3.connect("")
        self._seen.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, labels TEXT) WITHOUT ROWID")

    def repeated(self, doc: Doc) -> str | None:
        """Why a text is a duplicate; None if it is new. From now on it is known."""
        key = hashlib.blake2b(text_key(doc.text).encode("utf8", "surrogatepass")).digest()[:16]
        labels = ""
        if self.with_labels:
            labels = json.dumps([(ent.text, ent.label_) for ent in doc.ents])
        found = self._seen.execute("SELECT labels FROM seen WHERE key = ?", (key,)).fetchone()
        if found is None:
            self._seen.execute("INSERT INTO seen VALUES (?, ?)", (key, labels))
            return None
        return "duplicate" if found[0] == labels else "duplicate with other labels"
