"""What teachers believe of each token of a training text, kept on the Doc.

Doc.spans["xl_teacher"] is a group without spans. Its attributes are plain data, which DocBin and `Doc.to_bytes`
keep: `tags`, `distributions` (a row a token) and `trust` (how much each token counts).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from spacy.tokens import Doc, SpanGroup

from ..errors import InputError

TEACHER = "xl_teacher"


def set_teacher(
    doc: Doc, names: Sequence[str], distributions: np.ndarray, trust: Sequence[float] | None = None
) -> None:
    """Keep a teacher's distributions on a Doc, to be saved with it.

    names: The tags, "O", "B-PER", "I-PER", "E-PER", "S-PER", ...
    distributions: (tokens, tags); kept to three decimals.
    trust: How much each token counts, 0 to 1. None: 1.
    RAISES: ValueError if shapes do not fit or a row does not add up to 1.
    """
    if distributions.shape != (len(doc), len(names)):
        raise ValueError(f"{distributions.shape} is not (tokens, tags): {len(doc), len(names)}")
    if len(doc) and not np.allclose(distributions.sum(axis=1), 1, atol=1e-3):
        raise ValueError("the probabilities of a token do not add up to 1")
    attrs = {
        "tags": list(names),
        "distributions": [[round(float(p), 3) for p in row] for row in distributions],
        "trust": [round(float(t), 3) for t in (trust if trust is not None else np.ones(len(doc)))],
    }
    doc.spans[TEACHER] = SpanGroup(doc, name=TEACHER, attrs=attrs)


def teacher_of(doc: Doc) -> tuple[list[str], np.ndarray, np.ndarray]:
    """What `set_teacher` has kept: tags, (tokens, tags) and (tokens,).

    RAISES: InputError if it does not fit the Doc, or a row does not add up to 1.
    """
    attrs = doc.spans[TEACHER].attrs
    names = list(attrs["tags"])
    found = np.array(attrs["distributions"], dtype=float).reshape(-1, len(names))
    trust = np.array(attrs["trust"], dtype=float)
    sums = found.sum(axis=1, keepdims=True)
    if found.shape[0] != len(doc) or len(trust) != len(doc) or (np.abs(sums - 1) > 0.02).any():
        raise InputError(
            f"The teacher's distributions of the text {doc.text[:40]!r} do not fit it: "
            f"{found.shape[0]} rows for {len(doc)} tokens, sums from {sums.min(initial=1):.2f} to "
            f"{sums.max(initial=1):.2f}.",
            hint="Build the corpus again: xlner build --mode teach",
        )
    return names, found / sums, trust
