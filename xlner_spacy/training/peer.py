"""A second network that learns beside `xl_ner` and chooses what it learns from."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from spacy.training import Example
from thinc.api import Model, set_dropout_rate

from ..errors import SetupError
from .encoder_layer import encoders_of
from .step import Learner, Step


class Peer:
    """Co-teaching (Han et al. 2018): each network learns from the texts that the other finds least wrong.

    It begins as a copy of the first one; their dropouts make them different. It is not saved.

    RAISES: SetupError if the first one's tok2vec is another component's.
    """

    def __init__(self, first: Learner) -> None:
        tok2vec = first.model.get_ref("tok2vec")
        if not encoders_of(first.model) and any("listener" in n.name for n in tok2vec.walk()):
            raise SetupError(
                "Co-teaching trains two networks, but this xl_ner listens to another component.",
                hint="Give it a tok2vec of its own, such as xlner.Encoder.v1.",
            )
        self.second = copy.copy(first)
        self.second.model = _copied(first.model)
        self.second.weighting = copy.deepcopy(first.weighting)

    def learn_with(self, first: Learner, examples: Sequence[Example], drop: float) -> float:
        """Both learn from a batch. RETURNS: The loss of the first one."""
        set_dropout_rate(self.second.model, drop)
        steps = [Step(learner, examples) for learner in (first, self.second)]
        seen = [step.look() for step in steps]
        judged = [step.losses(own) for step, own in zip(steps, seen, strict=True)]
        loss, _ = (
            step.take(own, other)
            for step, own, other in zip(steps, seen, reversed(judged), strict=True)
        )
        return loss


def _copied(model: Model) -> Model:
    """A copy that keeps the names of its parts, which Thinc's `copy` loses."""
    found = model.copy()
    before, after = list(model.walk()), list(found.walk())
    for old, new in zip(before, after, strict=True):
        for name in old.ref_names:
            part = old.maybe_get_ref(name)
            new.set_ref(name, None if part is None else after[before.index(part)])
    return found
