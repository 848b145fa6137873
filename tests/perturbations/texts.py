"""Labelled texts in any script, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from xlner_spacy.perturbations.labelled import labelled

LABELS = ["PER", "LOC", "ORG"]
SAMPLES = [
    "Lisboa",
    "São",
    "l'",
    "UNIÃO",
    "straße",
    "İzmir",
    "ısı",
    "ǆep",
    "Ελλάδα",
    "ΟΔΟΣ",
    "Ёлка",
    "Йошкар",
    "مُحَمَّد",
    "الرياض",
    "שָׁלוֹם",
    "हिन्दी",
    "दिल्ली",
    "กรุงเทพ",
    "北京",
    "東京都",
    "が",
    "서울",
    "👩🏽\u200d🚀",
    "🎉",
    ".",
    ",",
    "«",
    "»",
    "—",
    "、",
    "。",
    "n.º",
    "S.A.",
    "3,5",
    "①½",
    "é",
    "́",
    "rn",
    "modern",
    "corn",
    "vv",
    "ſ",
    "x-y",
    "'",
    "ﬁn",
    "𝔄",
    "ა",
    "Ⴀ",
    "@ana",
    "http://a.b/c?d=e",
]
words = st.one_of(
    st.sampled_from(SAMPLES),
    st.sampled_from(["\n", " ", "\u200d", "\u00a0", "\u2028"]),
    # spaCy itself takes no lone surrogates.
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6),
)


@st.composite
def texts(draw, max_words: int = 14):
    """Words, spaces, entities side by side, and words whose label is unknown."""
    found = draw(st.lists(words, max_size=max_words))
    spaces = draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))
    entities, unknown = [], []
    at = 0
    while at < len(found):
        length = min(draw(st.integers(1, 4)), len(found) - at)
        kind = draw(st.sampled_from(["", "", "unknown", *LABELS]))
        if kind == "unknown":
            unknown.append((at, at + length))
        elif kind:
            entities.append((at, at + length, kind))
        at += length
    return labelled(found, spaces, entities, unknown)


def labels(text) -> list[str]:
    return [label for _, _, label in text.entities]


def doc_of(nlp, text) -> Doc:
    """The text as a Doc, with its missing tokens."""
    doc = Doc(nlp.vocab, words=list(text.words), spaces=list(text.spaces))
    spans = [Span(doc, start, end, label) for start, end, label in text.entities]
    missing = [Span(doc, start, end) for start, end in text.unknown]
    doc.set_ents(spans, missing=missing, default="outside")
    return doc
