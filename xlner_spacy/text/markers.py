"""Markers round entities that a translator is to carry along (EasyProject, Chen et al. 2023,
arXiv 2211.15613): `[Petrobras] opened an office` -> `[Petrobras] abriu um escritório`.

Texts in, texts out: what translates is given as a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from rapidfuzz import fuzz

from ..types import Span
from .segments import clean

# Tried in this order: characters that a text has of its own cannot mark anything in it.
STYLES = {"brackets": ("[", "]"), "parentheses": ("(", ")"), "braces": ("{", "}")}

STYLE = "brackets"
# A marked span that is less like any of the names says something else.
MIN_SIMILARITY = 0.3

Similarity = Callable[[str, str], float]


class Marked(NamedTuple):
    """A text whose entities are to be found again in its translation."""

    text: str
    entities: tuple[Span, ...]  # characters [start, end), in order, without overlap


class Recovered(NamedTuple):
    """The translation of a marked text."""

    text: str  # without markers
    spans: tuple[Span | None, ...]  # of each entity; None: lost, or none is alike enough
    similarities: tuple[float, ...]  # of each entity's span and its names (see `assign`)
    n_marked: int  # how many spans came back, assigned or not


def free_style(text: str, preferred: str = STYLE) -> str | None:
    """The preferred style if the text has none of its characters, else another; None if it has
    characters of them all: such a text cannot be marked."""
    styles = [preferred, *(style for style in STYLES if style != preferred)]
    return next((s for s in styles if not any(m in text for m in STYLES[s])), None)


def mark(text: str, spans: Sequence[Span], style: str = STYLE) -> str:
    """The text with markers round each span, white space at a span's edges left outside.

    spans: Characters [start, end), in order, without overlap. One without anything visible gets
        no markers.
    RAISES: ValueError if the text has markers of this style (see `free_style`).
    """
    opening, closing = STYLES[style]
    if opening in text or closing in text:
        raise ValueError(f"{text[:60]!r} has {opening} or {closing} of its own.")
    parts = []
    at = 0
    for start, end in spans:
        inside = text[start:end]
        if inside.strip():
            before = start + len(inside) - len(inside.lstrip())
            after = end - len(inside) + len(inside.rstrip())
            parts += [text[at:before], opening, text[before:after], closing]
            at = after
    return "".join([*parts, text[at:]])


def unmark(text: str, style: str = STYLE) -> tuple[str, list[Span]]:
    """The text without markers, and the spans that were between them, in order.

    A closing marker ends what the last opening one began; markers without a partner and those
    with nothing between them only go. Of markers within markers the inner ones count. White
    space between a marker and what it marks goes too, unless two words would become one.
    """
    opening, closing = STYLES[style]
    plain = ""
    spans = []
    begun: int | None = None
    at = 0
    for run in _runs(style).finditer(text):
        plain += text[at : run.start()]
        body = plain.rstrip()
        space = _space(plain[len(body) :] + run[0], style)
        at = run.end()
        if space is None:
            space = " " if body[-1:].isalnum() and text[at : at + 1].isalnum() else ""
        plain = body + space
        for marker in run[0]:
            if marker == opening:
                begun = len(plain)
            elif marker == closing:
                if begun is not None and begun < len(body):
                    spans.append((begun, len(body)))
                begun = None
    return plain + text[at:], spans


@cache
def _runs(style: str) -> re.Pattern[str]:
    """Markers with what white space is among and behind them."""
    both = re.escape("".join(STYLES[style]))
    return re.compile(rf"[{both}][\s{both}]*")


def _space(run: str, style: str) -> str | None:
    """The white space that a run of markers leaves behind: what stood outside of a pair;
    None if all of it stood inside of one; "" if there was none."""
    opening, closing = STYLES[style]
    found = ""
    gaps = re.split(f"([{re.escape(opening + closing)}])", run)  # gap, marker, gap, marker, gap
    for n in range(0, len(gaps), 2):
        left = gaps[n - 1] if n else closing
        right = gaps[n + 1] if n + 1 < len(gaps) else opening
        if gaps[n] and (left, right) == (closing, opening):
            return gaps[n]
        found += gaps[n]
    return None if found else ""


def likeness(first: str, second: str) -> float:
    """How alike two texts are, whatever their case: 1 for the same, 0 for nothing in common."""
    return float(fuzz.ratio(first.casefold(), second.casefold())) / 100


def assign(
    entities: Sequence[Sequence[str]],
    spans: Sequence[str],
    min_similarity: float = MIN_SIMILARITY,
    similarity: Similarity = likeness,
) -> list[int | None]:
    """Which marked span is which entity: the best match first, each at most once.

    entities: The names of each: its separate translation, and as it was (many names are copied).
        The one that is most like the span counts.
    spans: The texts that were found between markers.
    min_similarity (float): What is less alike is not assigned.
    RETURNS: For each entity the index of its span, or None. Matches that are equally good are
        made in the order of the text.
    """
    scores = [
        (-max(similarity(name, span) for name in names), e, s)
        for e, names in enumerate(entities)
        for s, span in enumerate(spans)
    ]
    found: list[int | None] = [None] * len(entities)
    taken: set[int] = set()
    for score, e, s in sorted(scores):
        if -score >= min_similarity and found[e] is None and s not in taken:
            found[e] = s
            taken.add(s)
    return found


def translate_marked(
    pieces: Sequence[Marked],
    translate: Callable[[list[str]], list[str]],
    style: str = STYLE,
    min_similarity: float = MIN_SIMILARITY,
) -> dict[Marked, Recovered]:
    """Translate texts with their entities marked, and find these again.

    pieces: Texts as they stand; control characters and line breaks are kept from the translator.
    translate: Called once, with each distinct text and each distinct entity once.
    style (str): The markers that are preferred.
    min_similarity (float): What is less alike (0 to 1) is not taken for an entity's span.
    """
    styles = {piece: free_style(piece.text, style) for piece in pieces}
    requests = {piece: clean(_marked(piece, styles[piece])) for piece in styles}
    names = {piece: [clean(piece.text[s:e]) for s, e in piece.entities] for piece in styles}
    wanted = [*requests.values(), *(name for found in names.values() for name in found)]
    distinct = list(dict.fromkeys(text for text in wanted if text))
    known = dict(zip(distinct, translate(distinct) if distinct else [], strict=True))
    return {
        piece: _recover(
            known.get(request, ""),
            [[known.get(name, ""), name] for name in names[piece]],
            styles[piece],
            min_similarity,
        )
        for piece, request in requests.items()
    }


def _marked(piece: Marked, style: str | None) -> str:
    return piece.text if style is None else mark(piece.text, piece.entities, style)


def _recover(
    answer: str, names: list[list[str]], style: str | None, min_similarity: float
) -> Recovered:
    text, spans = (answer, []) if style is None else unmark(answer, style)
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    spans = [(start - lead, end - lead) for start, end in spans]
    inside = [text[start:end] for start, end in spans]
    chosen = assign(names, inside, min_similarity)
    return Recovered(
        text,
        tuple(None if s is None else spans[s] for s in chosen),
        tuple(
            0.0 if s is None else max(likeness(name, inside[s]) for name in either)
            for either, s in zip(names, chosen, strict=True)
        ),
        len(spans),
    )
