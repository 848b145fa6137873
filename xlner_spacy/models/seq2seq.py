"""Shared by sequence-to-sequence models, whichever engine runs them: how each
family is told the languages, how texts are put in batches, and how words become pieces.

Throughout, a tokenizer is one of Hugging Face Transformers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np

from ..errors import SetupError, log_failure
from ..text.languages import flores200, iso639_1

logger = logging.getLogger(__name__)

MAX_PIECES = 1024


class Direction(NamedTuple):
    """The codes by which a model is told the languages."""

    src_lang: str | None = None  # set on the tokenizer, as is tgt_lang
    tgt_lang: str | None = None
    prefix: str = ""  # put before every text
    forced_bos_token_id: int | None = None  # first token of the output

    def tell(self, tokenizer: Any) -> None:
        """Set the languages on the tokenizer."""
        if self.src_lang:
            tokenizer.src_lang = self.src_lang
        if self.tgt_lang:
            tokenizer.tgt_lang = self.tgt_lang


def find_direction(
    tokenizer: Any,
    from_lang: str,
    to_lang: str,
    from_code: str | None,
    to_code: str | None,
    model: str,
) -> Direction:
    """Find out from the tokenizer how its family of models is told the languages.

    from_lang, to_lang (str): spaCy's codes.
    from_code, to_code (str): The model's own, where the user set them.
    model (str): Its name, for errors.
    RAISES: SetupError for a model that does not translate, or not these languages.
    """
    kind = type(tokenizer).__name__
    if kind.startswith("Nllb"):
        source, target = from_code or flores200(from_lang), to_code or flores200(to_lang)
        _token_id(tokenizer, source, model)
        return Direction(source, target, forced_bos_token_id=_token_id(tokenizer, target, model))
    if kind.startswith("M2M100"):
        source, target = from_code or iso639_1(from_lang), to_code or iso639_1(to_lang)
        _token_id(tokenizer, f"__{source}__", model)
        first = _token_id(tokenizer, f"__{target}__", model)
        return Direction(source, target, forced_bos_token_id=first)
    if kind.startswith("Marian"):
        return Direction(prefix=_marian_prefix(tokenizer, to_code, to_lang, model))
    if kind.startswith("T5"):
        tag = f"<2{to_code or iso639_1(to_lang)}>"
        _token_id(tokenizer, tag, model)
        return Direction(prefix=f"{tag} ")
    raise SetupError(
        f"{model!r} has a {kind}: this is no translation model that the translator knows.",
        hint="Use an NLLB-200, M2M100, Marian (OPUS-MT) or MADLAD-400 model, or give a function "
        "of your own (README, 'Swap a part').",
    )


def _marian_prefix(tokenizer: Any, to_code: str | None, to_lang: str, model: str) -> str:
    """Models with several output languages want one named: ">>por<< "."""
    import langcodes

    tags = list(getattr(tokenizer, "supported_language_codes", []) or [])
    if not tags:
        return ""
    language = langcodes.Language.get(to_lang)
    options = [to_code] if to_code else [str(language.language), language.to_alpha3()]
    for option in options:
        for tag in tags:
            if tag.strip("<>").split("_")[0] == option or tag.strip("<>") == option:
                return f"{tag} "
    raise _unknown_language(model, " or ".join(options))


def _token_id(tokenizer: Any, token: str, model: str) -> int:
    token_id = tokenizer.convert_tokens_to_ids(token)
    if token_id is None or token_id == tokenizer.unk_token_id:
        raise _unknown_language(model, token)
    return int(token_id)


def _unknown_language(model: str, code: str) -> SetupError:
    return SetupError(
        f"The translation model {model!r} does not know the language code {code!r}.",
        hint="Choose a model that has the language, or set from_code / to_code in the translator "
        "block to the model's own code for it.",
    )


def model_name(template: str, from_lang: str, to_lang: str) -> str:
    """Fill "{from_lang}" and "{to_lang}" in a model's name with short codes."""
    name = template.replace("{from_lang}", iso639_1(from_lang))
    return name.replace("{to_lang}", iso639_1(to_lang))


def fitting(lengths: Sequence[int], limit: int, texts: Sequence[str], model: str) -> list[int]:
    """The texts that the model can take, by index. The others are logged as warnings."""
    for length, text in zip(lengths, texts, strict=True):
        if length > limit:
            log_failure(logger, f"Left out, {length} pieces where {model} takes {limit}", text)
    return [index for index, length in enumerate(lengths) if length <= limit]


def batches(indices: Sequence[int], lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Texts of similar length, by index. They may have outputs of the same length, so
    that a translation does not depend on what else is in its batch."""
    ordered = sorted(indices, key=lambda index: lengths[index])
    for _, group in groupby(ordered, key=lambda index: output_length(lengths[index])):
        while batch := list(islice(group, size)):
            yield batch


def output_length(length: int) -> int:
    """Enough pieces for any real translation, and an end to one that repeats itself."""
    return int(2 << max(4, (length - 1).bit_length()))


class Pieces(NamedTuple):
    """Words as a model gets them."""

    ids: list[int]  # with what the model wants before and after the words
    words: list[int]  # the word of each piece; -1 for what belongs to no word


def source_pieces(tokenizer: Any, words: Sequence[str], prefix: str) -> Pieces:
    """The pieces of words of the source language, with special tokens round them."""
    ids, owners = _pieces(tokenizer(list(words), add_special_tokens=False, verbose=False))
    before = tokenizer(prefix, add_special_tokens=False)["input_ids"] if prefix else []
    whole = tokenizer.build_inputs_with_special_tokens(before + ids)
    start = next(
        n for n in range(len(whole)) if whole[n : n + len(before) + len(ids)] == before + ids
    )
    leading = start + len(before)
    return Pieces(whole, [-1] * leading + owners + [-1] * (len(whole) - leading - len(ids)))


def target_pieces(tokenizer: Any, words: Sequence[str], bos: int | None) -> Pieces:
    """The pieces of words of the target language, behind the token that must come first."""
    encoded = tokenizer(text_target=list(words), add_special_tokens=False, verbose=False)
    ids, owners = _pieces(encoded)
    return Pieces(ids, owners) if bos is None else Pieces([bos, *ids], [-1, *owners])


def _pieces(encoded: Any) -> tuple[list[int], list[int]]:
    ids = [piece for word in encoded["input_ids"] for piece in word]
    return ids, [n for n, word in enumerate(encoded["input_ids"]) for _ in word]


def by_words(
    attention: np.ndarray, source: Sequence[int], target: Sequence[int], shape: tuple[int, int]
) -> np.ndarray:
    """Attention between pieces as attention between words.

    attention (ndarray): Shape (target pieces, source pieces); each row sums to 1.
    source, target (Sequence[int]): The word of each piece, -1 for none.
    shape (tuple[int, int]): Number of source and of target words.
    RETURNS (ndarray): Shape (source words, target words). A column says where the model
        looks for a target word, the mean over its pieces, and sums to at most 1: what goes to
        special tokens belongs to no word. A word without pieces has zeros.
    """
    to_source = _membership(source, shape[0])
    to_target = _membership(target, shape[1])
    n_pieces = np.maximum(to_target.sum(axis=0), 1.0)
    return np.asarray((to_source.T @ attention.T @ to_target) / n_pieces)


def _membership(owners: Sequence[int], n_words: int) -> np.ndarray:
    """Which piece is part of which word, shape (pieces, words)."""
    table = np.zeros((len(owners), n_words))
    for piece, word in enumerate(owners):
        if word >= 0:
            table[piece, word] = 1.0
    return table
