"""TransAlign (Ebing, Goldschmied & Glavaš, EMNLP Findings 2025, arXiv 2510.27337).

The encoder of a translation model aligns words: it must tell what words mean whatever the
language. Each sentence is encoded by itself, with its own language's code, so that both are
"source" sentences to the model; links are AWESOME-align's, from dot products of the hidden
states (softmax both ways, threshold 0.001), by the last layer of NLLB-200-distilled-600M.
(The authors also fine-tune the encoder for alignment with LoRA; a merged model can be used.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ..errors import SetupError
from ..models.description import Description
from ..models.encoder import Encoded, Words, shared_encoder
from ..models.encoder_aligner import EncoderAligner, Extract
from ..models.encoder_settings import EncoderSettings
from ..models.extraction import Method
from ..settings import check_choice
from ..text.languages import flores200, iso639_1
from .awesome import SoftmaxExtraction
from .simalign import SimilarityExtraction

Extraction = Literal["softmax", Method]
DEFAULT_MODEL = "facebook/nllb-200-distilled-600M"


def make_nmt_encoder(
    model: str = DEFAULT_MODEL,
    extraction: Extraction = "softmax",
    layer: int | None = None,
    threshold: float = 0.001,
    temperature: float | None = None,
    normalize: bool = False,
    source_code: str | None = None,
    target_code: str | None = None,
    device: str = "auto",
    batch_size: int = 16,
) -> NMTEncoder:
    """Registered as `xlner.NMTEncoder.v1`.

    model (str): Hub name or folder of an NLLB-200, M2M100, mBART-50, Marian (OPUS-MT) or
        MADLAD-400 model. The encoder must have learnt both languages: one of NLLB has, one
        of a bilingual Marian model only its own source language.
    extraction (str): "softmax" as in the paper; or SimAlign's "inter", "itermax" or "mwmf".
    layer (int): Hidden layer of the encoder to compare. None: the last one.
    threshold (float): Of "softmax": both probabilities of a link are greater than this.
    temperature (float): Similarities are divided by it before the softmax that gives links
        (of "softmax") and confidences. None: 1 for dot products, 0.05 for cosines.
    normalize (bool): Of "softmax": compare cosines instead of dot products.
    source_code, target_code (str): The model's own codes of the languages, where those made
        from spaCy's codes are not the ones you want ("zho_Hant").
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): The largest number of sentences encoded at once.
    RAISES: SetupError for a setting that cannot be.
    """
    check_choice("NMTEncoder", "extraction", extraction, Extraction)
    of_cosines = normalize or extraction != "softmax"
    if temperature is None:
        temperature = 0.05 if of_cosines else 1.0
    extract: Extract
    if extraction == "softmax":
        extract = SoftmaxExtraction(threshold, temperature, normalize)
    else:
        extract = SimilarityExtraction(extraction, temperature)
    settings = EncoderSettings(model, layer, device=device, batch_size=batch_size)
    return NMTEncoder(settings, extract, (source_code, target_code))


class NMTEncoder(EncoderAligner):
    """Aligns words by a translation model's encoder, which is told the languages."""

    description: ClassVar[Description] = Description(
        "encoder of a translation model",
        package="transformers",
        model="a translation model of the Hub or a folder",
        hub=True,
    )

    def __init__(
        self,
        settings: EncoderSettings,
        extract: Extract,
        codes: tuple[str | None, str | None] = (None, None),
    ) -> None:
        super().__init__(shared_encoder(settings), extract)
        self.codes = codes

    def encode(
        self, pairs: Sequence[tuple[Words, Words]], source_lang: str, target_lang: str
    ) -> list[tuple[Encoded, Encoded]]:
        """RAISES: SetupError if the model does not know a language."""
        source_code, target_code = (
            _model_code(self.encoder.tokenizer, language, code, str(self.encoder.settings.model))
            for language, code in zip((source_lang, target_lang), self.codes, strict=True)
        )
        sources = self.encoder.encode((source for source, _ in pairs), source_code)
        targets = self.encoder.encode((target for _, target in pairs), target_code)
        return [(sources[source], targets[target]) for source, target in pairs]


def _model_code(tokenizer: Any, language: str, code: str | None, model: str) -> str | None:
    """The model's own code of a language; None for models that are not told it."""
    kind = type(tokenizer).__name__
    if kind.startswith("Nllb"):
        code = code or flores200(language)
        token = code
    elif kind.startswith("M2M100"):
        code = code or iso639_1(language)
        token = f"__{code}__"
    elif kind.startswith("MBart"):
        prefix = f"{iso639_1(language)}_"
        known = (token for token in tokenizer.lang_code_to_id if token.startswith(prefix))
        code = code or next(known, prefix)
        token = code
    else:
        return None
    if tokenizer.convert_tokens_to_ids(token) in (None, tokenizer.unk_token_id):
        raise SetupError(
            f"The translation model {model!r} does not know the language code {code!r}.",
            hint="Choose a model that has the language, or set source_code / target_code in the "
            "aligner block to the model's own code for it.",
        )
    return code
