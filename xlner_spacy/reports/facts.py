"""The parts and figures of a build as tables, for the report and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..models.description import Description, describe_name

FATES = ("other words", "not found")  # columns of a confusion that are no labels
NO_ENTITY = "no entity"

_ROLES = {"annotator": "source NER", "measure": "score of a candidate"}


def languages(settings: dict[str, Any]) -> tuple[list[str], str]:
    """The codes of the source languages and of the target language."""
    blocks = settings["components"].values()
    named = [
        code for b in blocks for code in b.get("source_langs") or [b.get("source_lang")] if code
    ]
    sources = list(dict.fromkeys(named)) or ["en"]
    target = next((b["target_lang"] for b in blocks if b.get("target_lang")), settings["lang"])
    return sources, target


@dataclass(frozen=True)
class Part:
    """A part of a projection pipeline.

    role (str): "translator", "source NER", "aligner", ...
    function (str): The registered function.
    what (str): What that is, in words, with its model.
    versions (list): Of the packages that matter to it, "highspy 1.15.1".
    model (str): The model's name or folder; None if it has none.
    description (Description): What the part says about itself.
    arguments (dict): The other settings of its block.
    """

    role: str
    function: str
    what: str
    versions: list[str]
    model: str | None
    description: Description
    arguments: dict[str, Any]


def parts(settings: dict[str, Any]) -> list[Part]:
    """The parts of the pipeline that made a build, in the order in which they work."""
    # A labelled corpus brings its entities along.
    unused = ("annotator",) if settings["mode"] == "translate-train" else ()
    return [
        _part(role, block, settings)
        for component in settings["components"].values()
        for role, block in component.items()
        if role not in unused
        and isinstance(block, dict)
        and any(key.startswith("@xl_") for key in block)
    ]


def _part(role: str, block: dict[str, Any], settings: dict[str, Any]) -> Part:
    versions = settings["versions"]
    key = next(key for key in block if key.startswith("@xl_"))
    model = block.get("model")
    # Local paths are private: only the folder's name is shown.
    is_local = model is not None and model in settings["local_models"]
    shown = {**block, "model": Path(str(model)).name} if is_local else block
    description = describe_name(key.removeprefix("@"), block[key])
    if description is None:  # a part of the user's that does not describe itself
        description = Description(block[key])
    return Part(
        role=_ROLES.get(role, role),
        function=block[key],
        what=description.describe_block(shown),
        versions=[
            f"{name} {versions[name]}" for name in description.packages(block) if versions.get(name)
        ],
        model=model,
        description=description,
        arguments={
            name: value
            for name, value in block.items()
            if not name.startswith("@") and name != "model" and value is not None
        },
    )


def text_counts(counts: dict[str, Any]) -> list[tuple[str, int, float]]:
    """The fate of the texts: (fate, number, share of the texts read)."""
    texts = counts["texts"]
    fates = {
        "kept for training": texts.get("train", 0),
        "kept for dev": texts.get("dev", 0),
        **{name: n for name, n, _ in most_first(texts) if name.startswith("left out: ")},
    }
    return [(name, n, share(n, texts["read"])) for name, n in fates.items()]


def entity_counts(counts: dict[str, Any]) -> list[tuple[str, int, int, float]]:
    """The entities that are trained on: (label, in train, in dev, share of all)."""
    train, dev = counts["train"], counts["dev"]
    total = sum(train.values()) + sum(dev.values())
    rows = [(label, train.get(label, 0), dev.get(label, 0)) for label in sorted({*train, *dev})]
    return [(label, a, b, share(a + b, total)) for label, a, b in rows]


def most_first(counts: dict[str, int]) -> list[tuple[str, int, float]]:
    """(name, number, share of all), the greatest number first."""
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(name, n, share(n, total)) for name, n in ordered]


def share(part: int, whole: int) -> float:
    """part / whole; 0 if there is nothing."""
    return part / whole if whole else 0.0


def score_rows(metrics: Mapping[str, dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Each row of the scores: what is scored, and the figures of each metrics file or None."""
    labels = sorted({label for scores in metrics.values() for label in scores["per_type"]})
    return [
        ("all labels", list(metrics.values())),
        *((label, [m["per_type"].get(label) for m in metrics.values()]) for label in labels),
        ("without labels", [m["unlabelled"] for m in metrics.values()]),
    ]


@dataclass(frozen=True)
class Cell:
    """A count of a confusion, and its share of the row. None: there can be none."""

    count: int | None
    share: float = 0.0
    right: bool = False


def confusion_table(scores: dict[str, Any]) -> dict[str, Any]:
    """The confusion of labels: `columns`, and `rows` of (label, cells, sum)."""
    table: dict[str, dict[str, int]] = scores["confusion"]
    gold = [label for label in table if label != NO_ENTITY]
    found = {label for row in table.values() for label in row} - set(FATES)
    columns = [*sorted({*found, *gold}), *FATES]
    order = [*sorted(gold), *(name for name in table if name == NO_ENTITY)]
    return {"columns": columns, "rows": [_confused(name, table[name], columns) for name in order]}


def _confused(name: str, row: dict[str, int], columns: list[str]) -> tuple[str, list[Cell], int]:
    total = sum(row.values())
    cells = [
        Cell(None)
        if name == NO_ENTITY and column in FATES
        else Cell(row.get(column, 0), share(row.get(column, 0), total), right=column == name)
        for column in columns
    ]
    return name, cells, total
