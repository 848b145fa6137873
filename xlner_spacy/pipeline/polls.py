"""The ballots that a pipeline's voters give, without what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..errors import InputError
from ..types import Poll, Vote
from .component import StageComponent


def polls_on(
    nlp: Language,
    docs: Iterable[Doc],
    *,
    total: int | None = None,
    unit: str = "text",
    batch_size: int = 64,
    quiet: bool = False,
) -> list[Poll]:
    """Take Docs through a pipeline, with a progress bar: the polls that `listen_to_polls` has heard.

    total (int): How many Docs there are, if it is known.
    RAISES: As `listen_to_polls`, and what the pipeline raises.
    """
    polls = listen_to_polls(nlp)
    for _ in tqdm(nlp.pipe(docs, batch_size=batch_size), total=total, unit=unit, disable=quiet):
        pass
    return polls


def listen_to_polls(nlp: Language) -> list[Poll]:
    """The polls that the last component with a voter takes, from now on. It places nothing more.

    RAISES: InputError if there is no such component.
    """
    polls: list[Poll] = []

    def listen(asked: Sequence[Poll]) -> list[list[Vote]]:
        for poll in asked:
            polls.append(poll._replace(ballots=[b._replace(origin=None) for b in poll.ballots]))
        return [[] for _ in asked]

    for _, component in reversed(nlp.pipeline):
        if isinstance(component, StageComponent) and component.has_voter:
            component.use(voter=listen)
            return polls
    raise InputError(
        f"No component of the pipeline has a voter ({', '.join(nlp.pipe_names)}).",
        hint="Give a config with xl_projector, xl_matcher or xl_ensemble.",
    )
