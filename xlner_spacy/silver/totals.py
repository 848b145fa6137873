"""Counts of a build, and the texts that its report shows."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import Any

from spacy.tokens import Doc

from ..document.attributes import dropped, get_data
from ..document.failed_sources import count_sources
from .marker_projection import PLACED
from .selection import Selected

# For the report: from each part so many texts, and the projections that are least sure.
EXAMPLES = 5


LEAST_SURE = 10

_KINDS = (
    "texts",
    "train",
    "dev",
    "entities_lost",
    "source_dropped",
    "placed",
    "sources",
    "sources_failed",
)


class Totals:
    """Counts, and what the report shows, of one part or of many."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter] = {kind: Counter() for kind in _KINDS}
        self.examples: list[dict[str, Any]] = []
        self.least_sure: list[dict[str, Any]] = []

    def count(self, doc: Doc, selected: Selected) -> None:
        """Add one projected text."""
        kept = selected.doc is not None
        outcome = selected.outcome if kept else f"left out: {selected.outcome}"
        self.counts["texts"].update({"read": 1, outcome: 1})
        self.counts["entities_lost"].update(selected.lost)
        found = selected.fates.count("kept")
        if kept:
            self.counts[selected.outcome].update(selected.entities)
        elif found:
            self.counts["entities_lost"]["in a text that is left out"] += found
        self.counts["source_dropped"].update(dropped(doc))
        self.counts["placed"].update(get_data(PLACED, doc) or {})
        count_sources(doc, self.counts["sources"], self.counts["sources_failed"])
        if not doc._.xl_entities:
            return
        shown = example(doc, selected)
        if kept and len(self.examples) < EXAMPLES:
            self.examples.append(shown)
        for entity, fate in zip(doc._.xl_entities, selected.fates, strict=True):
            self.least_sure.append({**shown, "entity": dict(entity), "fate": fate})
        self._keep_least_sure()

    def count_labels_left_out(self, number: int) -> None:
        """Count entities of a labelled corpus that the label map left out."""
        if number:
            self.counts["entities_lost"].update({"label left out": number})

    def add(self, record: dict[str, Any]) -> None:
        """Add a part's."""
        for kind, counter in record["counts"].items():
            self.counts[kind].update(counter)
        if len(self.examples) < 4 * EXAMPLES:
            self.examples.extend(record["examples"])
        self.least_sure.extend(record["least_sure"])
        self._keep_least_sure()

    def _keep_least_sure(self) -> None:
        self.least_sure = heapq.nsmallest(
            LEAST_SURE,
            self.least_sure,
            key=lambda item: (item["entity"]["confidence"], item["text"], item["entity"]["start"]),
        )

    def result(self) -> dict[str, Any]:
        """The counts and examples, as a part's record and the manifest keep them."""
        return {
            "counts": {kind: dict(sorted(c.items())) for kind, c in self.counts.items()},
            "examples": self.examples,
            "least_sure": self.least_sure,
        }


def example(doc: Doc, selected: Selected) -> dict[str, Any]:
    """A text and its translation with their entities, for the report."""
    return {
        "text": doc.text,
        "ents": [
            {
                "start": e["start_char"],
                "end": e["end_char"],
                "label": e["label"],
                "confidence": e["confidence"],
                "fate": fate,
            }
            for e, fate in zip(doc._.xl_entities, selected.fates, strict=True)
        ],
        "translations": [
            {
                "text": translation["text"],
                "ents": [
                    {"start": e["start_char"], "end": e["end_char"], "label": e["label"]}
                    for e in translation["entities"] or []
                ],
            }
            for translation in doc._.xl_translations or []
        ],
        "outcome": selected.outcome,
    }
