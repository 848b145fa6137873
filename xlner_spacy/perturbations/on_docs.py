"""Between spaCy's Docs and labelled texts."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span, SpanGroup

from ..document.teacher import TEACHER, set_teacher, teacher_of
from .joining import needs_space
from .labelled import NEW, Labelled, labelled

# Annotation of single tokens that stays true of a word that is spelt in another way.
_OF_TOKENS = ("TAG", "POS", "MORPH", "LEMMA")


def read_labels(doc: Doc) -> Labelled:
    """The words and entities of a Doc. Tokens whose entity annotation is missing are unknown; all
    of them are if the Doc has none."""
    missing = (
        [token.i for token in run]
        for is_missing, run in groupby(doc, key=lambda token: token.ent_iob == 0)
        if is_missing
    )
    return labelled(
        [token.text for token in doc],
        [bool(token.whitespace_) for token in doc],
        [(ent.start, ent.end, ent.label_) for ent in doc.ents],
        [(run[0], run[-1] + 1) for run in missing],
    )


def with_labels(doc: Doc, text: Labelled) -> Doc:
    """A changed text as a Doc.

    Entities, missing tokens, sentence starts, categories and span groups are those of the Doc, moved.
    An entity that has another name has no `kb_id` and `ent_id`. A span is dropped where its ends
    are no longer there, or where its words were replaced and it is no entity; with it goes what the
    group's `attrs` say of it. What teachers believe of tokens goes with them, and is dropped where there are new
    words. Tags, morphology, lemmas and dependencies are kept where every word is
    still in its place, if only in another spelling. User data (`Doc._`) is dropped: it speaks of
    characters that have moved.

    doc (Doc): The Doc that the text was made from.
    """
    new = Doc(doc.vocab, words=list(text.words), spaces=list(text.spaces))
    if text.origins == tuple(range(len(doc))):
        _copy_tokens(doc, new)
    else:
        _move_sentences(doc, new, text)
    _move_entities(doc, new, text)
    new.cats = dict(doc.cats)
    for key in doc.spans:
        if key != TEACHER:
            new.spans[key] = _moved_group(doc.spans[key], new, text)
    if TEACHER in doc.spans and NEW not in text.origins:
        names, beliefs, trust = teacher_of(doc)
        origins = list(text.origins)
        set_teacher(new, names, beliefs[origins], trust[origins].tolist())
    return new


def _copy_tokens(doc: Doc, new: Doc) -> None:
    attrs: list[int | str] = [attr for attr in _OF_TOKENS if doc.has_annotation(attr)]
    if doc.has_annotation("DEP", require_complete=True):
        attrs += ["DEP", "HEAD"]
    elif doc.has_annotation("SENT_START"):
        attrs.append("SENT_START")
    if attrs:
        # spaCy wants a column of numbers for one attribute, and gives a row.
        columns: Any = doc.to_array(attrs).reshape(len(doc), len(attrs))
        new.from_array(attrs, columns)


def _move_sentences(doc: Doc, new: Doc, text: Labelled) -> None:
    """Only where every sentence still begins somewhere."""
    if not doc.has_annotation("SENT_START", require_complete=True):
        return
    starts = [text.boundaries[token.i] for token in doc if token.is_sent_start]
    if None not in starts:
        for token in new:
            token.is_sent_start = token.i in starts


def _move_entities(doc: Doc, new: Doc, text: Labelled) -> None:
    entities = []
    for number, (old, (start, end, label)) in enumerate(zip(doc.ents, text.entities, strict=True)):
        if number in text.replaced:
            entities.append(Span(new, start, end, label))
        else:
            entities.append(Span(new, start, end, label, kb_id=old.kb_id, span_id=old.ent_id))
    missing = [Span(new, start, end) for start, end in text.unknown]
    new.set_ents(entities, missing=missing, default="outside")


def _moved_group(group: SpanGroup, new: Doc, text: Labelled) -> SpanGroup:
    entities = {(start, end) for start, end, _ in text.entities}
    kept: list[int] = []
    spans: list[Span] = []
    for number, span in enumerate(group):
        start, end = text.boundaries[span.start], text.boundaries[span.end]
        if start is None or end is None or start >= end:
            continue
        if NEW in text.origins[start:end] and (start, end) not in entities:
            continue
        kept.append(number)
        spans.append(Span(new, start, end, span.label, kb_id=span.kb_id, span_id=span.id))
    attrs = {
        key: [value[number] for number in kept] if _is_of_spans(value, len(group)) else value
        for key, value in group.attrs.items()
    }
    return SpanGroup(new, name=group.name, spans=spans, attrs=attrs)


def _is_of_spans(value: object, n_spans: int) -> bool:
    return isinstance(value, list | tuple) and len(value) == n_spans


def joined(first: Doc, second: Doc) -> Doc:
    """Two Docs as one, with what both have: entities, missing tokens, token annotation, span groups
    with their `attrs`. Categories and user data are dropped."""
    space = needs_space(read_labels(first), read_labels(second))
    parts, exclude = [first, second], ("user_data", "tensor")
    whole = Doc.from_docs(parts, ensure_whitespace=space, exclude=exclude)  # type: ignore[call-arg]
    for key in [*whole.spans]:
        groups = [doc.spans[key] for doc in parts if key in doc.spans]
        names = set.intersection(*(set(group.attrs) for group in groups))
        whole.spans[key].attrs.update(
            {
                name: [item for group in groups for item in group.attrs[name]]
                for name in sorted(names)
                if all(_is_of_spans(group.attrs[name], len(group)) for group in groups)
            }
        )
    _join_teachers(whole, parts)
    return whole


def _join_teachers(whole: Doc, parts: list[Doc]) -> None:
    """What teachers believe of the tokens of both, if both have the same tags; else of none."""
    if TEACHER in whole.spans:
        del whole.spans[TEACHER]
    if not all(TEACHER in doc.spans for doc in parts):
        return
    names, beliefs, trust = zip(*map(teacher_of, parts), strict=True)
    if all(own == names[0] for own in names):
        set_teacher(whole, names[0], np.concatenate(beliefs), np.concatenate(trust).tolist())
