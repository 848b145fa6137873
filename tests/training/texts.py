"""Examples as training has them."""

from __future__ import annotations

import spacy
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from xlner_spacy.corpus.detokenize import same_tokens
from xlner_spacy.silver.selection import SILVER

NLP = spacy.blank("pt")


def example(words: str, *entities: tuple[int, int, str], missing: tuple[tuple[int, int], ...] = ()):
    """An example on gold tokens."""
    doc = Doc(NLP.vocab, words=words.split())
    doc.set_ents(
        [Span(doc, *entity) for entity in entities],
        missing=[Span(doc, *words) for words in missing],
        default="outside",
    )
    return Example(same_tokens(doc, NLP.vocab), doc)


def silver(words: str, *entities: tuple[int, int, str, str | None, float]):
    """An example of silver data: for each entity what it is in English, and its confidence."""
    found = example(words, *(entity[:3] for entity in entities))
    doc = found.reference
    sources = [
        {"lang": "en", "text": text, "label": label} if text else None
        for _, _, label, text, _ in entities
    ]
    doc.spans[SILVER] = SpanGroup(
        doc,
        name=SILVER,
        spans=list(doc.ents),
        attrs={"scores": [e[4] for e in entities], "sources": sources, "of": "a build"},
    )
    return found


def names(found: Example) -> list[tuple[str, str]]:
    return [(ent.text, ent.label_) for ent in found.reference.ents]


CORPUS = [
    example("A Maria Silva vive em Lisboa .", (1, 3, "PER"), (5, 6, "LOC")),
    example("O João foi a o Porto com Ana Sousa .", (1, 2, "PER"), (5, 6, "LOC"), (7, 9, "PER")),
    example("A Petrobras e o Banco de Portugal calaram se .", (1, 2, "ORG"), (4, 7, "ORG")),
    example("Ontem choveu , disse ele ."),
    example("Talvez Rui Costa chegue a Faro .", (5, 6, "LOC"), missing=((1, 3),)),
]
