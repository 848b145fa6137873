"""What kinds of errors a pipeline makes."""

from __future__ import annotations

from collections.abc import Iterable

from .metrics import TokenEntity
from .model import confusion


def kinds_of_errors(
    found: Iterable[set[TokenEntity]], gold: Iterable[set[TokenEntity]]
) -> dict[str, int]:
    """Kinds of errors: of the gold entities, those with the wrong label (on exactly their words), the wrong words (what
    was found overlaps them) and the missed ones; and what was made up where no entity is."""
    kinds = dict.fromkeys(("wrong_words", "wrong_label", "missed", "made_up"), 0)
    for label, fates in confusion(found, gold).items():
        for fate, count in fates.items():
            if label == "no entity":
                kinds["made_up"] += count
            elif fate == "other words":
                kinds["wrong_words"] += count
            elif fate == "not found":
                kinds["missed"] += count
            elif fate != label:
                kinds["wrong_label"] += count
    return kinds
