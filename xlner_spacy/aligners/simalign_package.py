"""The simalign package itself (Jalili Sabet et al. 2020), as a reference for xlner.SimAlign.v1."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, ClassVar

from ..models.adapters import FINE_TUNED, merged_path
from ..models.description import Description
from ..models.encoder_aligner import Pair
from ..models.encoder_settings import TokenType
from ..models.extraction import Method
from ..models.hub import best_device, load
from ..models.lazy import LazyBackend, make_torch_safe_to_fork
from ..settings import check_choice, check_setting
from ..types import Link
from .simalign import DEFAULT_LAYER, EMBEDDED_LAYER

logger = logging.getLogger(__name__)


class SimAlignPackage(LazyBackend):
    """Aligns words with the simalign package, pair by pair. Every link has confidence 1.

    The package cuts a sentence where its model's positions end. Here the cut is between words
    and a warning tells of it: the words after it get no links. `xlner.SimAlign.v1` gives the same
    links faster, with confidences, for sentences of any length.

    model (str): Hub name or folder of an encoder. None: the embedded multilingual-e5-small
        (extra `offline`).
    method (str): "inter", "itermax" or "mwmf", as in `xlner.SimAlign.v1`.
    layer (int): Hidden layer to compare. None: 7 for the embedded model, else 8.
    token_type (str): "bpe" links word pieces and joins the links; "word" averages the pieces of a
        word first.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    RAISES: SetupError for a setting that cannot be.
    """

    description: ClassVar[Description] = Description(
        "simalign package",
        package="simalign",
        module="simalign",
        install="pip install simalign",
        model="an encoder: embedded (extra offline), of the Hub, or a folder",
        hub=True,
        embedded=FINE_TUNED,
    )

    def __init__(
        self,
        model: str | None = None,
        method: Method = "itermax",
        layer: int | None = None,
        token_type: TokenType = "bpe",
        device: str = "auto",
    ) -> None:
        check_choice("SimAlignPackage", "method", method, Method)
        check_choice("SimAlignPackage", "token_type", token_type, TokenType)
        self.model = model
        self.method = method
        self.layer = (DEFAULT_LAYER if model else EMBEDDED_LAYER) if layer is None else layer
        self.token_type = token_type
        self.device = device

    def __call__(
        self, pairs: Sequence[Pair], *, source_lang: str, target_lang: str
    ) -> list[list[Link]]:
        """Links of each pair of (source words, target words), sorted.

        RAISES: SetupError if the model cannot be loaded or has too few layers.
        """
        return [
            self._align(self._fitting(source), self._fitting(target)) for source, target in pairs
        ]

    def _align(self, source: list[str], target: list[str]) -> list[Link]:
        if not source or not target:
            return []  # the package raises
        links = self._package.get_word_aligns(source, target)[self.method]
        return [Link(int(s), int(t), 1.0) for s, t in links]

    def _fitting(self, words: Sequence[str]) -> list[str]:
        """The words from the beginning that the model has positions for; none if it sees
        nothing in them."""
        tokenizer = self._package.embed_loader.tokenizer
        ends = list(accumulate(len(tokenizer.tokenize(word)) for word in words))
        fitting = [end for end in ends if end <= self._positions]
        if len(fitting) < len(words):
            logger.warning(
                "SimAlignPackage: %d of %d words are past the length of the model and get no links.",
                len(words) - len(fitting),
                len(words),
            )
        return list(words[: len(fitting)]) if any(fitting) else []

    @cached_property
    def _positions(self) -> int:
        encoder = self._package.embed_loader
        # RoBERTa's positions begin at 2; two special tokens go round each sentence.
        longest = getattr(encoder.emb_model.config, "max_position_embeddings", None) or 1026
        return int(min(encoder.tokenizer.model_max_length, longest - 2)) - 2

    @cached_property
    def _package(self) -> Any:
        self.description.check("SimAlignPackage")
        from simalign import SentenceAligner

        make_torch_safe_to_fork()
        logging.getLogger("simalign.simalign").setLevel(logging.WARNING)
        aligner = load(
            "aligner",
            self.model or str(merged_path("aligner")),
            # It loads the model by itself, with transformers' own rules.
            lambda name, **_: SentenceAligner(
                name,
                self.token_type,
                matching_methods={"inter": "a", "itermax": "i", "mwmf": "m"}[self.method],
                device=best_device(self.device),
                layer=self.layer,
            ),
        )
        layers = int(aligner.embed_loader.emb_model.config.num_hidden_layers)
        wanted = f"from 0 to {layers} for {self.model or FINE_TUNED.name!r}"
        check_setting("SimAlignPackage", "layer", self.layer, 0 <= self.layer <= layers, wanted)
        return aligner
