"""A student that begins with what its encoder knows of entities already."""

from __future__ import annotations

from typing import Any

import numpy as np
from thinc.api import Model

from ..models.network import Head
from ..solving.bioes import Bioes

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
