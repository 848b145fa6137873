"""Marker projection for translate-train (EasyProject, arXiv 2211.15613): gold entities are
translated with markers round them, and found again in the translation between the markers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span

from ..document import records
from ..document.attributes import get_data, set_data
from ..document.placing import place
from ..pipeline.stages.translate import Translate, translate_texts
from ..text.markers import Marked, Recovered, translate_marked
from ..types import Placement, SourceEntity

# Kept on the labelled text and then on its translation: what came back marked.
MARKED = "xl_marked"
# Kept on the translation: how many entities were placed by what.
PLACED = "xl_placed"


class _Place(NamedTuple):
    """Where an entity is in the translation."""

    entity: int  # index in the labelled text's ents
    start_char: int
    end_char: int
    similarity: float  # to its separate translation, 0 to 1


class TranslateMarked(Translate):
    """Doc.text and Doc.ents -> Doc._.xl_translations, and MARKED.

    Sentences that come back empty or without any marker are translated as they are.
    """

    def run(self, docs: Sequence[Doc]) -> None:
        rows = [self._parts(doc) for doc in docs]
        pieces = [
            [_piece(doc, part.start, part.end, part.kind) for part in row]
            for doc, row in zip(docs, rows, strict=True)
        ]
        known = translate_marked(
            [piece for row in pieces for piece in row if piece.entities], self._carry
        )
        usable = {piece: found for piece, found in known.items() if any(found.spans)}
        plain = self._translate(
            list(
                dict.fromkeys(
                    part.text
                    for row, marked in zip(rows, pieces, strict=True)
                    for part, piece in zip(row, marked, strict=True)
                    if part.kind == "sentence" and piece not in usable
                )
            )
        )
        for doc, row, marked in zip(docs, rows, pieces, strict=True):
            answers = dict(plain)
            for n, (part, piece) in enumerate(zip(row, marked, strict=True)):
                if piece in usable:
                    # The same words may be another entity in another sentence of the text.
                    key = f"{n}: {part.text}"
                    answers[key] = usable[piece].text
                    row[n] = part._replace(text=key)
            doc._.xl_translations = [self._assemble(doc, row, answers)] if row else []
            set_data(MARKED, doc, _places(doc, marked, usable) if row else [])

    def _carry(self, texts: list[str]) -> list[str]:
        return translate_texts(self.translator, texts, self.target_lang, self.source_lang)


def _piece(doc: Doc, start: int, end: int, kind: str) -> Marked:
    spans = [
        (ent.start_char - start, ent.end_char - start)
        for ent in doc.ents
        if kind == "sentence" and start <= ent.start_char and ent.end_char <= end
    ]
    return Marked(doc.text[start:end], tuple(spans))


def _places(doc: Doc, pieces: list[Marked], usable: dict[Marked, Recovered]) -> list[list[Any]]:
    places = []
    index = {ent.start_char: k for k, ent in enumerate(doc.ents)}
    for piece, (start, _, at, _) in zip(pieces, doc._.xl_translations[0]["segments"], strict=True):
        found = usable.get(piece)
        if found is None:
            continue
        for entity, span, similarity in zip(
            piece.entities, found.spans, found.similarities, strict=True
        ):
            if span is not None:
                place = _Place(
                    index[start + entity[0]], at + span[0], at + span[1], round(similarity, 4)
                )
                places.append(list(place))
    return places


def place_marked(doc: Doc) -> None:
    """Put the entities that came back marked where their markers were; the others stay where
    alignment put them, if that place is free.

    doc (Doc): The translation, projected, with the labelled text as its only xl_translations.
    """
    places = [_Place(*record) for record in get_data(MARKED, doc) or []]
    aligned = list(doc._.xl_entities or [])
    # What was on the Doc before it was projected keeps its place.
    others = [ent for ent in doc.ents if not _is_projected(doc, ent)]
    doc.set_ents(others, default="outside")
    doc._.xl_entities = []
    in_order = sorted(places, key=lambda where: where.start_char)
    marked = [entity for where in in_order if (entity := _projected(doc, where)) is not None]
    by_marker = {
        entity["source"]["start_char"]
        for entity, outcome in zip(marked, place(doc, marked, overwrite=False), strict=True)
        if outcome == records.PLACED
    }
    rest = [entity for entity in aligned if entity["source"]["start_char"] not in by_marker]
    outcomes = list(zip(rest, place(doc, rest, overwrite=False), strict=True))
    left_out = [
        records.not_placed(e, outcome) for e, outcome in outcomes if outcome != records.PLACED
    ]
    lost = [e for e in doc._.xl_unplaced or [] if e["start_char"] not in by_marker]
    doc._.xl_unplaced = [*lost, *left_out]
    by_alignment = len(rest) - len(left_out)
    set_data(PLACED, doc, {"by marker": len(by_marker), "by alignment": by_alignment})


def _is_projected(doc: Doc, ent: Span) -> bool:
    places = {(e["start"], e["end"], e["label"]) for e in doc._.xl_entities or []}
    return (ent.start, ent.end, ent.label_) in places


def _projected(doc: Doc, where: _Place) -> Placement | None:
    span = doc.char_span(where.start_char, where.end_char, alignment_mode="expand")
    if span is None:
        return None
    translation = doc._.xl_translations[0]
    entity: SourceEntity = translation["entities"][where.entity]
    return records.projected(span, entity, 0, translation["lang"], where.similarity)
