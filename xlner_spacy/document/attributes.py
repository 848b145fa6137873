"""Everything that this package adds to spaCy's Doc and Span. Set here and nowhere else.

    Doc._.xl_translations  list of Translation     what the text says in the source languages
    Doc._.xl_alignments    list of lists of links  [source word, target word, confidence, weak]
    Doc._.xl_entities      list of Placement       what was placed, and from where
    Doc._.xl_unplaced      list of Unplaced        what was not placed, and why
    Doc._.xl_problems      list of Problem         what could not be translated or aligned
    Span._.xl_confidence   float or None (computed)
    Span._.xl_source       Origin or None (computed)

Candidates and votes are in Doc.spans: see `span_groups`. All else is private, plain data in
Doc.user_data through the functions of this file:

    xl_lang         str                     the language of the text, where Doc.lang_ is another
    xl_n_tokens     int                     how many tokens the Doc had when it was aligned
    xl_dropped      language -> label -> n  entities that a label map dropped
    xl_forward      list of Translation     the translations as they were before back-translation
    xl_transferred  list of Placement       what xl_transfer placed
    xl_voice        list of SourceEntity    what was found in the text itself, to vote with
    xl_record       dict                    the other keys of the line of the input
    xl_corpus       str                     the corpus that a training text is of

Each lies in Doc.user_data as if it were an attribute of the Span that is the whole text. spaCy moves
such keys where it makes Docs out of others, so that what is of another text is told apart: a Doc
from `Doc.from_docs` or `Span.as_doc(copy_user_data=True)` has none of the attributes of Docs, its
entities keep their `xl_confidence` and `xl_source` (with -1 as the translation: the Doc has none).

An attribute is None until its stage has run. A component that finds its attribute set by the
user or by an upstream component uses it and does not do the work again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from spacy.tokens import Doc, Span
from spacy.util import get_lang_class
from spacy.vocab import Vocab

from ..text.languages import same_language
from ..types import Origin, Placement, Problem, Translation
from .span_groups import CANDIDATES, VOTES, has_group, placed_votes

PUBLIC = ("xl_translations", "xl_alignments", "xl_entities", "xl_unplaced", "xl_problems")

# What is made from translations, in order; redoing one makes those after it stale.
_CHAIN = ("xl_translations", "xl_alignments", CANDIDATES, "xl_entities")


def install() -> None:
    """Register the attributes. Safe to call again; another package's attribute of the
    same name is never overwritten: spaCy raises then."""
    if Doc.has_extension("xl_translations"):
        return
    for name in PUBLIC:
        Doc.set_extension(name, getter=partial(get_data, name), setter=partial(set_data, name))
    Span.set_extension("xl_confidence", getter=_confidence)
    Span.set_extension("xl_source", getter=_source)


def get_data(name: str, doc: Doc) -> Any:
    """What is kept on the Doc under a name, in `Doc.user_data`; None if nothing is."""
    return _value(doc, _key(name, doc))


def set_data(name: str, doc: Doc, value: Any) -> None:
    """Keep plain data on the Doc under a name; None: keep nothing. It takes the place of all of
    that name, that of Docs which this one is made from included."""
    data = cast(dict[Any, Any], doc.user_data)
    for key in own_keys(doc):
        if key[1] == name:
            del data[key]
    if value is not None:
        data[_key(name, doc)] = value


def own_keys(doc: Doc) -> list[Any]:
    """The keys of all that is kept in `Doc.user_data` so."""
    return [key for key in doc.user_data if _is_own(key)]


def _key(name: str, doc: Doc) -> tuple[str, str, int, int]:
    """spaCy's key for an attribute of the Span that is the whole text."""
    last = doc[-1] if len(doc) else None
    return "._.", name, 0, last.idx + len(last.text_with_ws) if last is not None else 0


def _is_own(key: Any) -> bool:
    return (
        isinstance(key, tuple)
        and len(key) == 4
        and key[0] == "._."
        and str(key[1]).startswith("xl_")
        and key[3] is not None
    )


def _value(doc: Doc, key: tuple[str, str, int, int]) -> Any:
    data = cast(dict[Any, Any], doc.user_data)
    value = data.get(key)
    if isinstance(value, tuple):
        # DocBin reads every list back as a tuple.
        value = data[key] = _with_lists(value)
    return value


def _with_lists(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_with_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_lists(item) for key, item in value.items()}
    return value


def language_of(doc: Doc) -> str:
    """The language of the Doc's text: the `target_lang` of the components that it went
    through, else the language of its vocabulary ("xx" where spaCy does not know it)."""
    lang: str = get_data("xl_lang", doc) or doc.lang_ or "xx"
    return lang


def set_language(doc: Doc, lang: str) -> None:
    """Keep on the Doc which language its text is in."""
    set_data("xl_lang", doc, lang if lang != doc.lang_ else None)


def is_done(doc: Doc, name: str) -> bool:
    """Whether an attribute or a span group is there."""
    return has_group(doc, name) if name in (CANDIDATES, VOTES) else get_data(name, doc) is not None


def forget(doc: Doc, name: str) -> None:
    """Unset an attribute or a span group, and everything that was made from it."""
    if name == "xl_forward":
        undo_back_translation(doc)
    elif name == "xl_translations":
        set_data("xl_forward", doc, None)
        set_data("xl_voice", doc, None)
    if is_done(doc, name):
        if name in _PLACING:
            _take_away(doc, name)
        doc.spans.pop(name, None)
        set_data(name, doc, None)
    if name in _CHAIN[:-1]:
        forget(doc, _CHAIN[_CHAIN.index(name) + 1])


def undo_back_translation(doc: Doc) -> None:
    """Give the Doc again the translations and entities that it had before."""
    forward = get_data("xl_forward", doc)
    if forward is not None:
        doc._.xl_translations = forward
        set_data("xl_forward", doc, None)
        forget(doc, "xl_alignments")


# Attributes of stages that place entities. Forgetting one leaves the others' entities.
_PLACING = ("xl_entities", "xl_transferred", VOTES)


def _take_away(doc: Doc, name: str) -> None:
    """Take the entities that were placed along with an attribute out of Doc.ents and
    `xl_entities`; others stay."""
    mine = _claims(doc, name)
    if name == "xl_entities":
        mine -= _claims(doc, "xl_transferred") | _claims(doc, VOTES)
    elif doc._.xl_entities:
        doc._.xl_entities = [e for e in doc._.xl_entities if claim(e) not in mine]
    kept = [e for e in doc.ents if (e.start_char, e.end_char, e.label_) not in mine]
    if len(kept) < len(doc.ents):
        doc.set_ents(kept, default="outside")


def claim(entity: Any) -> tuple[int, int, str]:
    """The identity of an entity in a Doc: its characters and its label."""
    return entity["start_char"], entity["end_char"], entity["label"]


def _claims(doc: Doc, name: str) -> set[tuple[int, int, str]]:
    if name == VOTES:
        return {(s.start_char, s.end_char, s.label_) for s in placed_votes(doc)}
    return {claim(entity) for entity in get_data(name, doc) or []}


def add_problem(
    doc: Doc,
    stage: str,
    reason: str,
    detail: str = "",
    start: int = 0,
    end: int | None = None,
    *,
    lang: str = "",
) -> None:
    """Keep on the Doc that a part of its text (by default all) was not dealt with.

    lang (str): The source language that this concerns, "" if all.
    """
    problem: Problem = {
        "stage": stage,
        "reason": reason,
        "detail": detail,
        "start_char": start,
        "end_char": len(doc.text) if end is None else end,
        "lang": lang,
    }
    doc._.xl_problems = [*(doc._.xl_problems or []), problem]


def clear_problems(doc: Doc, stage: str, lang: str = "") -> None:
    """Forget what an earlier run of the stage said of the Doc.

    lang (str): Only what concerns this source language; "" for everything.
    """
    if doc._.xl_problems:
        doc._.xl_problems = [
            p
            for p in doc._.xl_problems
            if p["stage"] != stage or (lang and not same_language(p["lang"], lang))
        ]


def dropped(doc: Doc) -> dict[str, int]:
    """How many entities of each label a label map has dropped."""
    found: Counter[str] = Counter()
    for labels in (get_data("xl_dropped", doc) or {}).values():
        found.update(labels)
    return dict(found)


def set_dropped(doc: Doc, lang: str, labels: Mapping[str, int]) -> None:
    """Keep how many entities of each label were dropped in the texts of a language."""
    others = get_data("xl_dropped", doc) or {}
    set_data("xl_dropped", doc, {**others, lang: dict(labels)})


def translation_doc(translation: Translation, vocab: Vocab) -> Doc:
    """The tokens of a translation as a Doc without annotation."""
    return Doc(vocab, words=translation["words"], spaces=translation["spaces"])


def source_docs(doc: Doc) -> list[Doc]:
    """The translations of a projected Doc as Docs of the source language, with their entities.

    doc (Doc): A Doc with `Doc._.xl_translations`.
    RETURNS (list[Doc]): One per translation; without entities where nothing has annotated it.
    """
    docs = []
    for translation in doc._.xl_translations or []:
        source = translation_doc(translation, _blank_vocab(translation["lang"]))
        source.ents = [
            Span(source, e["start"], e["end"], e["label"]) for e in translation["entities"] or []
        ]
        docs.append(source)
    return docs


def _blank_vocab(lang: str) -> Vocab:
    try:
        return get_lang_class(lang)().vocab
    except ImportError:  # spaCy has no rules for this language: any vocabulary will do
        return Vocab()


def _projected(span: Span) -> tuple[Placement, bool] | None:
    """The record of an entity, and whether it is of this Doc or of one that this is made from."""
    whole = _key("xl_entities", span.doc)
    for key in own_keys(span.doc):
        if key[1] != "xl_entities":
            continue
        # Where the text that the entities are of begins in this one.
        place = (span.start_char - key[2], span.end_char - key[2], span.text)
        for entity in _value(span.doc, key):
            if (entity["start_char"], entity["end_char"], entity["text"]) == place:
                return entity, key == whole
    return None


def _confidence(span: Span) -> float | None:
    found = _projected(span)
    return found[0]["confidence"] if found else None


def _source(span: Span) -> Origin | None:
    found = _projected(span)
    if found is None:
        return None
    entity, of_this_doc = found
    return entity["source"] if of_this_doc else {**entity["source"], "translation": -1}
