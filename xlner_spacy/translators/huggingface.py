"""Sequence-to-sequence models of Hugging Face Transformers as translators."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby, islice
from typing import Any, NamedTuple

from ..backend import LazyBackend, make_torch_safe_to_fork
from ..errors import SetupError, check_setting
from ..hub import best_device, load
from ..languages import flores200, iso639_1

logger = logging.getLogger(__name__)


def make_huggingface(
    model: str = "facebook/nllb-200-distilled-600M",
    device: str = "auto",
    batch_size: int = 16,
    num_beams: int = 1,
    from_code: str | None = None,
    to_code: str | None = None,
) -> HuggingFaceTranslator:
    """Registered as `xlner.HuggingFace.v1`.

    model (str): Hub name or folder of an NLLB-200, M2M100, Marian (OPUS-MT) or MADLAD-400
        model. "{from_lang}" and "{to_lang}" in it become language codes:
        "Helsinki-NLP/opus-mt-{from_lang}-{to_lang}".
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): Sentences translated at once.
    num_beams (int): Width of the beam search; 1 is greedy and fastest.
    from_code, to_code (str): The model's own codes of the languages, where those made from
        the spaCy codes are not the ones you want ("zho_Hant").
    """
    return HuggingFaceTranslator(model, device, batch_size, num_beams, from_code, to_code)


class _Direction(NamedTuple):
    """How a model is told the languages."""

    src_lang: str | None = None  # set on the tokenizer
    prefix: str = ""  # put before every text
    forced_bos_token_id: int | None = None  # first token of the output


class HuggingFaceTranslator(LazyBackend):
    """Translates sentences with a local or Hub model, in batches of similar length."""

    def __init__(
        self,
        model: str,
        device: str = "auto",
        batch_size: int = 16,
        num_beams: int = 1,
        from_code: str | None = None,
        to_code: str | None = None,
    ) -> None:
        check_setting("HuggingFace", "batch_size", batch_size, batch_size > 0, "greater than 0")
        check_setting("HuggingFace", "num_beams", num_beams, num_beams > 0, "greater than 0")
        self.model = model
        self.device = device
        self.batch_size = batch_size
        self.num_beams = num_beams
        self.from_code = from_code
        self.to_code = to_code

    def __call__(self, texts: Sequence[str], *, from_lang: str, to_lang: str) -> list[str]:
        """RAISES: SetupError if the model cannot be loaded or does not know a language."""
        if not texts:
            return []
        tokenizer, model = self._load(from_lang, to_lang)
        direction = _direction(
            tokenizer, from_lang, to_lang, self.from_code, self.to_code, self.model
        )
        if direction.src_lang:
            tokenizer.src_lang = direction.src_lang
        inputs = [direction.prefix + text for text in texts]
        lengths = [len(ids) for ids in tokenizer(inputs, verbose=False)["input_ids"]]
        answers = [""] * len(texts)
        limit = _max_pieces(tokenizer, model)
        for batch in self._batches(lengths, limit, texts):
            # The decoder's first position is taken by its start token.
            longest = min(_output_length(lengths[batch[0]]), limit - 1)
            outputs = self._generate(
                tokenizer, model, [inputs[i] for i in batch], direction, longest
            )
            for index, output in zip(batch, outputs, strict=True):
                answers[index] = output
        return answers

    def _batches(self, lengths: list[int], limit: int, texts: Sequence[str]) -> Iterator[list[int]]:
        """Texts of similar length, by index. They may have outputs of the same length, so
        that a translation does not depend on what else is in its batch."""
        fitting = []
        for index, length in enumerate(lengths):
            if length <= limit:
                fitting.append(index)
            else:
                logger.warning(
                    "Not translated, %d pieces where %s takes %d: %r",
                    length,
                    self.model,
                    limit,
                    texts[index][:60],
                )
        fitting.sort(key=lambda index: lengths[index])
        for _, group in groupby(fitting, key=lambda index: _output_length(lengths[index])):
            while batch := list(islice(group, self.batch_size)):
                yield batch

    def _generate(
        self, tokenizer: Any, model: Any, inputs: list[str], direction: _Direction, longest: int
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

    def _load(self, from_lang: str, to_lang: str) -> tuple[Any, Any]:
        name = self.model.replace("{from_lang}", iso639_1(from_lang))
        name = name.replace("{to_lang}", iso639_1(to_lang))
        if name not in self._loaded:
            from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

            make_torch_safe_to_fork()
            tokenizer = load("translator", name, AutoTokenizer.from_pretrained)
            model = load("translator", name, AutoModelForSeq2SeqLM.from_pretrained)
            self._loaded[name] = (tokenizer, model.to(best_device(self.device)).eval())
        return self._loaded[name]

    @cached_property
    def _loaded(self) -> dict[str, tuple[Any, Any]]:
        return {}


def _direction(
    tokenizer: Any,
    from_lang: str,
    to_lang: str,
    from_code: str | None,
    to_code: str | None,
    model: str,
) -> _Direction:
    """Find out from the tokenizer how this family of models is told the languages."""
    kind = type(tokenizer).__name__
    if kind.startswith("Nllb"):
        source = from_code or flores200(from_lang)
        _token_id(tokenizer, source, model)
        target = to_code or flores200(to_lang)
        return _Direction(source, forced_bos_token_id=_token_id(tokenizer, target, model))
    if kind.startswith("M2M100"):
        source = from_code or iso639_1(from_lang)
        _token_id(tokenizer, f"__{source}__", model)
        target = f"__{to_code or iso639_1(to_lang)}__"
        return _Direction(source, forced_bos_token_id=_token_id(tokenizer, target, model))
    if kind.startswith("Marian"):
        return _Direction(prefix=_marian_prefix(tokenizer, to_code, to_lang, model))
    if kind.startswith("T5"):
        tag = f"<2{to_code or iso639_1(to_lang)}>"
        _token_id(tokenizer, tag, model)
        return _Direction(prefix=f"{tag} ")
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


def _output_length(length: int) -> int:
    """Enough pieces for any real translation, and an end to one that repeats itself."""
    return int(2 << max(4, (length - 1).bit_length()))


def _max_pieces(tokenizer: Any, model: Any) -> int:
    limits = [
        tokenizer.model_max_length,
        getattr(model.config, "max_position_embeddings", None) or 10**9,
        1024,
    ]
    return int(min(limits))
