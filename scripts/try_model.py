"""Load an installed model and tag a text: python scripts/try_model.py PACKAGE TEXT

In TEXT, [Ana Dias](PER) marks an entity that the model should find. A small model may be wrong:
the comparison is printed, and the script ends with 0.
"""

from __future__ import annotations

import re
import sys

import spacy
from spacy.tokens import Doc
from wasabi import table

Entity = tuple[int, int, str]
"""Start and end by character, and the label."""

MARKED = re.compile(r"\[([^][]+)\]\((\w+)\)")


def read_marked(marked: str) -> tuple[str, list[Entity]]:
    """The text without its marks, and the entities that were marked."""
    text = ""
    entities = []
    end = 0
    for match in MARKED.finditer(marked):
        text += marked[end : match.start()]
        entities.append((len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        end = match.end()
    return text + marked[end:], entities


def compare(expected: list[Entity], found: list[Entity]) -> list[tuple[Entity | None, ...]]:
    """Pairs of an expected and a found entity that share text, or of one and None, in their order."""
    pairs: list[tuple[Entity | None, ...]] = []
    rest = list(found)
    for wanted in expected:
        match = next((e for e in rest if e[0] < wanted[1] and wanted[0] < e[1]), None)
        if match:
            rest.remove(match)
        pairs.append((wanted, match))
    pairs += [(None, entity) for entity in rest]
    return sorted(pairs, key=lambda pair: min(entity[0] for entity in pair if entity))


def verdict(wanted: Entity | None, entity: Entity | None) -> str:
    """What is wrong with a found entity, or "right"."""
    if wanted is None:
        return "WRONG: not an entity"
    if entity is None:
        return "WRONG: not found"
    wrong = []
    if wanted[:2] != entity[:2]:
        wrong.append("boundaries")
    if wanted[2] != entity[2]:
        wrong.append("label")
    return f"WRONG: {' and '.join(wrong)}" if wrong else "right"


def report(doc: Doc, expected: list[Entity]) -> str:
    """A table of what was expected and what was found, and a sentence that sums it up."""
    found = [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]
    if not expected:
        lines = [f"  {label:4} {doc.text[start:end]}" for start, end, label in found]
        return "\n".join([*lines, "No entities are marked in the text: nothing to compare with."])

    def shown(entity: Entity | None) -> str:
        return f"{doc.text[entity[0] : entity[1]]} ({entity[2]})" if entity else "-"

    pairs = compare(expected, found)
    verdicts = [verdict(*pair) for pair in pairs]
    rows = [(*map(shown, pair), v) for pair, v in zip(pairs, verdicts, strict=True)]
    right = verdicts.count("right")
    summary = f"{right} of {len(expected)} expected entities are right"
    if right < len(pairs):
        summary += (
            ". The model is WRONG on this text; its scores in metrics/ say how often that happens"
        )
    return table(rows, header=("expected", "found", ""), divider=True) + f"{summary}."


def main(package: str, marked: str) -> None:
    """Print the text, and its entities beside those that are marked in it."""
    text, expected = read_marked(marked)
    print(text)
    print(report(spacy.load(package)(text), expected))


if __name__ == "__main__":
    main(*sys.argv[1:])
