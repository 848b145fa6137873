"""Everything that this package adds to spaCy's Doc and Span. Set here and nowhere else.

    Doc._.xl_translations  list of Translation     what the text says in the source language
    Doc._.xl_source_ents   list of lists           the entities of each translation
    Doc._.xl_alignments    list of lists of links  [source word, target word, confidence]
    Doc._.xl_candidates    list of Candidate       possible placements with their scores
    Doc._.xl_entities      list of Placement what was placed, and from where
    Doc._.xl_unplaced      list of Unplaced        what was not placed, and why
    Doc._.xl_forward       [translations, their entities] as they were before back-translation
    Doc._.xl_transferred   list of Placement what xl_transfer placed
    Doc._.xl_votes         list of Vote            what the members of xl_ensemble found
    Doc._.xl_problems      list of Problem         what could not be translated or aligned
    Doc._.xl_dropped       dict label -> count     entities dropped by the label map
    Doc._.xl_source_docs   list of Doc (computed)  the translations as Docs with their entities
    Span._.xl_confidence   float or None (computed)
    Span._.xl_source       Origin or None (computed)

The first five are None until their stage has run. A component that finds its attribute
set by the user or by an upstream component uses it and does not do the work again.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from spacy.tokens import Doc, Span
from spacy.util import get_lang_class
from spacy.vocab import Vocab

from ..types import Origin, Placement, Problem, Translation

STAGE_ATTRIBUTES = (
    "xl_translations",
    "xl_source_ents",
    "xl_alignments",
    "xl_candidates",
    "xl_entities",
)

OTHER_ATTRIBUTES = (
    "xl_unplaced",
    "xl_problems",
    "xl_dropped",
    "xl_forward",
    "xl_transferred",
    "xl_votes",
)

# An attribute is made from these; redoing one makes what is made from it stale.
_MADE_FROM = {
    "xl_source_ents": ("xl_translations",),
    "xl_alignments": ("xl_translations",),
    "xl_candidates": ("xl_source_ents", "xl_alignments"),
    "xl_entities": ("xl_candidates",),
}


def install() -> None:
    """Register the attributes. Safe to call again; another package's attribute of the
    same name is never overwritten: spaCy raises then."""
    if Doc.has_extension("xl_translations"):
        return
    for name in (*STAGE_ATTRIBUTES, *OTHER_ATTRIBUTES):
        Doc.set_extension(name, getter=partial(_get, name), setter=partial(_set, name))
    Doc.set_extension("xl_source_docs", getter=source_docs)
    Span.set_extension("xl_confidence", getter=_confidence)
    Span.set_extension("xl_source", getter=_source)


def _get(name: str, doc: Doc) -> Any:
    """The attribute, kept in `Doc.user_data` under its own name."""
    value = doc.user_data.get(name)
    if isinstance(value, tuple):
        # DocBin reads every list back as a tuple.
        value = doc.user_data[name] = _with_lists(value)
    return value


def _set(name: str, doc: Doc, value: Any) -> None:
    if value is None:
        doc.user_data.pop(name, None)
    else:
        doc.user_data[name] = value


def _with_lists(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_with_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_lists(item) for key, item in value.items()}
    return value


def is_done(doc: Doc, attribute: str) -> bool:
    """Whether a stage's attribute is there."""
    return doc._.get(attribute) is not None


def forget(doc: Doc, attribute: str) -> None:
    """Unset a stage's attribute and everything that was made from it."""
    if attribute in ("xl_forward", "xl_source_ents"):
        _undo_back_translation(doc)
    if attribute == "xl_translations":
        doc._.xl_forward = None
    if is_done(doc, attribute):
        if attribute in _PLACING:
            _take_away(doc, attribute)
        doc._.set(attribute, None)
    for made, sources in _MADE_FROM.items():
        if attribute in sources:
            forget(doc, made)


def _undo_back_translation(doc: Doc) -> None:
    """Give the Doc again the translations and entities that it had before."""
    if doc._.xl_forward is not None:
        doc._.xl_translations, doc._.xl_source_ents = doc._.xl_forward
        doc._.xl_forward = None
        forget(doc, "xl_alignments")


# What puts entities on the Doc, each for itself: what one forgets the others keep.
_PLACING = ("xl_entities", "xl_transferred", "xl_votes")


def _take_away(doc: Doc, attribute: str) -> None:
    """Take the entities that were placed along with an attribute out of Doc.ents and
    `xl_entities`; others stay."""
    mine = _claims(doc, attribute)
    if attribute == "xl_entities":
        mine -= _claims(doc, "xl_transferred") | _claims(doc, "xl_votes")
    elif doc._.xl_entities:
        doc._.xl_entities = [e for e in doc._.xl_entities if claim(e) not in mine]
    kept = [e for e in doc.ents if (e.start_char, e.end_char, e.label_) not in mine]
    if len(kept) < len(doc.ents):
        doc.set_ents(kept, default="outside")


def claim(entity: Any) -> tuple[int, int, str]:
    """What tells an entity of a Doc from the others: its characters and its label."""
    return entity["start_char"], entity["end_char"], entity["label"]


def _claims(doc: Doc, attribute: str) -> set[tuple[int, int, str]]:
    return {claim(e) for e in doc._.get(attribute) or [] if e.get("outcome", "placed") == "placed"}


def add_problem(
    doc: Doc, stage: str, reason: str, detail: str = "", start: int = 0, end: int | None = None
) -> None:
    """Keep on the Doc that a part of its text (by default all) was not dealt with."""
    problem: Problem = {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "start_char": start,
        "end_char": len(doc.text) if end is None else end,
    }
    doc._.xl_problems = [*(doc._.xl_problems or []), problem]


def clear_problems(doc: Doc, stage: str) -> None:
    """Forget what an earlier run of the stage said of the Doc."""
    if doc._.xl_problems:
        doc._.xl_problems = [p for p in doc._.xl_problems if p["stage"] != stage]


def translation_doc(translation: Translation, vocab: Vocab) -> Doc:
    """The tokens of a translation as a Doc without annotation."""
    return Doc(vocab, words=translation["words"], spaces=translation["spaces"])


def source_docs(doc: Doc) -> list[Doc]:
    """The Doc's translations as Docs of the source language, with their entities."""
    docs = []
    entities = doc._.xl_source_ents or []
    for index, translation in enumerate(doc._.xl_translations or []):
        vocab = _blank_vocab(translation["lang"])
        source = translation_doc(translation, vocab)
        if index < len(entities):
            source.ents = [Span(source, e["start"], e["end"], e["label"]) for e in entities[index]]
        docs.append(source)
    return docs


def _blank_vocab(lang: str) -> Vocab:
    try:
        return get_lang_class(lang)().vocab
    except ImportError:  # spaCy has no rules for this language: any vocabulary will do
        return Vocab()


def _projected(span: Span) -> Placement | None:
    for entity in span.doc._.xl_entities or []:
        if (entity["start_char"], entity["end_char"]) == (span.start_char, span.end_char):
            return entity
    return None


def _confidence(span: Span) -> float | None:
    entity = _projected(span)
    return entity["confidence"] if entity else None


def _source(span: Span) -> Origin | None:
    entity = _projected(span)
    return entity["source"] if entity else None
