"""A multilingual vocabulary, trimmed to the word pieces that one language needs.

Nine tenths of a small multilingual encoder are the embeddings of 250,000 pieces, most of them of other
languages. A Unigram tokenizer (Kudo 2018) segments what it has no piece for into smaller ones, so
pieces can go as long as single characters stay. But names that are cut otherwise are known less well, so all pieces in
the scripts of the language stay if there is room. Abdaoui et al. 2020, 'Load What You Need: Smaller
Versions of Multilingual BERT', do the same with whole corpora.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import SetupError
from ..text.scripts import is_written_in, scripts_of


class Trimmed(NamedTuple):
    """A smaller vocabulary."""

    tokenizer: str  # the JSON of a tokenizers.Tokenizer
    rows: list[int]  # for each piece of it, its number in the larger one


def trim(tokenizer: str, seen: Counter[int], characters: Counter[str], size: int) -> Trimmed:
    """Keep the pieces that texts of a language need.

    Always there: special pieces, and pieces of one character of the texts' scripts. Then pieces that
    occur in the texts, the most frequent first; then all others in these scripts, the most probable first.

    tokenizer (str): The JSON of a tokenizers.Tokenizer with a Unigram model.
    seen (Counter): How often each piece occurs in the texts, by number.
    characters (Counter): How often each character occurs in them.
    size (int): How many pieces to keep, at the most, but for those that are always there.
    RAISES: SetupError for a tokenizer of another kind.
    """
    record = json.loads(tokenizer)
    vocab = _unigram(record)
    scripts = scripts_of(characters)
    own = [n for n, (piece, _) in enumerate(vocab) if is_written_in(piece, scripts)]
    special = {token["id"] for token in record["added_tokens"]}
    always = special | {n for n in own if len(vocab[n][0]) == 1}
    wanted = [n for n, _ in seen.most_common()]
    wanted += sorted((n for n in own if n not in seen), key=lambda n: -vocab[n][1])
    chosen = [n for n in wanted if n not in always][: max(0, size - len(always))]
    rows = sorted({*always, *chosen})
    return Trimmed(json.dumps(_with_rows(record, vocab, rows), ensure_ascii=False), rows)


def _unigram(record: dict[str, Any]) -> list[tuple[str, float]]:
    kind = record["model"]["type"]
    if kind != "Unigram":
        raise SetupError(
            f"A vocabulary of the kind {kind} cannot be trimmed.",
            hint="Leave xlner.TrimVocabulary.v1 out of the config: encoders with a SentencePiece "
            "Unigram vocabulary (XLM-R, multilingual E5) can be trimmed.",
        )
    return [(piece, score) for piece, score in record["model"]["vocab"]]


def _with_rows(
    record: dict[str, Any], vocab: Sequence[tuple[str, float]], rows: Sequence[int]
) -> dict[str, Any]:
    """The tokenizer's record with these pieces alone, numbered anew."""
    new = {old: n for n, old in enumerate(rows)}
    model = {
        **record["model"],
        "vocab": [list(vocab[n]) for n in rows],
        "unk_id": new[record["model"]["unk_id"]],
    }
    added = [{**token, "id": new[token["id"]]} for token in record["added_tokens"]]
    after = record.get("post_processor")
    if after and after.get("special_tokens"):
        specials = {
            name: {**token, "ids": [new[n] for n in token["ids"]]}
            for name, token in after["special_tokens"].items()
        }
        after = {**after, "special_tokens": specials}
    return {**record, "model": model, "added_tokens": added, "post_processor": after}
