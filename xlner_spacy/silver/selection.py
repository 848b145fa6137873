"""The choice of training data among projected texts and their entities."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spacy.tokens import Doc, Span, SpanGroup

from ..corpus.detokenize import same_tokens
from ..corpus.labels import LabelMap, map_label
from ..document.records import ANOTHER_LABEL
from ..document.teacher import TEACHER, set_teacher, teacher_of
from ..settings import check_setting
from ..types import Placement, Unplaced
from .kept_sides import kept_origin, kept_sides

TRAIN, DEV = "train", "dev"
# The key of Doc.spans in shards.
SILVER = "xl_silver"
BELOW = ("drop", "missing", "text")
INCOMPLETE = ("keep", "drop")


@dataclass(frozen=True)
class Selection:
    """Which entities and texts become training data.

    min_confidence (float): Entities below it are not trained on.
    below (str): What becomes of their words: "drop": outside of any entity; "missing":
        unknown, so that finding an entity there is no error; "text": the whole text is left out.
    incomplete (str): "keep" or "drop" texts with a source entity that found no place.
    empty_rate (float): Which share of the texts without entities is kept.
    dev_rate (float): Which share of the texts goes to the dev split.
    labels (dict): Label map; "" leaves a label out. None: labels stay as they are.

    RAISES: SetupError for values out of range.
    """

    min_confidence: float = 0.0
    below: Literal["drop", "missing", "text"] = "drop"
    incomplete: Literal["keep", "drop"] = "keep"
    empty_rate: float = 1.0
    dev_rate: float = 0.1
    labels: LabelMap | None = None

    def __post_init__(self) -> None:
        for name in ("min_confidence", "empty_rate", "dev_rate"):
            value = getattr(self, name)
            check_setting("build", name, value, 0 <= value <= 1, "between 0 and 1")
        for name, known in (("below", BELOW), ("incomplete", INCOMPLETE)):
            value = getattr(self, name)
            check_setting("build", name, value, value in known, f"one of {', '.join(known)}")


@dataclass(frozen=True)
class Selected:
    """The fate of one projected text.

    doc (Doc): The training text, with nothing but its entities; None: left out.
    outcome (str): Its split, or the reason why it is left out.
    entities (Counter): Of its labels, if it is kept.
    lost (Counter): Of entities that are not trained on, by reason.
    fates (list): What became of each of the text's `xl_entities`.
    """

    doc: Doc | None
    outcome: str
    entities: Counter
    lost: Counter
    fates: list[str]


def select(doc: Doc, selection: Selection, key: str) -> Selected:
    """Decide on a projected text.

    key (str): By which the text is put into a split, and drawn if it has no entities: the same
        key always has the same lot.
    """
    where = f"the text {doc.text[:40]!r}"
    labels = [map_label(e["label"], selection.labels, where) for e in doc._.xl_entities]
    fates = [
        _fate(entity, label, selection)
        for entity, label in zip(doc._.xl_entities, labels, strict=True)
    ]
    lost = Counter(fate for fate in fates if fate != "kept")
    lost.update(f"not placed: {entity['reason']}" for entity in doc._.xl_unplaced or [])
    kept = [
        (entity["start"], entity["end"], label)
        for entity, label, fate in zip(doc._.xl_entities, labels, fates, strict=True)
        if fate == "kept"
    ]
    for start, end, label in _of_others(doc):
        mapped = map_label(label, selection.labels, where)
        if mapped:
            kept.append((start, end, mapped))
        else:
            lost["label left out"] += 1
    reason = _why_left_out(doc, selection, fates, bool(kept), key)
    if reason:
        return Selected(None, reason, Counter(), lost, fates)
    unsure = [
        (entity["start"], entity["end"])
        for entity, fate in zip(doc._.xl_entities, fates, strict=True)
        if fate == "below min_confidence" and selection.below == "missing"
    ]
    split = DEV if lot(key, "split") < selection.dev_rate else TRAIN
    found = Counter(label for _, _, label in kept)
    return Selected(_training_doc(doc, kept, unsure), split, found, lost, fates)


def _of_others(doc: Doc) -> list[tuple[int, int, str]]:
    """Entities that were not projected: of a recogniser before an xl_projector that has
    overwrite = false."""
    projected = {(e["start"], e["end"]) for e in doc._.xl_entities}
    return [
        (ent.start, ent.end, ent.label_)
        for ent in doc.ents
        if (ent.start, ent.end) not in projected
    ]


def _fate(entity: Placement, label: str, selection: Selection) -> str:
    if not label:
        return "label left out"
    return "below min_confidence" if entity["confidence"] < selection.min_confidence else "kept"


def _why_left_out(
    doc: Doc, selection: Selection, fates: list[str], has_entities: bool, key: str
) -> str | None:
    # Parts that were not translated or aligned were not looked at: their words are not known to be
    # outside of entities.
    if doc._.xl_problems:
        problem = doc._.xl_problems[0]
        return f"{problem['stage']}: {problem['reason']}"
    if selection.incomplete == "drop" and any(map(_is_lost, doc._.xl_unplaced or [])):
        return "an entity was not placed"
    if selection.below == "text" and "below min_confidence" in fates:
        return "an entity is below min_confidence"
    if not has_entities and lot(key, "empty") >= selection.empty_rate:
        return "no entity above min_confidence" if fates else "no entities"
    return None


def _is_lost(entity: Unplaced) -> bool:
    """Whether a translation's entity is nowhere. One that was outvoted in its label is somewhere, and
    what only the text's own voice found was judged to be none."""
    return entity["translation"] >= 0 and entity["reason"] != ANOTHER_LABEL


def _training_doc(
    doc: Doc, kept: Sequence[tuple[int, int, str]], unsure: Sequence[tuple[int, int]]
) -> Doc:
    silver = same_tokens(doc, doc.vocab)
    spans = [Span(silver, start, end, label) for start, end, label in kept]
    silver.set_ents(
        spans,
        missing=[Span(silver, start, end) for start, end in unsure],
        default="outside",
    )
    _keep_origins(doc, silver, spans)
    if TEACHER in doc.spans:
        names, beliefs, trust = teacher_of(doc)
        for start, end in unsure:
            trust[start:end] = 0.0  # a student learns from beliefs even where there is no label
        set_teacher(silver, names, beliefs, trust.tolist())
    return silver


def _keep_origins(doc: Doc, silver: Doc, spans: list[Span]) -> None:
    """Keep the confidence and the source of each training entity in `spans["xl_silver"]`, with
    the scores where spaCy's spancat has them, and the text's other side. Entities of others have neither score nor source."""
    known = {(e["start"], e["end"]): e for e in doc._.xl_entities}
    found = [known.get((span.start, span.end)) for span in spans]
    silver.spans[SILVER] = SpanGroup(
        silver,
        name=SILVER,
        spans=spans,
        attrs={
            "scores": [e["confidence"] if e else 1.0 for e in found],
            "sources": [kept_origin(e["source"]) if e else None for e in found],
            **kept_sides(doc),
        },
    )


def text_key(text: str) -> str:
    """The key that duplicates share: the same characters, however composed and spaced."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def lot(key: str, purpose: str) -> float:
    """A number in [0, 1) that depends on the text and the purpose alone."""
    digest = hashlib.blake2b(key.encode("utf8", "surrogatepass"), person=purpose.encode())
    return int.from_bytes(digest.digest()[:6], "big") / 2**48
