"""Cutting a text into the parts that are translated and aligned on their own.

Translation models are made for sentences, so a text goes to them sentence by sentence.
Sentence boundaries that are already on the Doc (from a parser or a senter) are used;
otherwise they come from sentencex (Wikimedia), which has rules for some 300 languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import sentencex
from spacy.tokens import Doc, Token

# Where a sentence that is too long may be cut, in any script.
_CLAUSE_END = set(",;:،؛、，；：—–")
# One short word and a full stop is an abbreviation far more often than a sentence.
_ABBREVIATION = re.compile(r"\w{1,4}\.")
# Zero-width characters that carry no meaning of their own. The joiners U+200C and U+200D
# stay: Persian and the Indic scripts are spelt with them.
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)

CharSpan = tuple[int, int]


def sentences(doc: Doc, max_words: int, lang: str) -> list[CharSpan]:
    """The parts of a text to translate, as character offsets.

    Parts begin and end at token boundaries and at characters that are not white space;
    what lies between two parts is white space. Every other token lies in a part.

    doc (Doc): The text.
    max_words (int): Longer sentences are cut, at a clause boundary where there is one.
    lang (str): Its language; the Doc's own is "xx" where spaCy has no rules for it.
    """
    starts = _sentence_starts(doc, lang)
    spans: list[CharSpan] = []
    part: list[Token] = []
    for token in doc:
        if part and token.i in starts:
            spans.extend(_cut(part, max_words))
            part = []
        if not token.is_space:
            part.append(token)
    if part:
        spans.extend(_cut(part, max_words))
    return spans


def clean(text: str) -> str:
    """What a translation model gets to see of a text: one line, no control or invisible
    characters. (A lone line feed or zero-width space can cost a model the whole sentence.)
    """
    visible = text.translate(_INVISIBLE)
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in visible)
    return " ".join(plain.split())


def has_words(text: str) -> bool:
    """Whether there is anything to translate: a letter or a digit of any script."""
    return any(c.isalnum() for c in text)


def _sentence_starts(doc: Doc, lang: str) -> set:
    """Indices of the tokens that begin a sentence or follow a line break."""
    if doc.has_annotation("SENT_START"):
        starts = {token.i for token in doc if token.is_sent_start}
    else:
        starts = set(_predicted_starts(doc, lang))
    starts.update(token.i + 1 for token in doc if token.is_space and "\n" in token.text)
    return starts


def _predicted_starts(doc: Doc, lang: str) -> Iterator[int]:
    text = doc.text
    token_starts = {token.idx: token.i for token in doc}
    begin = 0
    at = 0
    for sentence in sentencex.segment(lang, text):
        at += len(sentence)
        skipped = at
        while skipped < len(text) and text[skipped].isspace():
            skipped += 1
        if _ABBREVIATION.fullmatch(text[begin:at].strip()):
            continue
        # Never inside a token ("n.º", "www.site.pt").
        if skipped in token_starts:
            begin = skipped
            yield token_starts[skipped]


def _cut(tokens: list[Token], max_words: int) -> Iterator[CharSpan]:
    """Halve what is too long, at the clause boundary nearest to the middle."""
    if len(tokens) <= max_words:
        last = tokens[-1]
        yield tokens[0].idx, last.idx + len(last.text)
        return
    middle = len(tokens) // 2
    # Only the middle half is searched, so that every cut makes real headway.
    near = range(len(tokens) // 4, len(tokens) - len(tokens) // 4 - 1)
    clause_ends = [i + 1 for i in near if tokens[i].text in _CLAUSE_END]
    cut = min(clause_ends, key=lambda i: abs(i - middle), default=middle)
    yield from _cut(tokens[:cut], max_words)
    yield from _cut(tokens[cut:], max_words)
