"""Which parts are used where a config leaves a block out.

With the `offline` extra, English and Portuguese need no network. Other languages are translated by what
is on the machine (`routes.py`), or by a model of the Hugging Face Hub; the embedded encoder, which knows about a hundred
languages, finds the entities and aligns the words of all of them if it is installed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from spacy.util import registry

from ..models import embedded as encoder
from .routes import Block, routes

logger = logging.getLogger(__name__)

HUB_NER = {"en": "dslim/bert-base-NER"}
HUB_MULTILINGUAL_NER = "Davlan/xlm-roberta-base-ner-hrl"
HUB_ENCODER = "bert-base-multilingual-cased"


class Choice(NamedTuple):
    """A config block, what it is in words, and whether it works without the network."""

    block: Block
    description: str
    offline: bool


def choose_translator(source_lang: str, target_lang: str) -> Choice:
    """The default translator from the target into the source language."""
    usable = (route for route in routes(source_lang, target_lang) if route.state != "install")
    route = next(usable)  # the Hub's model, if nothing that is here
    return Choice(route.block, route.description, route.state == "now")


def choose_translators(source_langs: Sequence[str], target_lang: str) -> Choice:
    """The default translator into several source languages: one for all, or one for each."""
    choices = {lang: choose_translator(lang, target_lang) for lang in source_langs}
    first, *others = choices.values()
    if all(choice.block == first.block for choice in others):
        return first
    block: Block = {
        "@xl_translators": "xlner.BySource.v1",
        "translators": {lang: choice.block for lang, choice in choices.items()},
    }
    words = "; ".join(f"{lang}: {choice.description}" for lang, choice in choices.items())
    return Choice(block, words, all(choice.offline for choice in choices.values()))


def choose_annotator(*langs: str) -> Choice:
    """The default NER of source languages, or of the texts themselves."""
    if encoder.is_installed():
        block: Block = {"@xl_annotators": "xlner.Recogniser.v1"}
        return Choice(block, f"fine-tuned {encoder.MODEL_NAME}, embedded", True)
    known = {HUB_NER.get(lang, HUB_MULTILINGUAL_NER) for lang in langs}
    model = known.pop() if len(known) == 1 else HUB_MULTILINGUAL_NER
    block = {"@xl_annotators": "xlner.HuggingFaceNER.v1", "model": model}
    return Choice(block, f"{model} from the Hugging Face Hub", False)


def has_own_voice() -> bool:
    """Whether the texts themselves are listened to: if it costs no download."""
    return encoder.is_installed()


def choose_aligner() -> Choice:
    """The default word aligner."""
    if encoder.is_installed():
        block: Block = {"@xl_aligners": "xlner.Awesome.v1", "model": None}
        return Choice(block, f"soft links of {encoder.MODEL_NAME}, embedded", True)
    block = {"@xl_aligners": "xlner.SimAlign.v1", "model": HUB_ENCODER}
    return Choice(block, f"SimAlign on {HUB_ENCODER} from the Hugging Face Hub", False)


def choose_candidates() -> Choice:
    """The default candidate generator."""
    return Choice(
        {"@xl_candidates": "xlner.NameSpans.v1"}, "linked n-grams written like names", True
    )


def choose_measure() -> Choice:
    """The default score of a candidate."""
    return Choice({"@xl_measures": "xlner.NameF1.v1"}, "F1 of links, without function words", True)


def choose_matcher() -> Choice:
    """The default matcher."""
    block = {"@xl_matchers": "xlner.Exact.v1", "power": 3.0}
    return Choice(block, "exact: the highest sum of scores to the power of 3", True)


def choose_all(source_langs: Sequence[str], target_lang: str) -> dict[str, Choice]:
    """The default of every block of `xl_projector`, by the block's name."""
    return {
        "translator": choose_translators(source_langs, target_lang),
        "annotator": choose_annotator(*source_langs),
        "aligner": choose_aligner(),
        "candidates": choose_candidates(),
        "measure": choose_measure(),
        "matcher": choose_matcher(),
    }


def build(part: str, choice: Choice) -> Any:
    """Make the chosen part, and say in the log what was chosen."""
    logger.info("%s: %s", part, choice.description)
    return registry.resolve({"part": choice.block})["part"]
