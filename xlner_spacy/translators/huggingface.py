"""Sequence-to-sequence models of Hugging Face Transformers as translators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from ..models.description import Description
from ..models.hub import best_device, load
from ..models.lazy import LazyBackend, make_torch_safe_to_fork
from ..models.seq2seq import (
    MAX_PIECES,
    Direction,
    batches,
    find_direction,
    fitting,
    model_name,
    output_length,
)
from ..settings import check_setting


class HuggingFaceTranslator(LazyBackend):
    """Translates sentences with a local or Hub model, in batches of similar length.

    model (str): Hub name or folder of an NLLB-200, M2M100, Marian (OPUS-MT) or MADLAD-400
        model. "{from_lang}" and "{to_lang}" in it become language codes:
        "Helsinki-NLP/opus-mt-{from_lang}-{to_lang}".
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): Sentences translated at once.
    num_beams (int): Width of the beam search; 1 is greedy and fastest.
    from_code, to_code (str): The model's own codes of the languages, where those made from
        the spaCy codes are not the ones you want ("zho_Hant").
    trust_remote_code (bool): Run the Python code that the model brings along, if it has any.
    """

    description: ClassVar[Description] = Description(
        "Hugging Face translation model",
        package="transformers",
        module="transformers",
        model="a model of the Hub or a folder",
        hub=True,
    )

    def __init__(
        self,
        model: str = "facebook/nllb-200-distilled-600M",
        device: str = "auto",
        batch_size: int = 16,
        num_beams: int = 1,
        from_code: str | None = None,
        to_code: str | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        check_setting("HuggingFace", "batch_size", batch_size, batch_size > 0, "greater than 0")
        check_setting("HuggingFace", "num_beams", num_beams, num_beams > 0, "greater than 0")
        self.model = model
        self.device = device
        self.batch_size = batch_size
        self.num_beams = num_beams
        self.from_code = from_code
        self.to_code = to_code
        self.trust_remote_code = trust_remote_code

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if the model cannot be loaded or does not know a language."""
        if not texts:
            return []
        tokenizer, model, direction = self._prepare(from_lang, to_lang)
        inputs = [direction.prefix + text for text in texts]
        lengths = [len(ids) for ids in tokenizer(inputs, verbose=False)["input_ids"]]
        answers = [""] * len(texts)
        limit = _max_pieces(tokenizer, model)
        fit = fitting(lengths, limit, texts, self.model)
        for batch in batches(fit, lengths, self.batch_size):
            # The decoder's first position is taken by its start token.
            longest = min(output_length(lengths[batch[0]]), limit - 1)
            outputs = self._generate(
                tokenizer, model, [inputs[i] for i in batch], direction, longest
            )
            for index, output in zip(batch, outputs, strict=True):
                answers[index] = output
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
        tokenizer, model, direction = self._prepare(from_lang, to_lang)
        inputs = [direction.prefix + text for text in sources]
        given = tokenizer(inputs, verbose=False)["input_ids"]
        wanted = tokenizer(text_target=list(targets), verbose=False)["input_ids"]
        lengths = [max(len(a), len(b)) for a, b in zip(given, wanted, strict=True)]
        scores = [-math.inf] * len(sources)
        fit = fitting(lengths, _max_pieces(tokenizer, model), sources, self.model)
        for batch in batches(fit, lengths, self.batch_size):
            found = _log_probs(
                tokenizer, model, [inputs[i] for i in batch], [wanted[i] for i in batch]
            )
            for index, row in zip(batch, found, strict=True):
                said = row[direction.forced_bos_token_id is not None :]
                scores[index] = sum(said) / len(said)
        return scores

    def _generate(
        self, tokenizer: Any, model: Any, inputs: list[str], direction: Direction, longest: int
    ) -> list[str]:
        import torch

        batch = tokenizer(inputs, padding=True, return_tensors="pt").to(model.device)
        options: dict[str, Any] = {"num_beams": self.num_beams, "max_new_tokens": longest}
        if direction.forced_bos_token_id is not None:
            options["forced_bos_token_id"] = direction.forced_bos_token_id
        with torch.inference_mode():
            output = model.generate(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], **options
            )
        texts: list[str] = tokenizer.batch_decode(output, skip_special_tokens=True)
        return texts

    def _prepare(self, from_lang: str, to_lang: str) -> tuple[Any, Any, Direction]:
        tokenizer, model = self._load(from_lang, to_lang)
        direction = find_direction(
            tokenizer, from_lang, to_lang, self.from_code, self.to_code, self.model
        )
        direction.tell(tokenizer)
        return tokenizer, model, direction

    def _load(self, from_lang: str, to_lang: str) -> tuple[Any, Any]:
        name = model_name(self.model, from_lang, to_lang)
        if name not in self._loaded:
            from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

            make_torch_safe_to_fork()
            what, trust = "translator", self.trust_remote_code
            tokenizer = load(what, name, AutoTokenizer.from_pretrained, trust_remote_code=trust)
            kind = AutoModelForSeq2SeqLM
            model = load(what, name, kind.from_pretrained, trust_remote_code=trust)
            self._loaded[name] = (tokenizer, model.to(best_device(self.device)).eval())
        return self._loaded[name]

    @cached_property
    def _loaded(self) -> dict[str, tuple[Any, Any]]:
        return {}


def _log_probs(
    tokenizer: Any, model: Any, inputs: list[str], wanted: list[list[int]]
) -> list[list[float]]:
    """Log-probabilities of the pieces of `wanted`, each after those before it."""
    import torch

    batch = tokenizer(inputs, padding=True, return_tensors="pt").to(model.device)
    rows = [torch.tensor(ids) for ids in wanted]
    # Positions with -100 are padding: the model must not be asked for them.
    labels = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)
    labels = labels.to(model.device)
    with torch.inference_mode():
        logits = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels
        ).logits.float()
        for banned in model.generation_config.bad_words_ids or []:
            if len(banned) == 1:  # the padding of Marian, which it never writes
                logits[..., banned[0]] = -math.inf
        chosen = logits.log_softmax(-1).gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return [row[: len(ids)].tolist() for row, ids in zip(chosen, wanted, strict=True)]


def _max_pieces(tokenizer: Any, model: Any) -> int:
    limits = [
        tokenizer.model_max_length,
        getattr(model.config, "max_position_embeddings", None) or 10**9,
        MAX_PIECES,
    ]
    return int(min(limits))
