"""Protects strings from a translator: addresses, handles, emoji, and the user's own terms.

They are replaced by placeholders before the translation, and put back after it. How often that
works, with which placeholder: benchmarks/results/protection.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import count
from typing import ClassVar, Literal, NamedTuple

import regex
from spacy.lang.lex_attrs import like_email, like_url

from ..models.answers import check_translations
from ..models.description import Description
from ..models.lazy import LazyBackend
from ..settings import check_choice, check_setting
from ..types import Translator

Kind = Literal["url", "mail", "handle", "hashtag", "emoji", "number"]
# Numbers are not among them: they come through nine times in ten, and what surrounds them is
# translated worse without them (benchmarks/results/protection.md).
DEFAULT_KINDS: tuple[Kind, ...] = ("url", "mail", "handle", "hashtag", "emoji")
DEFAULT_PLACEHOLDERS = ("Zyx{n}", "__{n}__")

_CHUNK = re.compile(r"\S+")
_OPENING, _CLOSING = "([{<\"'«“‘¿¡", ".,;:!?…>\"'»”’"
_HANDLE = re.compile(r"(?<![\w@])@\w+(?:\.\w+)*")
_HASHTAG = re.compile(r"(?<![\w#&])#\w*[^\W\d]\w*")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,:/\u00a0\u202f]\d+)*(?![\w])")
# Flags; and pictures with their colours and variants, joined to one; as many as stand together.
_PICTURE = r"\p{Extended_Pictographic}\p{Emoji_Modifier}?\uFE0F?"
_EMOJI = regex.compile(
    rf"(?:\p{{Regional_Indicator}}{{2}}|{_PICTURE}(?:\u200d{_PICTURE})*|[\d#*]\uFE0F?\u20E3)+"
)


class Protect(LazyBackend):
    """Translates round what must not be translated.

    If a placeholder does not come out of the translation once and only once, the text is
    translated again with the next kind of placeholder, and at last without protection.

    translator (Translator): The translator that does the work: a block of its own.
    kinds (Sequence[str]): What is protected: "url", "mail", "handle" (@name), "hashtag",
        "emoji", "number" (with its separators).
    terms (Sequence[str]): Names and other words that must come through as they are,
        exactly as they are written in the texts.
    placeholders (Sequence[str]): What stands for them; "{n}" becomes a number. Models differ
        in what they copy: where the first gets lost the next is tried.

    Attribute protected (int): Texts in which something was to be protected, so far.
    Attribute lost (int): Those of them that were translated without protection in the end.
    Attribute failures (dict[str, str]): The texts that the translator gave up, where it says so.
    """

    description: ClassVar[Description] = Description(
        "translator, with strings protected",
        model="another translator",
    )

    def __init__(
        self,
        translator: Translator,
        kinds: Sequence[Kind] = DEFAULT_KINDS,
        terms: Sequence[str] = (),
        placeholders: Sequence[str] = DEFAULT_PLACEHOLDERS,
    ) -> None:
        for kind in kinds:
            check_choice("Protect", "kinds", kind, Kind)
        valid = bool(placeholders) and all(p.count("{n}") == 1 and len(p) > 3 for p in placeholders)
        wanted = 'a list of texts with one "{n}" in each'
        check_setting("Protect", "placeholders", list(placeholders), valid, wanted)
        check_setting("Protect", "terms", list(terms), all(terms), "a list of words")
        self.translator = translator
        self.kinds = tuple(kinds)
        self.terms = tuple(terms)
        self.placeholders = tuple(placeholders)
        self.protected = 0
        self.lost = 0
        self.failures: dict[str, str] = {}

    @property
    def whole_texts(self) -> bool:
        return bool(getattr(self.translator, "whole_texts", False))

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: BackendError if the translator does not give a string for each text."""

        def translate(texts: list[str]) -> list[str]:
            if not texts:
                return []
            answers = self.translator(texts, from_lang=from_lang, to_lang=to_lang)
            return check_translations(answers, texts, "The protected translator")

        items = [self._items(text) for text in texts]
        self.protected += sum(map(bool, items))
        answers: list[str | None] = [None] * len(texts)
        for placeholder in self.placeholders:
            todo = [n for n, answer in enumerate(answers) if answer is None]
            masked = [_mask(texts[n], items[n], placeholder) for n in todo]
            asked = [m.text for m in masked if m.text.strip()]
            known = dict(zip(asked, translate(asked), strict=True))
            for n, m in zip(todo, masked, strict=True):
                answers[n] = _unmask(m, known.get(m.text, ""), placeholder)
            self._note_failures(masked)
        lost = [n for n, answer in enumerate(answers) if answer is None]
        self.lost += len(lost)
        again = iter(translate([texts[n] for n in lost]))
        return [next(again) if answer is None else answer for answer in answers]

    def _note_failures(self, masked: Sequence[_Masked]) -> None:
        given_up: dict[str, str] = getattr(self.translator, "failures", {})
        self.failures |= {m.original: given_up[m.text] for m in masked if m.text in given_up}

    def _items(self, text: str) -> list[_Item]:
        """The strings to protect, in order, without overlap: addresses go before the
        numbers and names in them."""
        taken: list[_Item] = []
        for find in self._finders:
            for item in find(text):
                if all(item.end <= other.start or other.end <= item.start for other in taken):
                    taken.append(item)
        return sorted(taken, key=lambda item: item.start)

    @cached_property
    def _finders(self) -> list[Callable[[str], Iterator[_Item]]]:
        patterns = {"handle": _HANDLE, "hashtag": _HASHTAG, "emoji": _EMOJI, "number": _NUMBER}
        addresses = {"url", "mail"} & set(self.kinds)
        finders = [lambda text: _addresses(text, addresses)]
        if self.terms:
            longest_first = sorted(self.terms, key=len, reverse=True)
            names = "|".join(re.escape(term) for term in longest_first)
            finders.append(_finder("term", re.compile(rf"(?<!\w)(?:{names})(?!\w)")))
        finders += [_finder(kind, patterns[kind]) for kind in patterns if kind in self.kinds]
        return finders


class _Item(NamedTuple):
    start: int
    end: int
    kind: str


class _Masked(NamedTuple):
    original: str
    head: str  # what stays before the translation
    text: str  # what is translated
    tail: str
    kept: dict[str, str]  # what each placeholder stands for


def _mask(text: str, items: Sequence[_Item], placeholder: str) -> _Masked:
    start, end, inside = _without_edges(text, items)
    names = (placeholder.replace("{n}", str(n)) for n in count(1))
    free = (name for name in names if name.lower() not in text.lower())
    kept = {}
    masked, at = "", start
    for item, name in zip(inside, free, strict=False):
        kept[name.lower()] = text[item.start : item.end]
        masked += text[at : item.start] + name
        at = item.end
    return _Masked(text, text[:start], masked + text[at:end], text[end:], kept)


def _unmask(masked: _Masked, answer: str, placeholder: str) -> str | None:
    """The translation with everything in its place; None if something was lost."""
    if not masked.text.strip():
        return masked.original
    if not answer.strip():
        return ""
    before, after = (re.escape(part) for part in placeholder.split("{n}"))
    pattern = re.compile(rf"{before}\d+(?!\d){after}", re.IGNORECASE)
    found = Counter(name.lower() for name in pattern.findall(answer))
    if any(found[name] != 1 for name in masked.kept):
        return None
    restored = pattern.sub(lambda match: masked.kept.get(match[0].lower(), match[0]), answer)
    return masked.head + restored + masked.tail


def _without_edges(text: str, items: Sequence[_Item]) -> tuple[int, int, Sequence[_Item]]:
    """Where a text begins and ends without the emoji at its ends, and the items in between.
    Those emoji are no part of its grammar."""
    start, end = 0, len(text)
    if items:
        while items and items[0].kind == "emoji" and not text[start : items[0].start].strip():
            start = items[0].end
            items = items[1:]
        while items and items[-1].kind == "emoji" and not text[items[-1].end : end].strip():
            end = items[-1].start
            items = items[:-1]
        inner = text[start:end]
        start += len(inner) - len(inner.lstrip())
        end = start + len(inner.strip())
    return start, end, items


def _addresses(text: str, kinds: set[str]) -> Iterator[_Item]:
    """Web and mail addresses, as spaCy knows them, without the punctuation round them."""
    for chunk in _CHUNK.finditer(text) if kinds else ():
        word = chunk[0].lstrip(_OPENING)
        start = chunk.end() - len(word)
        word = word.rstrip(_CLOSING)
        for opening, closing in ("()", "[]", "{}"):
            if word.endswith(closing) and opening not in word:
                word = word[:-1].rstrip(_CLOSING)
        kind = "mail" if like_email(word) else "url" if word and like_url(word) else ""
        if kind in kinds:
            yield _Item(start, start + len(word), kind)


def _finder(kind: str, pattern: re.Pattern[str]) -> Callable[[str], Iterator[_Item]]:
    def find(text: str) -> Iterator[_Item]:
        for match in pattern.finditer(text):
            yield _Item(match.start(), match.end(), kind)

    return find
