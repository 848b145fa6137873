"""Members vote on spans: the stage of `xl_ensemble`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from spacy.tokens import Doc

from ...document.attributes import add_problem
from ...document.placing import ground, place, settle
from ...document.records import PLACED, own_origin, placement, spoken_for
from ...document.span_groups import VOTES, set_votes
from ...errors import InputError, SetupError, log_failure
from ...settings import check_weights
from ...types import Placement, Poll, Problem, Vote, Voter
from . import checks
from .members import Findings, Member, Method
from .stage import ENTITIES, Stage

logger = logging.getLogger(__name__)


class Ensemble(Stage):
    """Members' entities -> Doc.spans["xl_votes"], Doc._.xl_entities and Doc.ents.

    The voter decides, and what it decides for is placed in its order, without overlap. The
    confidence of a member's entity is its `xl_confidence`; 1 if it has none. The confidence of
    what is placed is its support, its source that of the member that speaks for it most.
    Votes that lost are kept with the others in `Doc.spans["xl_votes"]`.

    What members could not deal with, or not place, is in `Doc._.xl_problems`, with the member's
    name in the detail. If one fails on a Doc, that is a problem too, "member failed", and the
    others vote without it, as if there were no such member.

    members: Name -> member.
    weights: Name -> weight, greater than 0; 1 for members that are not named.

    RAISES: SetupError for wrong settings. What the first member raised, if all of them fail on a
        Doc.
    """

    name = "ensemble"
    attribute = VOTES

    def __init__(
        self,
        members: Mapping[str, Member],
        weights: Mapping[str, float],
        voter: Voter,
        overwrite: bool = True,
    ) -> None:
        _check(members, weights)
        self.members = dict(members)
        self.weights = {name: weights.get(name, 1.0) for name in members}
        self.voter = voter
        self.overwrite = overwrite
        if any(isinstance(member, Method) for member in members.values()):
            self.needs = ("xl_translations", ENTITIES, "xl_alignments")

    def run(self, docs: Sequence[Doc]) -> None:
        answers = [_ask(member, docs) for member in self.members.values()]
        by_doc = [dict(zip(self.members, row, strict=True)) for row in zip(*answers, strict=True)]
        for row in by_doc:
            _raise_if_all_failed(row)
        verdicts = checks.votes(docs, self.voter([self._poll(row) for row in by_doc]))
        for doc, row, votes in zip(docs, by_doc, verdicts, strict=True):
            _keep_problems(doc, self.name, row)
            settled = settle(votes, ground(doc, self.overwrite))
            found = [_placement(doc, vote) for vote in settled if vote.outcome == PLACED]
            place(doc, found, self.overwrite)
            set_votes(doc, settled)

    def give_up(self, doc: Doc) -> None:
        place(doc, [], self.overwrite)
        set_votes(doc, [])

    def _poll(self, answers: Mapping[str, Findings | Exception]) -> Poll:
        """The ballots of those that did not fail."""
        heard = {name: a.ballots for name, a in answers.items() if isinstance(a, Findings)}
        ballots = [ballot for own in heard.values() for ballot in own]
        return Poll(ballots, {name: self.weights[name] for name in heard})


def _check(members: Mapping[str, Member], weights: Mapping[str, float]) -> None:
    if not members:
        raise SetupError(
            "xl_ensemble has no members.", hint="Name at least one pipeline or method."
        )
    check_weights("xl_ensemble", "members", weights, members)


def _placement(doc: Doc, vote: Vote) -> Placement:
    span = doc[vote.start : vote.end]
    source = (vote.ballots[0].origin if vote.ballots else None) or own_origin(span, vote.label)
    return placement(span, vote.label, vote.support, spoken_for(source, vote.ballots))


def _ask(member: Member, docs: Sequence[Doc]) -> list[Findings | Exception]:
    """A member's findings for each Doc, or the error that it raised."""
    try:
        return list(member(docs))
    except (SetupError, InputError):
        raise
    # An error of a model or a user's component must not cost the others' votes.
    except Exception as error:  # noqa: BLE001
        if len(docs) == 1:
            return [error]
        middle = len(docs) // 2
        return [*_ask(member, docs[:middle]), *_ask(member, docs[middle:])]


def _raise_if_all_failed(answers: Mapping[str, Findings | Exception]) -> None:
    errors = [answer for answer in answers.values() if isinstance(answer, Exception)]
    if len(errors) == len(answers):
        raise errors[0]


def _keep_problems(doc: Doc, stage: str, answers: Mapping[str, Findings | Exception]) -> None:
    """Each once, and none that is on the Doc already."""
    known = [*(doc._.xl_problems or [])]
    for name, answer in answers.items():
        if isinstance(answer, Exception):
            kind = type(answer).__name__
            add_problem(doc, stage, "member failed", f"{name}: {kind}: {answer}")
            log_failure(logger, f"The member {name}: {kind}", doc.text, answer)
            continue
        own: list[Problem] = []
        for problem in answer.problems:
            if problem not in known and problem not in own:
                own.append(problem)
        for problem in own:
            detail = ": ".join(filter(None, [name, problem["stage"], problem["detail"]]))
            start, end = problem["start_char"], problem["end_char"]
            add_problem(doc, stage, problem["reason"], detail, start, end, lang=problem["lang"])
