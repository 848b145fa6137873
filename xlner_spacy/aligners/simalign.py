"""SimAlign (Jalili Sabet et al. 2020): word alignment from contextual embeddings.

The links are those of the simalign package. What is added here: batches, texts of any
length, and a confidence for every link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..models import extraction
from ..models.adapters import FINE_TUNED
from ..models.description import Description
from ..models.encoder import Encoded, shared_encoder
from ..models.encoder_aligner import EncoderAligner
from ..models.encoder_settings import EncoderSettings, TokenType
from ..models.engines import EngineName
from ..settings import check_choice, check_setting
from ..types import Link

# The embedded encoder aligns best at layer 7 (tuned on Europarl); 8 is SimAlign's own
# choice for mBERT and XLM-R.
EMBEDDED_LAYER = 7
DEFAULT_LAYER = 8


class SimAlign(EncoderAligner):
    """Aligns words as the simalign package does. See `SimilarityExtraction`.

    model (str): Hub name or folder of an encoder. None: the embedded multilingual-e5-small
        (extra `offline`).
    method (str): "inter" (mutual best, most precise), "itermax" (more links, the default)
        or "mwmf" (maximum weight matching, which links as many pieces as it can).
    layer (int): Hidden layer to compare. None: 7 for the embedded model, else 8.
    token_type (str): "bpe" links word pieces and joins the links; "word" averages the
        pieces of a word first.
    temperature (float): Of the softmax that makes confidences of cosine similarities.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): The largest number of sentences encoded at once.
    engine (str): What computes the vectors: "torch"; "openvino", the same on CPUs with less
        work; "openvino-int8", twice as fast with numbers of 8 bits (extra `fast`). "auto":
        openvino for the embedded model where it is installed and no GPU is, else torch.
    trust_remote_code (bool): Run the Python code that the model brings along, if it has any.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "SimAlign",
        package="transformers",
        model="an encoder: embedded (extra offline), of the Hub, or a folder",
        hub=True,
        embedded=FINE_TUNED,
    )

    def __init__(
        self,
        model: str | None = None,
        method: extraction.Method = "itermax",
        layer: int | None = None,
        token_type: TokenType = "bpe",
        temperature: float = 0.05,
        device: str = "auto",
        batch_size: int = 64,
        engine: EngineName = "auto",
        trust_remote_code: bool = False,
    ) -> None:
        if layer is None:
            layer = DEFAULT_LAYER if model else EMBEDDED_LAYER
        settings = EncoderSettings(
            model, layer, token_type, device, batch_size, engine, trust_remote_code
        )
        super().__init__(shared_encoder(settings), SimilarityExtraction(method, temperature))


@dataclass(frozen=True)
class SimilarityExtraction:
    """Links word pieces by cosine similarity.

    The confidence of a link between pieces i and j is the geometric mean of the
    probability of j among all target pieces given i and that of i given j, both the
    softmax of cosine similarity / temperature (the probabilities that AWESOME-align,
    Dou & Neubig 2021, thresholds). A word link has that of its most confident pieces.
    """

    method: extraction.Method = "itermax"
    temperature: float = 0.05

    def __post_init__(self) -> None:
        check_choice("SimAlign", "method", self.method, extraction.Method)
        positive = "a number greater than 0"
        check_setting("SimAlign", "temperature", self.temperature, self.temperature > 0, positive)

    def __call__(self, source: Encoded, target: Encoded) -> list[Link]:
        cosine = source.unit @ target.unit.T
        linked = extraction.METHODS[self.method](extraction.similarity(cosine))
        forward, backward = extraction.softmaxes(cosine / self.temperature)
        confidence = np.sqrt(forward * backward)
        return extraction.word_links(linked, confidence, source.words, target.words)
