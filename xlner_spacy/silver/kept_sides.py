"""The other side of a training text, kept for those who review it: its translations, and what found no place."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc

# Keys of the attributes of Doc.spans["xl_silver"].
TRANSLATIONS, UNPLACED = "translations", "unplaced"
_OF_AN_ORIGIN = ("lang", "text", "label", "translation", "start_char", "end_char", "langs")


def kept_origin(source: Any) -> dict[str, Any]:
    """Where an entity comes from, as shards have it."""
    return {key: source[key] for key in _OF_AN_ORIGIN if key in source}


def kept_sides(doc: Doc) -> dict[str, list[dict[str, Any]]]:
    """What shards keep of a projected text besides its entities. A text that was not translated has nothing of it.

    RETURNS (dict): `translations`, each with `lang`, `text` and its `entities` as [start, end, label] in characters; `unplaced`,
        as in `Doc._.xl_unplaced`.
    """
    translations = [
        {
            "lang": translation["lang"],
            "text": translation["text"],
            "entities": [
                [entity["start_char"], entity["end_char"], entity["label"]]
                for entity in translation["entities"] or []
            ],
        }
        for translation in doc._.xl_translations or []
    ]
    found = {TRANSLATIONS: translations, UNPLACED: [dict(own) for own in doc._.xl_unplaced or []]}
    return {key: value for key, value in found.items() if value}
