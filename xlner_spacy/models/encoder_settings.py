"""The settings of an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..settings import check_choice, check_setting
from .adapters import Skill
from .engines import EngineName

TokenType = Literal["bpe", "word"]


@dataclass(frozen=True)
class EncoderSettings:
    """The settings of an encoder.

    model (str): Hub name or folder. None: the embedded multilingual-e5-small, fine-tuned.
    layer (int): The hidden layer that is used; 0 are the embeddings of word pieces. None:
        the last one.
    token_type (str): "bpe" for a vector a word piece, "word" for the mean of a word's pieces.
    device (str): "cpu", "cuda", "cuda:1" or "auto".
    batch_size (int): The largest number of sentences encoded at once.
    engine (str): "torch", or "openvino", "openvino-bf16" or "openvino-int8" (extra `fast`; on CPUs only). "auto":
        openvino for the embedded model where it is installed and no GPU is (with 8 bits for
        the skill "recogniser"), else torch. Another model would be converted again in every
        process.
    trust_remote_code (bool): Run the Python code that the model brings along, if it has any.
    skill (str): What the embedded model was fine-tuned to do: "aligner" or "recogniser". The
        recogniser's vectors are without its head.
    """

    model: str | None
    layer: int | None
    token_type: TokenType = "bpe"
    device: str = "auto"
    batch_size: int = 64
    engine: EngineName = "auto"
    trust_remote_code: bool = False
    skill: Skill = "aligner"

    def __post_init__(self) -> None:
        check_choice("aligner", "token_type", self.token_type, TokenType)
        positive = "a number greater than 0"
        check_setting("aligner", "batch_size", self.batch_size, self.batch_size > 0, positive)
        check_choice("aligner", "engine", self.engine, EngineName)
        on_cpu = self.engine in ("auto", "torch") or self.device in ("auto", "cpu")
        wanted = f"cpu or auto, which the engine {self.engine} needs"
        check_setting("aligner", "device", self.device, on_cpu, wanted)
