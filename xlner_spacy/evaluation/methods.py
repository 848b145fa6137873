"""Projection methods by name: combinations of candidates, score and matcher."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from ..models import embedded as encoder
from ..pipeline.defaults import HUB_ENCODER

MATCHERS: dict[str, dict[str, Any]] = {
    "exact": {"@xl_matchers": "xlner.Exact.v1", "power": 3.0},
    "ilp": {"@xl_matchers": "xlner.ILP.v1"},
    "greedy": {"@xl_matchers": "xlner.Greedy.v1"},
    # Each entity has one candidate here; greedy keeps the better of two that overlap.
    "heuristic": {"@xl_matchers": "xlner.Greedy.v1"},
}
MEASURES: dict[str, dict[str, Any]] = {
    "name-f1": {"@xl_measures": "xlner.NameF1.v1"},
    "link-f1": {"@xl_measures": "xlner.LinkF1.v1"},
    "paper": {"@xl_measures": "xlner.LinkDensity.v1"},
}
DEFAULT_MATCHER = "exact"
DEFAULT_MEASURE = "name-f1"

# What the default is measured beside, on links of SimAlign: the word-alignment heuristic, and
# the n-gram candidates of arXiv 2501.18750 with that paper's score, greedily matched.
BASELINE_ALIGNER = {
    "@xl_aligners": "xlner.SimAlign.v1",
    "model": None if encoder.is_installed() else HUB_ENCODER,
}
BASELINES = {
    "heuristic": ("heuristic", "link-f1"),
    "paper": ("greedy", "paper"),
}


def matching_config(matcher: str | None = None, measure: str | None = None) -> dict[str, Any]:
    """The config blocks of `xl_matcher` and `xl_projector` for a method.

    RAISES: InputError for an unknown name.
    """
    matcher, measure = matcher or DEFAULT_MATCHER, measure or DEFAULT_MEASURE
    for what, name, known in (("matcher", matcher, MATCHERS), ("measure", measure, MEASURES)):
        if name not in known:
            raise InputError(
                f"There is no {what} {name!r}.", hint=f"Choose one of: {', '.join(known)}."
            )
    candidates = "xlner.NameSpans.v1" if measure == "name-f1" else "xlner.Ngrams.v1"
    if matcher == "heuristic":
        candidates = "xlner.AlignedRanges.v1"
    return {
        "candidates": {"@xl_candidates": candidates},
        "measure": MEASURES[measure],
        "matcher": MATCHERS[matcher],
    }
