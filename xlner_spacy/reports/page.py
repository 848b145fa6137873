"""A page that shows each text with its entities above its translation with its entities.

The marked texts are drawn by displaCy. An entity and its source carry the same number and
light up together.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from spacy import displacy
from spacy.tokens import Doc

from ..document.attributes import get_data, language_of
from ..text.languages import direction
from ..text.terminal import drawable
from ..types import Placement

COLORS = {
    "PER": "#f4c7b8",
    "PERSON": "#f4c7b8",
    "ORG": "#b9dcf2",
    "LOC": "#c9e6b3",
    "GPE": "#c9e6b3",
    "MISC": "#e3d1f2",
    "DATE": "#f3e3a9",
}
_UNPLACED = "#e3e3e3"

# displaCy's own template for an entity, with the number and with room for a script.
_ENTITY = (
    '<mark class="entity {state}" data-pair="{pair}" style="background:{bg}" title="{title}">'
    "{text}<span>{label}{number}</span></mark>"
)


def render_page(docs: Iterable[Doc], title: str = "Projected entities", lang: str = "") -> str:
    """An HTML page of projected Docs, complete in itself.

    docs (Iterable[Doc]): Docs that `xl_projector` has processed. The key "kind" of a .jsonl
        line is shown beside its text.
    title (str): The page's heading.
    lang (str): Language of the texts, where the Docs' own is "xx".
    RETURNS (str): HTML.
    """
    rows = [_row(doc, number, lang) for number, doc in enumerate(docs)]
    template = files("xlner_spacy.reports").joinpath("page.html.jinja").read_text(encoding="utf8")
    page = Environment(autoescape=True).from_string(template)
    placed = sum(row["placed"] for row in rows)
    return page.render(title=title, rows=rows, placed=placed, legend=_legend(rows))


def _row(doc: Doc, row: int, lang: str) -> dict[str, Any]:
    entities = doc._.xl_entities or []
    placed = {
        (e["source"]["translation"], e["source"]["start_char"]): n
        for n, e in enumerate(entities, 1)
    }
    target = [
        _mark(f"{row}-{n}", n, e, f"from {e['source']['text']!r}, {confidence_in_words(e)}")
        for n, e in enumerate(entities, 1)
    ]
    sources = []
    for index, translation in enumerate(doc._.xl_translations or []):
        marks = []
        for entity in translation["entities"] or []:
            n = placed.get((index, entity["start_char"]))
            note = "projected" if n else "not placed"
            marks.append(_mark(f"{row}-{n}" if n else "", n, entity, note))
        source_lang = translation["lang"]
        html = _marked(translation["text"], marks, direction(source_lang))
        sources.append({"lang": source_lang, "html": html})
    code = lang or language_of(doc)
    return {
        "kind": (get_data("xl_record", doc) or {}).get("kind", ""),
        "lang": code,
        "dir": direction(code),
        "html": _marked(doc.text, target, direction(code)),
        "sources": sources,
        "placed": len(entities),
        "labels": {e["label"] for e in entities},
        "notes": [
            *(
                f"not placed: {u['text']} ({u['label']}): {u['reason']}"
                for u in doc._.xl_unplaced or []
            ),
            *(f"{p['stage']}: {p['reason']}" for p in doc._.xl_problems or []),
        ],
    }


def confidence_in_words(entity: Placement) -> str:
    """The confidence of a placed entity, and the probability that the recogniser gave it."""
    score = entity["source"]["score"]
    if score is None:
        return f"confidence {entity['confidence']:.2f} (of the place; the label has none)"
    return f"confidence {entity['confidence']:.2f} (the recogniser's was {score:.2f})"


def _mark(pair: str, number: int | None, entity: Any, title: str) -> dict[str, Any]:
    label = entity["label"]
    return {
        "start": entity["start_char"],
        "end": entity["end_char"],
        "label": label,
        "params": {
            "pair": pair,
            "number": f" {number}" if number else "",
            "label": escape(label),
            "title": escape(title),
            "state": "placed" if number else "unplaced",
            "bg": COLORS.get(label.upper(), "#ddd") if number else _UNPLACED,
        },
    }


def _marked(text: str, marks: list[dict[str, Any]], direction: str) -> str:
    marks = sorted(marks, key=lambda mark: mark["start"])
    html: str = displacy.render(
        {"text": drawable(text), "ents": marks, "settings": {"direction": direction}},
        style="ent",
        manual=True,
        jupyter=False,
        options={"template": _ENTITY},
    )
    return html


def _legend(rows: list[dict[str, Any]]) -> list[Any]:
    labels = sorted({label for row in rows for label in row["labels"]})
    return [(label, COLORS.get(label.upper(), "#ddd")) for label in labels]
