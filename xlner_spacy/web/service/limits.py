"""How much a service takes on."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class Limits:
    """Sizes and times. All must be greater than 0.

    max_bytes (int): Of a request's body.
    max_texts (int): Texts in a request.
    max_chars (int): Characters of a text.
    queue (int): Texts that may wait; a request that finds no room is refused.
    timeout (float): Seconds that a request may take, waiting included.
    batch_texts, batch_chars (int): The most that the models are given at once. A longer text goes alone.
    batch_timeout (float): Seconds that the models may take for a batch before they count as hanging.
    load_timeout (float): Seconds that loading a pipeline may take.
    body_timeout (float): Seconds that a client may take to send its request.
    pipelines (int): How many are kept in memory.
    """

    max_bytes: int = 1_000_000
    max_texts: int = 100
    max_chars: int = 10_000
    queue: int = 1000
    timeout: float = 120.0
    batch_texts: int = 32
    batch_chars: int = 20_000
    batch_timeout: float = 60.0
    load_timeout: float = 600.0
    body_timeout: float = 20.0
    pipelines: int = 3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise InputError(f"{name} is {value}.", hint="It must be greater than 0.")
        if self.queue < self.max_texts:
            raise InputError(
                f"A request may have {self.max_texts} texts, but only {self.queue} may wait.",
                hint="Raise --queue, or lower --max-texts.",
            )
