"""Members vote on spans: the stage of `xl_ensemble`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from spacy.tokens import Doc

from ...document.attributes import add_problem
from ...document.placing import place
from ...document.span_groups import VOTES, set_votes
from ...errors import InputError, SetupError, log_failure
from ...settings import check_setting
from ...types import Origin, Placement, Problem, Vote
from .members import Ballot, Findings, Member, Method
from .stage import ENTITIES, Stage

logger = logging.getLogger(__name__)


class Ensemble(Stage):
    """Members' entities -> Doc.spans["xl_votes"], Doc._.xl_entities and Doc.ents.

    A span with a label gets votes from the members that found just these. After ROVER (Fiscus
    1997), heads and confidences count:

        support = sum over these members of weight x (alpha + (1 - alpha) x confidence)
                  / sum of all weights

    Two things are other than there. Support is a share of all weights: ROVER too divides the
    heads by all members, but takes the mean or the greatest confidence of those that voted. And
    a threshold stands in for NULL, ROVER's word for "nothing here", which has a confidence of
    its own and competes with the others.

    What has more support than the threshold is placed, the best first, without overlap. Of
    equals the one with more members, then the shorter, then the leftmost goes first. The
    confidence of a member's entity is its `xl_confidence`; 1 if it has none. The confidence of
    what is placed is its support, its source that of the member that speaks for it most.
    Votes that lost are kept with the others in `Doc.spans["xl_votes"]`.

    What members could not deal with, or not place, is in `Doc._.xl_problems`, with the member's
    name in the detail. If one fails on a Doc, that is a problem too, "member failed", and the
    others vote without it: its weight is not among all weights then.

    RAISES: What the first member raised, if all of them fail on a Doc.
    """

    name = "ensemble"
    attribute = VOTES

    def __init__(
        self,
        members: Mapping[str, Member],
        weights: Mapping[str, float],
        threshold: float = 0.5,
        alpha: float = 0.5,
        overwrite: bool = True,
    ) -> None:
        what = "xl_ensemble"
        check_setting(
            what, "members", dict(members), bool(members), "one pipeline or method at least"
        )
        known = not set(weights) - set(members)
        names = ", ".join(members)
        check_setting(what, "weights", weights, known, f"made of the members' names ({names})")
        self.weights = {name: weights.get(name, 1.0) for name in members}
        usable = min(self.weights.values()) > 0
        check_setting(what, "weights", weights, usable, "greater than 0 each")
        check_setting(what, "threshold", threshold, 0 <= threshold < 1, "from 0 to below 1")
        check_setting(what, "alpha", alpha, 0 <= alpha <= 1, "from 0 to 1")
        self.members = dict(members)
        self.threshold = threshold
        self.alpha = alpha
        self.overwrite = overwrite
        if any(isinstance(member, Method) for member in members.values()):
            self.needs = ("xl_translations", ENTITIES, "xl_alignments")

    def run(self, docs: Sequence[Doc]) -> None:
        answers = [_ask(member, docs) for member in self.members.values()]
        by_doc = [dict(zip(self.members, row, strict=True)) for row in zip(*answers, strict=True)]
        for row in by_doc:
            _raise_if_all_failed(row)
        for doc, row in zip(docs, by_doc, strict=True):
            _keep_problems(doc, self.name, row)
            self._decide(
                doc, {name: a.ballots for name, a in row.items() if isinstance(a, Findings)}
            )

    def give_up(self, doc: Doc) -> None:
        place(doc, [], self.overwrite)
        set_votes(doc, [])

    def _decide(self, doc: Doc, ballots: Mapping[str, Sequence[Ballot]]) -> None:
        claims: dict[tuple[int, int, str], dict[str, Ballot]] = {}
        for name, own in ballots.items():
            for ballot in own:
                claims.setdefault((ballot.start, ballot.end, ballot.label), {})[name] = ballot
        total = sum(self.weights[name] for name in ballots)
        votes = sorted((self._vote(doc, *claim, total) for claim in claims.items()), key=_rank)
        enough = [vote for vote in votes if vote["outcome"] != "too few votes"]
        for vote in votes:
            vote["support"] = round(vote["support"], 4)
        wanted = [
            self._entity(vote, claims[vote["start"], vote["end"], vote["label"]]) for vote in enough
        ]
        _, left_out = place(doc, wanted, self.overwrite)
        for vote, entity in zip(enough, wanted, strict=True):
            vote["outcome"] = "its place was taken" if entity in left_out else "placed"
        set_votes(doc, votes)

    def _vote(
        self, doc: Doc, key: tuple[int, int, str], ballots: Mapping[str, Ballot], total: float
    ) -> Vote:
        start, end, label = key
        span = doc[start:end]
        support = (
            sum(
                self.weights[name] * (self.alpha + (1 - self.alpha) * ballot.confidence)
                for name, ballot in ballots.items()
            )
            / total
        )
        return {
            "start": start,
            "end": end,
            "start_char": span.start_char,
            "end_char": span.end_char,
            "text": span.text,
            "label": label,
            "members": {name: ballot.confidence for name, ballot in ballots.items()},
            "support": support,
            "outcome": "" if round(support, 9) > self.threshold else "too few votes",
        }

    def _entity(self, vote: Vote, ballots: Mapping[str, Ballot]) -> Placement:
        loudest = max(ballots, key=lambda name: self.weights[name] * ballots[name].confidence)
        return {
            "start": vote["start"],
            "end": vote["end"],
            "start_char": vote["start_char"],
            "end_char": vote["end_char"],
            "text": vote["text"],
            "label": vote["label"],
            "confidence": vote["support"],
            "source": ballots[loudest].source or _itself(vote),
        }


def _ask(member: Member, docs: Sequence[Doc]) -> list[Findings | Exception]:
    """What a member says of each Doc, or what it raised on it."""
    try:
        return list(member(docs))
    except (SetupError, InputError):
        raise
    # Whatever a model or a user's component raises must not cost the others' votes.
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


def _rank(vote: Vote) -> tuple[float, int, int, int, str]:
    return (
        -round(vote["support"], 9),
        -len(vote["members"]),
        vote["end"] - vote["start"],
        vote["start"],
        vote["label"],
    )


def _itself(vote: Vote) -> Origin:
    return {
        "translation": -1,
        "lang": "",
        "text": vote["text"],
        "label": vote["label"],
        "start_char": vote["start_char"],
        "end_char": vote["end_char"],
        "score": None,
    }
