"""A Hugging Face token-classification model as the source annotator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from ..errors import SetupError
from ..models.description import Description
from ..models.hub import best_device, load
from ..models.lazy import LazyBackend, make_torch_safe_to_fork
from ..settings import check_setting
from ..text.mentions import mapped
from ..types import Mention


class HuggingFaceNER(LazyBackend):
    """Annotates with a token-classification model. Entities have its probabilities.

    model (str): Hub name or folder of a token-classification model with BIO labels.
    labels (dict): Source label -> projected label; others are dropped and counted.
        None keeps all.
    trim (bool): Cut leading English articles and trailing 's off entities.
    device (str): "cpu", "cuda", "cuda:1", or "auto": the GPU where there is one.
    batch_size (int): Texts that the model gets at once.
    stride (int): Longer texts are read in windows that overlap by this many pieces.
    trust_remote_code (bool): Run the Python code that the model brings along, if it has any.
    """

    description: ClassVar[Description] = Description(
        "Hugging Face token classification",
        package="transformers",
        model="a model of the Hub or a folder",
        hub=True,
    )

    def __init__(
        self,
        model: str = "dslim/bert-base-NER",
        labels: dict[str, str] | None = None,
        trim: bool = False,
        device: str = "auto",
        batch_size: int = 16,
        stride: int = 64,
        trust_remote_code: bool = False,
    ) -> None:
        check_setting("HuggingFaceNER", "batch_size", batch_size, batch_size > 0, "greater than 0")
        check_setting("HuggingFaceNER", "stride", stride, stride >= 0, "0 or more")
        self.model = model
        self.labels = labels
        self.trim = trim
        self.device = device
        self.batch_size = batch_size
        self.stride = stride
        self.trust_remote_code = trust_remote_code

    def __call__(self, texts: Sequence[str]) -> list[list[Mention]]:
        """RAISES: SetupError if the model cannot be loaded."""
        found = self._pipeline(list(texts), batch_size=self.batch_size)
        return [
            mapped(text, [_mention(e) for e in entities], self.labels, self.trim)
            for text, entities in zip(texts, found, strict=True)
        ]

    @cached_property
    def _pipeline(self) -> Any:
        from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

        make_torch_safe_to_fork()
        what, trust = "source annotator", self.trust_remote_code
        tokenizer = load(what, self.model, AutoTokenizer.from_pretrained, trust_remote_code=trust)
        kind = AutoModelForTokenClassification
        model, report = load(
            what,
            self.model,
            kind.from_pretrained,
            trust_remote_code=trust,
            output_loading_info=True,
        )
        if report["missing_keys"]:
            # transformers would go on with random numbers in their place.
            raise SetupError(
                f"{self.model!r} is no token-classification model: it has no "
                f"{', '.join(sorted(report['missing_keys']))}.",
                hint="Choose a model that was trained for named entity recognition.",
            )
        if not tokenizer.is_fast:
            raise SetupError(
                f"{self.model!r} has no fast tokenizer, so its entities have no offsets.",
                hint="Choose a model with a tokenizer.json.",
            )
        # Some models on the Hub do not say how long their texts may be.
        limit = getattr(model.config, "max_position_embeddings", None) or 512
        tokenizer.model_max_length = min(tokenizer.model_max_length, limit, 512)
        return pipeline(
            "token-classification",
            model=model,
            tokenizer=tokenizer,
            aggregation_strategy="first",
            stride=min(self.stride, tokenizer.model_max_length // 4),
            device=best_device(self.device),
        )


def _mention(entity: dict[str, Any]) -> Mention:
    return Mention(
        int(entity["start"]),
        int(entity["end"]),
        str(entity["entity_group"]),
        float(entity["score"]),
    )
