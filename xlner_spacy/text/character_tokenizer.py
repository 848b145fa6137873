"""A tokenizer for scripts without spaces that spaCy has no segmenter for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import DummyTokenizer
from spacy.vocab import Vocab


def make_character_tokenizer() -> Callable[[Language], CharacterTokenizer]:
    """Registered in `@tokenizers` as `xlner.CharacterTokenizer.v1`:

    spacy.blank("xx", config={"nlp": {"tokenizer": {"@tokenizers": "xlner.CharacterTokenizer.v1"}}})
    """

    def create(nlp: Language) -> CharacterTokenizer:
        return CharacterTokenizer(nlp.vocab)

    return create


class CharacterTokenizer(DummyTokenizer):
    """A token for each character (with its marks) of a script without spaces; other text as
    spaCy's tokenizer for any language has it. Entities then may begin and end at any character.
    """

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab
        self._words = Tokenizer(vocab, **_rules())

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for token in self._words(text):
            parts = list(_characters(token.text))
            words += parts
            spaces += [False] * (len(parts) - 1) + [bool(token.whitespace_)]
        return Doc(self.vocab, words=words, spaces=spaces)


def _rules() -> dict[str, Any]:
    """Those of spaCy's language "xx"."""
    from spacy.lang.xx import MultiLanguage
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

    defaults = MultiLanguage.Defaults
    return {
        "rules": defaults.tokenizer_exceptions,
        "prefix_search": compile_prefix_regex(defaults.prefixes or ()).search,
        "suffix_search": compile_suffix_regex(defaults.suffixes or ()).search,
        "infix_finditer": compile_infix_regex(defaults.infixes or ()).finditer,
        "url_match": defaults.url_match,
    }


def _characters(word: str) -> Iterator[str]:
    """The word; if there are characters of a script without spaces in it, these one by one
    and what lies between them whole."""
    import regex

    from .scripts import is_unspaced

    rest = ""
    for character in regex.findall(r"\X", word):
        if is_unspaced(character):
            if rest:
                yield rest
            yield character
            rest = ""
        else:
            rest += character
    if rest:
        yield rest
