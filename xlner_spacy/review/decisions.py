"""The state of a review: what was decided on each text, as its journal tells it, and the file of reviewed texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..evaluation.metrics import TokenEntity
from ..files import atomic_file, check_place, suffix_of
from .gold_lines import by_characters, gold_line, gold_record, read_gold_lines, without_overlaps
from .journal import WAY_OUT, Entry, Journal, journal_of, now
from .review_texts import ReviewText, SilverTexts

# What a decision can be: on a page, or taken from a file.
ACTIONS = ("accept", "relabel", "move", "add", "reject", "reset", "reopen", "edit", "import")
_OURS = {"text", "ents", "tokens", "ner_tags"}


class StaleError(Exception):
    """A decision on a text that was changed meanwhile, on another page of the same reviewer."""


@dataclass(frozen=True)
class Verdict:
    """What is decided on a text so far.

    done (bool): Whether it is reviewed; if not, it is only begun.
    n (int): The number of the decision.
    others (dict): Keys of its line that are not ours; kept.
    """

    entities: tuple[TokenEntity, ...]
    done: bool
    n: int
    reviewer: str = ""
    others: dict[str, Any] = field(default_factory=dict)


class Review:
    """A review of silver data into a file.

    silver (SilverTexts): What is reviewed.
    output (Path): The .jsonl file of reviewed texts. The journal lies beside it.
    reviewer (str): Who reviews.

    RAISES: InputError if the file or its journal was changed by hand so that it cannot be read, is of other silver data, or
        is open; SetupError if it cannot be written.
    """

    def __init__(self, silver: SilverTexts, output: Path, reviewer: str = "") -> None:
        if suffix_of(output) != ".jsonl":
            raise InputError(
                f"{output}: reviewed texts are written as .jsonl.",
                hint="Name the file so: --output gold.jsonl",
            )
        check_place(output)
        self.silver = silver
        self.output = output
        self.reviewer = reviewer
        self.verdicts: dict[str, Verdict] = {}
        self._before: list[tuple[int, str, Verdict | None]] = []  # what each decision replaced
        self._last = 0
        self._lines: dict[str, bytes] = {}
        self._sum = 0
        self._sums = {0}
        is_new = not journal_of(output).exists()
        self.journal = Journal(journal_of(output), silver.place, reviewer)
        self.notes = self.journal.notes
        try:
            for where, entry in self.journal.entries():
                self._apply(entry, where)
                self._sums.add(self._sum)
            self._reconcile()
            self.journal.begin()
        except BaseException:
            if is_new:
                self.journal.file.unlink()
            self.close()
            raise

    def close(self) -> None:
        """End the review: another may begin."""
        self.journal.close()

    @property
    def done(self) -> list[str]:
        """The keys of the reviewed texts, in the order of their review."""
        return list(self._lines)

    def entities(self, key: str) -> tuple[TokenEntity, ...]:
        """The entities of a text as they are now."""
        verdict = self.verdicts.get(key)
        return verdict.entities if verdict else self.silver.by_key[key].silver

    def revision(self, key: str) -> int:
        """The number of the last decision on a text; 0 if there is none."""
        verdict = self.verdicts.get(key)
        return verdict.n if verdict else 0

    def decide(
        self,
        key: str,
        entities: Iterable[TokenEntity],
        *,
        done: bool,
        action: str,
        revision: int | None = None,
        others: dict[str, Any] | None = None,
    ) -> Verdict:
        """Decide on a text; it is on the disk when this returns.

        entities: All entities of the text, by word.
        done (bool): Whether the text is reviewed with this.
        action (str): One of ACTIONS.
        revision (int): The last decision that the reviewer saw; None: any.
        RAISES: StaleError if there is a later one; InputError if the entities overlap or are not within the text;
            SetupError if it cannot be written.
        """
        text = self.silver.by_key[key]
        if action not in ACTIONS:
            raise InputError(f"{action!r} is no decision.", hint=f"One of {', '.join(ACTIONS)}.")
        if revision is not None and revision != self.revision(key):
            raise StaleError(key)
        found = without_overlaps(text, entities, f"the text {text.text[:40]!r}")
        self._write(text, found, done, action, others)
        self._write_gold()
        return self.verdicts[key]

    def take(
        self,
        rows: Iterable[tuple[ReviewText, Sequence[TokenEntity], dict[str, Any]]],
        action: str = "import",
    ) -> int:
        """Take reviewed texts from elsewhere: their entities, and keys of their lines that are kept. RETURNS: How many changed."""
        changed = 0
        for text, entities, others in rows:
            found = without_overlaps(text, entities, f"the text {text.text[:40]!r}")
            old = self.verdicts.get(text.key)
            if old and old.done and list(old.entities) == found and old.others == others:
                continue
            self._write(text, found, True, action, others)
            changed += 1
        self._write_gold()
        return changed

    def undo(self) -> str | None:
        """Undo the last decision that stands. RETURNS: The key of its text; None if there is none."""
        if not self._before:
            return None
        n, key, _ = self._before[-1]
        self._append({"undo": n})
        self._write_gold()
        return key

    def _write(
        self,
        text: ReviewText,
        entities: Sequence[TokenEntity],
        done: bool,
        action: str,
        others: dict[str, Any] | None,
    ) -> None:
        if others is None:
            verdict = self.verdicts.get(text.key)
            others = verdict.others if verdict else {}
        parts = [text.part(own) for own in entities]
        entry: Entry = {
            "key": text.key,
            "action": action,
            "done": done,
            "ents": [[start, end, label, text.text[start:end]] for start, end, label in parts],
        }
        self._append({**entry, "others": others} if others else entry)

    def _append(self, entry: Entry) -> None:
        entry = {"n": self._last + 1, **entry, "reviewer": self.reviewer, "time": now()}
        self.journal.append(entry)
        self._apply(entry, str(self.journal.file))

    def _apply(self, entry: Entry, where: str) -> None:
        """Move on by one entry of the journal."""
        n = entry.get("n")
        if not isinstance(n, int) or n <= self._last:
            raise InputError(f"{where}: no number after {self._last}.", hint=WAY_OUT)
        self._last = n
        if "undo" in entry:
            if not self._before or self._before[-1][0] != entry["undo"]:
                raise InputError(f"{where}: undoes a decision that is not the last.", hint=WAY_OUT)
            _, key, before = self._before.pop()
            self._set(key, before)
            return
        text, verdict = self._read(entry, n, where)
        self._before.append((n, text.key, self.verdicts.get(text.key)))
        self._set(text.key, verdict)

    def _read(self, entry: Entry, n: int, where: str) -> tuple[ReviewText, Verdict]:
        key = entry.get("key")
        text = self.silver.by_key.get(key) if isinstance(key, str) else None
        if text is None:
            raise InputError(
                f"{where}: its text is not in {self.silver.place}; the review is of {self.journal.silver}.",
                hint="Give the silver data that were reviewed, or another --output.",
            )
        given = entry.get("ents")
        if (
            not isinstance(given, list)
            or not all(isinstance(item, list) and len(item) >= 3 for item in given)
            or not isinstance(entry.get("done"), bool)
        ):
            raise InputError(f'{where}: no decision: "ents" and "done" are missing.', hint=WAY_OUT)
        entities = by_characters(text, [tuple(item[:3]) for item in given], where)
        others = entry.get("others") or {}
        verdict = Verdict(
            tuple(entities), entry["done"], n, str(entry.get("reviewer", "")), dict(others)
        )
        return text, verdict

    def _set(self, key: str, verdict: Verdict | None) -> None:
        if key in self._lines:
            self._sum -= _number(self._lines[key])
        if verdict is None:
            self.verdicts.pop(key, None)
        else:
            self.verdicts[key] = verdict
        if verdict is None or not verdict.done:
            self._lines.pop(key, None)
            return
        record = gold_record(self.silver.by_key[key], verdict.entities, self.silver.lang)
        self._lines[key] = gold_line({**record, **verdict.others})
        self._sum += _number(self._lines[key])

    def _reconcile(self) -> None:
        """Compare the file of reviewed texts with the journal, and make them agree.

        A file that is as the journal was at an earlier moment is written again. Anything else was changed by hand, and is taken
        over; so is a file that has no journal.
        """
        if not self.output.exists():
            self._write_gold()
            return
        rows = list(read_gold_lines(self.output, self.silver))
        total = sum(_number(line) for _, _, line in rows)
        if total == self._sum:
            return
        if total in self._sums:
            self._write_gold()
            self.notes.append(f"{self.output} was older than its journal: it was written again.")
            return
        kept = {text.key for text, _, _ in rows}
        removed = [key for key in self._lines if key not in kept]
        for key in removed:
            self._write(self.silver.by_key[key], self.verdicts[key].entities, False, "reopen", None)
        changed = self.take(
            ((text, entities, _others(line)) for text, entities, line in rows), "edit"
        )
        self.notes.append(
            f"{self.output} was changed by hand: {changed} texts were taken over from it, {len(removed)} that are no longer in "
            "it are to be reviewed again."
        )

    def _write_gold(self) -> None:
        with atomic_file(self.output) as file:
            file.writelines(self._lines.values())


def _number(line: bytes) -> int:
    """Sums of these tell sets of lines apart, whatever the order."""
    return int.from_bytes(hashlib.blake2b(line, digest_size=16).digest(), "big")


def _others(line: bytes) -> dict[str, Any]:
    import json

    return {key: value for key, value in json.loads(line).items() if key not in _OURS}
