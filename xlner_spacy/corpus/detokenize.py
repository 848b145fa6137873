"""Gold tokens as a text that a translator can read, with the tokens kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from spacy.tokens import Doc
from spacy.vocab import Vocab


def to_doc(vocab: Vocab, words: Sequence[str], text: str | None, lang: str) -> Doc:
    """A Doc with exactly these tokens, spaced as in `text` where that is known and fits
    them, else by the rules of Moses' detokenizer (sacremoses)."""
    spaces = _spaces(words, text) if text else None
    if spaces is None:
        spaces = _spaces(words, _moses(lang).detokenize(list(words), unescape=False))
    return Doc(vocab, words=list(words), spaces=spaces or [True] * len(words))


def same_tokens(doc: Doc, vocab: Vocab) -> Doc:
    """A new Doc with a Doc's tokens and none of its annotation."""
    words = [token.text for token in doc]
    return Doc(vocab, words=words, spaces=[bool(token.whitespace_) for token in doc])


def _spaces(words: Sequence[str], text: str) -> list[bool] | None:
    """Which words a space follows in the text; None if it is not these words' text."""
    spaces = []
    at = 0
    for word in words:
        if not text.startswith(word, at):
            return None
        at += len(word)
        after = at
        while after < len(text) and text[after].isspace():
            after += 1
        spaces.append(after > at)
        at = after
    return spaces if at == len(text) else None


@cache
def _moses(lang: str) -> Any:
    from sacremoses import MosesDetokenizer

    return MosesDetokenizer(lang=lang)
