"""Projection methods by name: combinations of candidates, score and matcher."""

from __future__ import annotations

from typing import Any

from .errors import InputError

MATCHERS: dict[str, dict[str, Any]] = {
    "ilp": {"@xl_matchers": "xlner.ILP.v1"},
    "greedy": {"@xl_matchers": "xlner.Greedy.v1"},
    # Each entity has one candidate here; greedy keeps the better of two that overlap.
    "heuristic": {"@xl_matchers": "xlner.Greedy.v1"},
}
SCORERS: dict[str, dict[str, Any]] = {
    "link-f1": {"@xl_scorers": "xlner.LinkF1.v1"},
    "paper": {"@xl_scorers": "xlner.LinkDensity.v1"},
}
DEFAULT_MATCHER = "ilp"
DEFAULT_SCORER = "link-f1"

# What the default is measured beside: the word-alignment heuristic, and the n-gram
# candidates of arXiv 2501.18750 with that paper's score, greedily matched.
BASELINES = {
    "heuristic": ("heuristic", DEFAULT_SCORER),
    "paper": ("greedy", "paper"),
}


def matching_config(matcher: str | None = None, scorer: str | None = None) -> dict[str, Any]:
    """The config blocks of `xl_matcher` and `xl_projector` for a method.

    RAISES: InputError for an unknown name.
    """
    matcher, scorer = matcher or DEFAULT_MATCHER, scorer or DEFAULT_SCORER
    for what, name, known in (("matcher", matcher, MATCHERS), ("scorer", scorer, SCORERS)):
        if name not in known:
            raise InputError(
                f"There is no {what} {name!r}.", hint=f"Choose one of: {', '.join(known)}."
            )
    candidates = "xlner.AlignedRanges.v1" if matcher == "heuristic" else "xlner.Ngrams.v1"
    return {
        "candidates": {"@xl_candidates": candidates},
        "scorer": SCORERS[scorer],
        "matcher": MATCHERS[matcher],
    }
