"""A student that begins with what its encoder knows of entities already, and does not forget all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from thinc.api import Model

from ..models.network import Head
from ..solving.bioes import Bioes
from .encoder_layer import encoders_of

# Of B, I, E and S the tags of a BIO head that say the same. A word that BIO calls B is B or S, one that it calls I
# is I or E: each gets half of the probability.
_OF_BIO = {"B": "B", "I": "I", "E": "I", "S": "B"}


def start_with_head(output: Model, head: Head | None, scheme: Bioes) -> bool:
    """Give a linear layer over BIOES tags the weights of a head over BIO tags.

    RETURNS: Whether it was possible: there is a head, and it knows all labels.
    """
    if head is None:
        return False
    column = {name: n for n, name in enumerate(head.tags)}
    names = [name if name == "O" else f"{_OF_BIO[name[0]]}{name[1:]}" for name in scheme.names]
    if not column.keys() >= set(names):
        return False
    rows = [column[name] for name in names]
    halves = np.array([0.0 if name == "O" else np.log(2) for name in names])
    ops: Any = output.ops
    output.set_param("W", ops.asarray(head.weight[rows].astype("float32")))
    output.set_param("b", ops.asarray((head.bias[rows] - halves).astype("float32")))
    return True


class Start:
    """The weights that a model begins with.

    A mean of them and of the trained ones is as good where the training texts come from, and better elsewhere: WiSE-FT
    (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").

    model (Model): A token classifier over encoders. Word embeddings are not trained, so they are not kept.
    """

    def __init__(self, model: Model) -> None:
        output = model.get_ref("output")
        self._model = model
        self._output = {name: output.get_param(name).copy() for name in output.param_names}
        self._encoders = [
            {name: own.detach().clone() for name, own in encoder.trainable_weights().items()}
            for encoder in encoders_of(model)
        ]

    @contextmanager
    def mixed_in(self, share: float) -> Iterator[None]:
        """For a while, the weights are a mean of the present ones and of these.

        share (float): Of these, 0 to 1.
        """
        output = self._model.get_ref("output")
        trained = {name: output.get_param(name) for name in self._output}
        for name, first in self._output.items():
            output.set_param(name, (1 - share) * trained[name] + share * first)
        undo = [
            encoder.mix(first, share)
            for encoder, first in zip(encoders_of(self._model), self._encoders, strict=True)
        ]
        try:
            yield
        finally:
            for name, own in trained.items():
                output.set_param(name, own)
            for encoder, weights in zip(encoders_of(self._model), undo, strict=True):
                encoder.put_back(weights)
