"""Sequence-to-sequence models that were converted for the CTranslate2 engine.

A model is converted once, in an environment with ctranslate2 and transformers:

    ct2-transformers-converter --model facebook/nllb-200-distilled-600M \\
        --quantization int8 --output_dir nllb-ct2

https://opennmt.net/CTranslate2/guides/transformers.html
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..errors import SetupError
from ..models.description import Description
from ..models.hub import download, load
from ..models.lazy import LazyBackend
from ..models.seq2seq import (
    MAX_PIECES,
    Direction,
    batches,
    by_words,
    find_direction,
    fitting,
    model_name,
    output_length,
    source_pieces,
    target_pieces,
)
from ..settings import check_setting


class CTranslate2Translator(LazyBackend):
    """Translates sentences with CTranslate2, and says how sure it is and where it looked.

    model (str): Folder, or Hub name, of an NLLB-200, M2M100 or Marian (OPUS-MT) model in
        CTranslate2's format. "{from_lang}" and "{to_lang}" become language codes.
    tokenizer (str): Folder or Hub name of the original model, for its tokenizer, with the same
        placeholders. None: the tokenizer's files are in the model's folder.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    compute_type (str): "default": the numbers that the model was converted to; "auto": the
        fastest that the device has; or "int8", "float16", "int8_float16", "float32", ...
    batch_size (int): Sentences translated at once.
    num_beams (int): Width of the beam search; 1 is greedy and fastest.
    from_code, to_code (str): The model's own codes of the languages, where those made from
        the spaCy codes are not the ones you want ("zho_Hant").
    inter_threads (int): Batches translated at the same time.
    intra_threads (int): Threads for one batch; 0: one a core, four at most.
    """

    description: ClassVar[Description] = Description(
        "CTranslate2 translation model",
        package="ctranslate2",
        module="ctranslate2",
        extra="ctranslate2",
        model="a model converted by ct2-transformers-converter",
        hub=True,
    )

    def __init__(
        self,
        model: str,
        tokenizer: str | None = None,
        device: str = "auto",
        compute_type: str = "default",
        batch_size: int = 32,
        num_beams: int = 1,
        from_code: str | None = None,
        to_code: str | None = None,
        inter_threads: int = 1,
        intra_threads: int = 0,
    ) -> None:
        part = "CTranslate2"
        check_setting(part, "batch_size", batch_size, batch_size > 0, "greater than 0")
        check_setting(part, "num_beams", num_beams, num_beams > 0, "greater than 0")
        check_setting(part, "inter_threads", inter_threads, inter_threads > 0, "greater than 0")
        check_setting(part, "intra_threads", intra_threads, intra_threads >= 0, "0 or greater")
        self.model = str(model)
        self.tokenizer = str(tokenizer or model)
        self.device = device
        self.compute_type = compute_type
        self.batch_size = batch_size
        self.num_beams = num_beams
        self.from_code = from_code
        self.to_code = to_code
        self.inter_threads = inter_threads
        self.intra_threads = intra_threads

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if the model cannot be loaded or does not know a language."""
        if not texts:
            return []
        tokenizer, engine, direction = self._prepare(from_lang, to_lang)
        pieces = _tokens(
            tokenizer, tokenizer([direction.prefix + text for text in texts], verbose=False)
        )
        lengths = [len(row) for row in pieces]
        limit = min(tokenizer.model_max_length, MAX_PIECES)
        first = _first_tokens(tokenizer, direction)
        jobs: list[tuple[int, Any]] = []
        for batch in batches(fitting(lengths, limit, texts, self.model), lengths, self.batch_size):
            jobs += zip(
                batch,
                engine.translate_batch(
                    [pieces[i] for i in batch],
                    target_prefix=[first] * len(batch),
                    beam_size=self.num_beams,
                    max_decoding_length=min(output_length(lengths[batch[0]]), limit - 1),
                    asynchronous=True,
                ),
                strict=True,
            )
        answers = [""] * len(texts)
        for index, job in jobs:
            ids = tokenizer.convert_tokens_to_ids(job.result().hypotheses[0])
            answers[index] = tokenizer.decode(ids, skip_special_tokens=True)
        return answers

    def score(
        self, sources: Sequence[str], targets: Sequence[str], *, from_lang: str, to_lang: str
    ) -> list[float]:
        """How probable the model finds each target as the translation of its source.

        RETURNS (list[float]): The mean log-probability (natural) of a target's pieces and of
            the end of the sentence; -inf where a text is longer than the model takes.
        RAISES: SetupError if the model cannot be loaded or does not know a language.
        """
        if not sources:
            return []
        tokenizer, engine, direction = self._prepare(from_lang, to_lang)
        given = _tokens(
            tokenizer, tokenizer([direction.prefix + s for s in sources], verbose=False)
        )
        wanted = _tokens(tokenizer, tokenizer(text_target=list(targets), verbose=False))
        lengths = [max(len(a), len(b)) for a, b in zip(given, wanted, strict=True)]
        limit = min(tokenizer.model_max_length, MAX_PIECES)
        scores = [-math.inf] * len(sources)
        n_first = len(_first_tokens(tokenizer, direction))
        for batch in batches(
            fitting(lengths, limit, sources, self.model), lengths, self.batch_size
        ):
            # The engine adds the end of the sentence itself.
            found = engine.score_batch([given[i] for i in batch], [wanted[i][:-1] for i in batch])
            for index, result in zip(batch, found, strict=True):
                said = result.log_probs[n_first:]
                scores[index] = sum(said) / len(said)
        return scores

    def attention(
        self,
        sources: Sequence[Sequence[str]],
        targets: Sequence[Sequence[str]],
        *,
        from_lang: str,
        to_lang: str,
    ) -> list[np.ndarray]:
        """Where the model looks in the source when it writes each word of the target.

        The decoder is made to write the given target. What CTranslate2 then hands out is the
        cross-attention of the heads that the model's file names; converted from a Hugging Face
        model that is the first head of the last layer, not the mean of all.

        sources, targets (Sequence[Sequence[str]]): The words of each sentence pair.
        RETURNS (list[ndarray]): For each pair, shape (source words, target words): a column
            is the distribution for one target word, summing to at most 1, because special
            tokens have their share. Zeros for a pair longer than the model takes.
        RAISES: SetupError if the model cannot be loaded or does not know a language.
        """
        tables = [np.zeros((len(s), len(t))) for s, t in zip(sources, targets, strict=True)]
        full = [n for n, table in enumerate(tables) if table.size]
        if not full:
            return tables
        tokenizer, engine, direction = self._prepare(from_lang, to_lang)
        given = [source_pieces(tokenizer, sources[n], direction.prefix) for n in full]
        bos = direction.forced_bos_token_id
        wanted = [target_pieces(tokenizer, targets[n], bos) for n in full]
        lengths = [max(len(a.ids), len(b.ids)) for a, b in zip(given, wanted, strict=True)]
        limit = min(tokenizer.model_max_length, MAX_PIECES) - 1
        texts = [" ".join(sources[n]) for n in full]
        for batch in batches(fitting(lengths, limit, texts, self.model), lengths, self.batch_size):
            found = engine.translate_batch(
                [tokenizer.convert_ids_to_tokens(given[i].ids) for i in batch],
                target_prefix=[tokenizer.convert_ids_to_tokens(wanted[i].ids) for i in batch],
                beam_size=1,
                max_decoding_length=max(len(wanted[i].ids) for i in batch),
                return_attention=True,
            )
            for i, result in zip(batch, found, strict=True):
                # Behind the given target the decoder may have written on.
                rows = np.asarray(result.attention[0])[: len(wanted[i].ids)]
                shape = tables[full[i]].shape
                tables[full[i]] = by_words(rows, given[i].words, wanted[i].words, shape)
        return tables

    def _prepare(self, from_lang: str, to_lang: str) -> tuple[Any, Any, Direction]:
        tokenizer, engine = self._load(from_lang, to_lang)
        direction = find_direction(
            tokenizer, from_lang, to_lang, self.from_code, self.to_code, self.model
        )
        direction.tell(tokenizer)
        return tokenizer, engine, direction

    def _load(self, from_lang: str, to_lang: str) -> tuple[Any, Any]:
        # A forked child has not got the engine's threads: it loads an engine of its own.
        key = (os.getpid(), model_name(self.model, from_lang, to_lang))
        if key not in self._loaded:
            self.description.check("The CTranslate2 translator")
            from transformers import AutoTokenizer

            engine = self._engine(key[1])
            name = model_name(self.tokenizer, from_lang, to_lang)
            try:
                tokenizer = load("translator's tokenizer", name, AutoTokenizer.from_pretrained)
            except SetupError as error:
                raise SetupError(
                    error.message,
                    hint='Set "tokenizer" in the translator block to the name or the folder of '
                    "the model that was converted.",
                ) from error
            self._loaded[key] = (tokenizer, engine)
        return self._loaded[key]

    def _engine(self, name: str) -> Any:
        from ctranslate2 import Translator

        folder = name if Path(name).is_dir() else download("translator", name)
        device, _, index = self.device.partition(":")
        try:
            return Translator(
                str(folder),
                device,
                device_index=int(index or 0),
                compute_type=self.compute_type,
                inter_threads=self.inter_threads,
                intra_threads=self.intra_threads,
            )
        except (RuntimeError, ValueError) as error:
            # RuntimeError: no model in the folder, or of another format; no such GPU.
            # ValueError: no such device or compute type.
            raise SetupError(
                f"CTranslate2 cannot load {name!r} on device={self.device!r} with "
                f"compute_type={self.compute_type!r}: {error}",
                hint="The folder must be what ct2-transformers-converter wrote (README of "
                "CTranslate2), for example: ct2-transformers-converter --model "
                "facebook/nllb-200-distilled-600M --quantization int8 --output_dir nllb-ct2",
            ) from error

    @cached_property
    def _loaded(self) -> dict[tuple[int, str], tuple[Any, Any]]:
        return {}


def _tokens(tokenizer: Any, encoded: Any) -> list[list[str]]:
    return [tokenizer.convert_ids_to_tokens(ids) for ids in encoded["input_ids"]]


def _first_tokens(tokenizer: Any, direction: Direction) -> list[str]:
    """What every output begins with: the code of the language, or nothing."""
    bos = direction.forced_bos_token_id
    return [] if bos is None else [tokenizer.convert_ids_to_tokens(bos)]
