"""AWESOME-align (Dou & Neubig 2021): links where both directions find each other probable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from ..models import extraction
from ..models.adapters import FINE_TUNED
from ..models.description import Description
from ..models.encoder import Encoded, shared_encoder
from ..models.encoder_aligner import EncoderAligner
from ..models.encoder_settings import EncoderSettings, TokenType
from ..models.engines import EngineName
from ..settings import check_setting
from ..types import Link


class _Defaults(NamedTuple):
    layer: int
    threshold: float
    temperature: float
    normalize: bool
    min_confidence: float
    weak_below: float


# The paper's, for mBERT.
PAPER = _Defaults(
    layer=8, threshold=0.001, temperature=1.0, normalize=False, min_confidence=0.0, weak_below=0.0
)
# Found by the F1 of projected entities (docs/results.md says on what).
EMBEDDED = _Defaults(
    layer=7, threshold=0.001, temperature=0.07, normalize=True, min_confidence=0.05, weak_below=0.35
)


class Awesome(EncoderAligner):
    """Aligns words as AWESOME-align does. See `SoftmaxExtraction`.

    The default of a setting that is None depends on the model. Of a model that is named it is
    the paper's: layer 8, threshold 0.001, temperature 1, dot products, min_confidence 0, weak_below 0. Of the
    embedded model it is what projects best: layer 7, threshold 0.001, temperature 0.07, cosines,
    min_confidence 0.05, weak_below 0.35.

    model (str): Hub name or folder of an encoder: "bert-base-multilingual-cased", or one
        that awesome-align has fine-tuned. None: the embedded multilingual-e5-small (extra
        `offline`).
    layer (int): Hidden layer to compare.
    threshold (float): Both probabilities of a link are greater than this; 0 to 1.
    temperature (float): Similarities are divided by it before the softmax.
    normalize (bool): Whether similarity is the cosine instead of the dot product.
    min_confidence (float): The geometric mean of a link's two probabilities is at least this;
        0, as in the paper, leaves that open. 0 to 1.
    weak_below (float): A link is marked as weak where the mutual probability of the two words is
        less than this; 0 to 1. Projection uses weak links, too, by their confidence.
    token_type (str): "bpe" links word pieces and joins the links, as the paper does; "word"
        averages the pieces of a word first.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): The largest number of sentences encoded at once.
    engine (str): What computes the vectors: "torch"; "openvino", the same on CPUs with less
        work; "openvino-int8", twice as fast with numbers of 8 bits (extra `fast`). "auto":
        openvino for the embedded model where it is installed and no GPU is, else torch.
    trust_remote_code (bool): Run the Python code that the model brings along, if it has any.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "soft links (AWESOME)",
        package="transformers",
        model="an encoder: embedded (extra offline), of the Hub, or a folder",
        hub=True,
        embedded=FINE_TUNED,
    )

    def __init__(
        self,
        model: str | None = None,
        layer: int | None = None,
        threshold: float | None = None,
        temperature: float | None = None,
        normalize: bool | None = None,
        min_confidence: float | None = None,
        weak_below: float | None = None,
        token_type: TokenType = "bpe",
        device: str = "auto",
        batch_size: int = 64,
        engine: EngineName = "auto",
        trust_remote_code: bool = False,
    ) -> None:
        usual = PAPER if model else EMBEDDED
        layer = usual.layer if layer is None else layer
        settings = EncoderSettings(
            model, layer, token_type, device, batch_size, engine, trust_remote_code
        )
        extract = SoftmaxExtraction(
            usual.threshold if threshold is None else threshold,
            usual.temperature if temperature is None else temperature,
            usual.normalize if normalize is None else normalize,
            usual.min_confidence if min_confidence is None else min_confidence,
            usual.weak_below if weak_below is None else weak_below,
        )
        super().__init__(shared_encoder(settings), extract)


@dataclass(frozen=True)
class SoftmaxExtraction:
    """Links pieces whose forward and backward probabilities are both over a threshold.

    Forward is the softmax of similarity / temperature over the target pieces, backward that
    over the source pieces. Words are linked if any of their pieces are. The confidence of a
    link is the geometric mean of the two probabilities, of the most confident pieces.
    (The paper's alternative to softmax, entmax, is not offered: it found no gain.) A link is
    weak where the mutual probability of its words is below `weak_below`.
    """

    threshold: float = PAPER.threshold
    temperature: float = PAPER.temperature
    normalize: bool = PAPER.normalize
    min_confidence: float = PAPER.min_confidence
    weak_below: float = PAPER.weak_below

    def __post_init__(self) -> None:
        probability = 0 <= self.threshold < 1
        check_setting("Awesome", "threshold", self.threshold, probability, "from 0 to less than 1")
        for name in ("min_confidence", "weak_below"):
            value = getattr(self, name)
            check_setting("Awesome", name, value, 0 <= value < 1, "from 0 to less than 1")
        positive = "a number greater than 0"
        check_setting("Awesome", "temperature", self.temperature, self.temperature > 0, positive)

    def __call__(self, source: Encoded, target: Encoded) -> list[Link]:
        scores = source.unit @ target.unit.T
        if not self.normalize:
            scores *= source.norms[:, np.newaxis] * target.norms
        forward, backward = extraction.softmaxes(scores / self.temperature)
        linked = (forward > self.threshold) & (backward > self.threshold)
        confidence = np.sqrt(forward * backward)
        linked &= confidence >= self.min_confidence
        weak = None
        if self.weak_below:
            mutual = extraction.mutual_probability(forward, backward, source.words, target.words)
            weak = mutual < self.weak_below
        return extraction.word_links(linked, confidence, source.words, target.words, weak)
