"""Ensembles: the component `xl_ensemble`, whose members vote on spans."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from ..errors import InputError, SetupError, check_setting
from ..extensions import add_problem
from ..types import Problem, ProjectedEntity, SourceMention, Vote
from .base import StageComponent
from .components import _match, _propose
from .members import Ballot, Findings, Member, Method, OtherPipeline
from .place import place
from .stages import Stage

logger = logging.getLogger(__name__)


@Language.factory(
    "xl_ensemble",
    assigns=["doc._.xl_votes", "doc._.xl_entities", "doc.ents"],
    default_config={
        "target_lang": None,
        "pipelines": {},
        "methods": {},
        "weights": {},
        "threshold": 0.5,
        "alpha": 0.5,
        "overwrite": True,
    },
)
def make_ensemble(
    nlp: Language,
    name: str,
    target_lang: str | None,
    pipelines: dict[str, str],
    methods: dict[str, dict[str, Any]],
    weights: dict[str, float],
    threshold: float,
    alpha: float,
    overwrite: bool,
) -> StageComponent:
    """Lets several methods and pipelines vote on the entities of each text.

    target_lang (str): The language of the texts, for members whose .cfg leaves it open (with
        lang = "xx", as configs/methods/ do). None: the pipeline's.
    pipelines (dict): Name -> any pipeline with entities: a package's name, a folder, or a .cfg
        file. What upstream components have put on the Doc (translations, their entities and
        alignments) they get too, unless they project from another language.
    methods (dict): Name -> blocks `candidates`, `scorer` and `matcher`, as of `xl_matcher`, to
        be used on the Doc's own translations; needs `xl_translator`, `xl_source` and
        `xl_aligner` (or `xl_projector`) upstream.
    weights (dict): By name; 1 where there is none.
    threshold (float): The support that a span must have more of; 0.5: more than half.
    alpha (float): What support is made of: 1 counts heads, 0 counts confidences.
    overwrite (bool): Replace entities that are already on the Doc. If not, they stay and
        nothing is placed on their words.
    """
    lang = target_lang or nlp.lang or "xx"
    members: dict[str, Member] = {
        key: OtherPipeline(key, path, lang) for key, path in pipelines.items()
    }
    twice = sorted(set(methods) & set(pipelines))
    check_setting("xl_ensemble", "methods", twice, not twice, "different from pipelines")
    for key, blocks in methods.items():
        extra = sorted(set(blocks) - {"candidates", "scorer", "matcher"})
        check_setting("xl_ensemble", key, extra, not extra, "candidates, scorer or matcher")
        propose = _propose(blocks.get("candidates"), blocks.get("scorer"))
        members[key] = Method([propose, _match(blocks.get("matcher"), overwrite=True)])
    stage = Ensemble(members, weights, threshold, alpha, overwrite)
    return StageComponent(nlp, name, [stage], redo=True)


class Ensemble(Stage):
    """Members' entities -> Doc._.xl_votes, Doc._.xl_entities and Doc.ents.

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
    Votes that lost are kept with the others in `Doc._.xl_votes`.

    What members could not deal with, or not place, is in `Doc._.xl_problems`, with the member's
    name in the detail. If one fails on a Doc, that is a problem too, "member failed", and the
    others vote without it: its weight is not among all weights then.

    RAISES: What the first member raised, if all of them fail on a Doc.
    """

    name = "ensemble"
    attribute = "xl_votes"

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
            self.needs = ("xl_source_ents", "xl_alignments")

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
        doc._.xl_votes = []

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
        for vote, outcome in zip(enough, place(doc, wanted, self.overwrite), strict=True):
            vote["outcome"] = outcome
        doc._.xl_votes = votes

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

    def _entity(self, vote: Vote, ballots: Mapping[str, Ballot]) -> ProjectedEntity:
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
            reason = f"{name}: {type(answer).__name__}: {answer}"
            add_problem(doc, stage, "member failed", reason)
            logger.warning("The member %s on %r", reason, doc.text[:60])
            continue
        own: list[Problem] = []
        for problem in answer.problems:
            if problem not in known and problem not in own:
                own.append(problem)
        for problem in own:
            detail = ": ".join(filter(None, [name, problem["stage"], problem["detail"]]))
            add_problem(
                doc, stage, problem["reason"], detail, problem["start_char"], problem["end_char"]
            )


def _rank(vote: Vote) -> tuple[float, int, int, int, str]:
    return (
        -round(vote["support"], 9),
        -len(vote["members"]),
        vote["end"] - vote["start"],
        vote["start"],
        vote["label"],
    )


def _itself(vote: Vote) -> SourceMention:
    return {
        "translation": -1,
        "lang": "",
        "text": vote["text"],
        "label": vote["label"],
        "start_char": vote["start_char"],
        "end_char": vote["end_char"],
        "score": None,
    }
