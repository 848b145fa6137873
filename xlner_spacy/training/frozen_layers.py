"""The lower layers of an encoder of which only the upper ones are trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..models.network import stack_of

# For what the layers said of earlier windows, in 16 bits; those beyond it are computed each time. A million pieces of
# the embedded encoder take 0.8 GB.
KEPT_BYTES = 2**30

Windows = Sequence[np.ndarray]


class FrozenLayers:
    """Runs the embeddings and the lowest layers, which training leaves as they are. What they say of a window is
    kept, so that the next epoch begins above them. They have no dropout: a window always has the same vectors.

    module: A Transformers encoder, built like BERT.
    n_layers (int): How many layers, from the bottom; at least one.
    """

    def __init__(self, module: Any, n_layers: int) -> None:
        self.module = module
        self.n_layers = n_layers
        self._room = KEPT_BYTES
        self._kept: dict[bytes, Any] = {}

    def __call__(self, windows: Windows, run: Callable[[Windows], Any]) -> Any:
        """What the encoder says of windows.

        windows: Ids of pieces, special ones included.
        run: Pads windows and calls the module.
        RETURNS (torch.Tensor): (windows, longest, width); gradients reach the upper layers only.
        """
        below = self._below(windows, run)
        layers = layers_of(self.module)
        if self.n_layers >= len(layers):
            return below
        with _only(self.module, layers[self.n_layers :]), _beginning_with(below, self.module):
            return run(windows)

    def _below(self, windows: Windows, run: Callable[[Windows], Any]) -> Any:
        import torch
        from torch.nn.utils.rnn import pad_sequence

        keys = [window.tobytes() for window in windows]
        new = [n for n, key in enumerate(keys) if key not in self._kept]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        if new:
            lower = layers_of(self.module)[: self.n_layers]
            was_training = self.module.training
            with torch.no_grad(), _only(self.module, lower):
                self.module.eval()
                said = run([windows[n] for n in new])
                self.module.train(was_training)
            for row, n in enumerate(new):
                found[keys[n]] = said[row, : len(windows[n])].half()
                self._keep(keys[n], found[keys[n]])
        return pad_sequence([found[key].float() for key in keys], batch_first=True)

    def _keep(self, key: bytes, vectors: Any) -> None:
        size = vectors.nbytes
        if size <= self._room and key not in self._kept:
            self._room -= size
            self._kept[key] = vectors.clone()


def layers_of(module: Any) -> Any:
    """The layers of an encoder, the lowest first (torch.nn.ModuleList)."""
    return stack_of(module).layer


@contextmanager
def _only(module: Any, layers: Any) -> Iterator[None]:
    """While this lasts, the encoder has these layers alone."""
    stack = stack_of(module)
    all_layers = stack.layer
    stack.layer = layers
    try:
        yield
    finally:
        stack.layer = all_layers


@contextmanager
def _beginning_with(hidden: Any, module: Any) -> Iterator[None]:
    """While this lasts, the encoder's first layer is given these vectors instead of the embeddings."""

    def instead(_: Any, given: tuple, named: dict) -> tuple[tuple, dict]:
        return (hidden, *given[1:]), named

    hook = layers_of(module)[0].register_forward_pre_hook(instead, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()
