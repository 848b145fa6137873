"""The methods that the page offers: those of configs/methods that need no model hub, as configs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from thinc.api import Config

from ...pipeline.loading import for_languages

Blocks = dict[str, Any]

_AWESOME = {
    "@xl_aligners": "xlner.Awesome.v1",
    "temperature": 0.03,
    "threshold": 0.05,
    "min_confidence": 0.0,
}
_SIMALIGN = {"@xl_aligners": "xlner.SimAlign.v1", "method": "itermax"}
_HEURISTIC = {
    "candidates": {
        "@xl_candidates": "xlner.AlignedRanges.v1",
        "merge_distance": 1,
        "length_ratio": 0.8,
    },
    "measure": {"@xl_measures": "xlner.LinkF1.v1"},
    "matcher": {"@xl_matchers": "xlner.Greedy.v1"},
}
_NGRAMS = {
    "candidates": {"@xl_candidates": "xlner.Ngrams.v1", "max_length": 10},
    "measure": {"@xl_measures": "xlner.LinkDensity.v1"},
    "matcher": {"@xl_matchers": "xlner.Greedy.v1"},
}
_ILP = {"matcher": {"@xl_matchers": "xlner.ILP.v1"}}


class Method(NamedTuple):
    """A way to find entities.

    title (str): A few words for a list.
    about (str): A sentence.
    blocks: Of the component `xl_projector`; None: `xl_transfer`, which does not translate.
    """

    title: str
    about: str
    blocks: Blocks | None


METHODS = {
    "default": Method(
        "Projection, and the text itself",
        "Entities of the translations are projected; what the recogniser finds in the text itself votes with them.",
        {},
    ),
    "projection": Method(
        "Projection alone",
        "Entities of the translations are projected, the text itself is not asked.",
        {"own_voice": False},
    ),
    "transfer": Method(
        "Recogniser alone",
        "The multilingual recogniser reads the text itself. Nothing is translated.",
        None,
    ),
    "heuristic-awesome": Method(
        "Alignment heuristic, AWESOME",
        "An entity lies where its words are linked to (García-Ferrero et al. 2022), on soft links.",
        {"own_voice": False, "aligner": _AWESOME, **_HEURISTIC},
    ),
    "heuristic-simalign": Method(
        "Alignment heuristic, SimAlign",
        "An entity lies where its words are linked to (García-Ferrero et al. 2022), on links of SimAlign.",
        {"own_voice": False, "aligner": _SIMALIGN, **_HEURISTIC},
    ),
    "ngrams-awesome": Method(
        "N-grams, AWESOME",
        "All n-grams are candidates, scored by their links (arXiv 2501.18750), on soft links.",
        {"own_voice": False, "aligner": _AWESOME, **_NGRAMS},
    ),
    "ngrams-simalign": Method(
        "N-grams, SimAlign",
        "All n-grams are candidates, scored by their links (arXiv 2501.18750), on links of SimAlign.",
        {"own_voice": False, "aligner": _SIMALIGN, **_NGRAMS},
    ),
    "ngrams-ilp-simalign": Method(
        "N-grams, integer programme",
        "As N-grams, SimAlign; an integer programme chooses among the candidates.",
        {"own_voice": False, "aligner": _SIMALIGN, **_NGRAMS, **_ILP},
    ),
}


def method_config(name: str, lang: str, sources: Sequence[str]) -> Config:
    """The config of a pipeline.

    name (str): A key of METHODS.
    lang (str): The language of the texts.
    sources: Source languages; not used by a method that does not translate.
    RAISES: KeyError for another name.
    """
    blocks = METHODS[name].blocks
    factory = "xl_transfer" if blocks is None else "xl_projector"
    block: Blocks = {"factory": factory, **(blocks or {})}
    if blocks is not None:
        block["source_langs"] = list(sources)
    config = Config({"nlp": {"lang": "xx", "pipeline": [factory]}, "components": {factory: block}})
    return for_languages(config, list(sources) or None, lang)
