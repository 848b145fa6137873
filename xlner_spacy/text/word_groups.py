"""Scripts without spaces: aligning pieces of text where the tokens are single characters.

spaCy's Chinese tokenizer gives characters unless a segmenter is installed. A character has
no meaning of its own that an encoder could compare; so runs of characters are cut into
words, these are aligned, and each link is given to all characters of the word. Chinese is cut by
jieba where it is installed (extra `chinese`), all else by the pieces that the encoder's own
tokenizer knows.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

from ..types import Link
from .scripts import is_unspaced

Group = range  # of the words that are aligned as one


def groups(words: Sequence[str], tokenizer: Any) -> list[Group]:
    """The words, cut into runs that are aligned as one: single characters of a script without
    spaces by words or pieces, every other word alone.

    tokenizer: A fast Transformers tokenizer.
    """
    if not any(map(is_unspaced, words)):
        return [range(n, n + 1) for n in range(len(words))]
    found: list[Group] = []
    for start, end in _runs(words):
        text = "".join(words[start:end])
        if end - start == 1:
            found.append(range(start, end))
        elif importlib.util.find_spec("jieba") is not None and _is_chinese(text):
            found.extend(_grouped(words, start, end, _words(text)))
        else:
            found.extend(_grouped(words, start, end, _pieces(text, tokenizer)))
    return found


def joined(words: Sequence[str], parts: Sequence[Group]) -> tuple[str, ...]:
    """The text of each group."""
    return tuple("".join(words[n] for n in part) for part in parts)


def spread(links: Sequence[Link], sources: Sequence[Group], targets: Sequence[Group]) -> list[Link]:
    """Links between groups as links between all of their words, sorted."""
    return sorted(
        Link(s, t, link.confidence, link.weak)
        for link in links
        for s in sources[link.source]
        for t in targets[link.target]
    )


def _runs(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Runs of tokens of one character. Letters and digits between them are such too: a
    tokenizer that gives characters gives those of "Uber" one by one."""
    single = [is_unspaced(word) or (len(word) == 1 and word.isalnum()) for word in words]
    start = 0
    for n in range(1, len(words) + 1):
        if n == len(words) or not (single[n - 1] and single[n]):
            yield start, n
            start = n


def _grouped(words: Sequence[str], start: int, end: int, cuts: set[int]) -> Iterator[Group]:
    """The tokens [start, end), cut at characters of their text."""
    first, at = start, 0
    for n in range(start, end):
        at += len(words[n])
        if at in cuts or n + 1 == end:
            yield range(first, n + 1)
            first = n + 1


def _pieces(text: str, tokenizer: Any) -> set[int]:
    """Where the pieces of a tokenizer end."""
    pieces = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return {end for _, end in pieces["offset_mapping"]}


def _words(text: str) -> set[int]:
    """Where Chinese words end."""
    import jieba

    jieba.setLogLevel("WARNING")
    return {end for _, _, end in jieba.tokenize(text)}


def _is_chinese(text: str) -> bool:
    import regex

    return regex.fullmatch(r"[\p{Script=Han}\p{Alnum}]+", text) is not None and not regex.search(
        r"\p{Script=Hiragana}|\p{Script=Katakana}", text
    )
