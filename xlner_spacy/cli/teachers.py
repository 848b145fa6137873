"""The pipelines that `xlner build --mode teach` lets label texts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from ..corpus.labels import LabelMap


class Weights(StrEnum):
    """How teachers are weighed."""

    equal = "equal"
    likeness = "likeness"


_LEARNT_FROM = 1000  # texts
_COMPARED = 100  # texts, at the most, where no sentences of their language come with the package
_LEAST = 3  # teachers that it takes to learn whom to trust


def with_teachers(
    inputs: Sequence[Path],
    lang: str | None,
    given: Sequence[str],
    labels: LabelMap | None,
    weights: Weights,
    learn_trust: bool,
    temperature: float | None,
    progress: bool,
) -> Language:
    """A pipeline of the target language with `xl_teachers`.

    given: "name=pipeline", each.
    weights (Weights): Whether teachers count alike, or by the likeness of their languages to `lang`.
    learn_trust (bool): Weigh the teachers by what the first texts of `inputs` say of them.
    temperature (float): Of their mean belief; None: the default of `xl_teachers`.
    RAISES: InputError if no language or teacher is given, or a name twice, or teachers cannot be weighed.
    """
    from ..text.languages import blank, check_language

    if lang is None:
        raise InputError("The language of the texts is not given.", hint="Add --lang pt")
    lang = check_language(lang)
    teachers = named(given)
    if learn_trust and len(teachers) < _LEAST:
        raise InputError(
            f"--learn-trust needs three teachers; there are {len(teachers)}: {', '.join(teachers)}.",
            hint="Of two that disagree nobody knows which is right. Leave --learn-trust out.",
        )
    found: dict[str, float] = {}
    if learn_trust:
        found = learnt_weights(inputs, lang, teachers, progress)
    elif weights is Weights.likeness:
        found = weights_by_likeness(inputs, lang, list(teachers))
    nlp = blank(lang)
    config: dict[str, Any] = {
        "target_lang": lang,
        "teachers": teachers,
        "weights": found,
        "labels": labels,
    }
    if temperature is not None:
        config["temperature"] = temperature
    nlp.add_pipe("xl_teachers", config=config)
    return nlp


def named(given: Sequence[str]) -> dict[str, str]:
    """Names and pipelines. RAISES: InputError"""
    found: dict[str, str] = {}
    for item in given:
        name, equals, pipeline = item.partition("=")
        if not (name and equals and pipeline):
            raise InputError(f"--teacher {item!r} is not NAME=PIPELINE, as in en=en_core_web_sm.")
        if name in found:
            raise InputError(f"There are two teachers named {name!r}.", hint="Rename one.")
        found[name] = pipeline
    if not found:
        raise InputError("There is no teacher.", hint="Add --teacher en=PIPELINE, once for each.")
    return found


def weights_by_likeness(
    inputs: Sequence[Path], lang: str, teachers: Sequence[str]
) -> dict[str, float]:
    """How alike the language of each teacher, its name, is to that of the texts.

    RAISES: InputError if that cannot be measured.
    """
    from ..ranking.teacher_weights import likeness_weights
    from ..text.languages import blank

    found = likeness_weights(lang, teachers, islice(_texts(inputs, lang, blank(lang)), _COMPARED))
    said = ", ".join(f"{who} {weight:.2f}" for who, weight in found.items())
    print(f"Weights by likeness to {lang}: {said}.", file=sys.stderr)
    return found


def learnt_weights(
    inputs: Sequence[Path], lang: str, teachers: Mapping[str, str], progress: bool
) -> dict[str, float]:
    """How often each teacher gives an entity its label, as BEA learns it without labels.

    RAISES: InputError if there are fewer than three teachers.
    """
    from ..pipeline.polls import polls_on
    from ..solving.bayesian import learn
    from ..text.languages import blank

    nlp = blank(lang)
    nlp.add_pipe("xl_ensemble", config={"target_lang": lang, "pipelines": dict(teachers)})
    texts = _texts(inputs, lang, nlp)
    polls = polls_on(nlp, islice(texts, _LEARNT_FROM), quiet=not progress)
    found = {who: round(rate, 4) for who, rate in learn(polls).rates().items()}
    said = ", ".join(f"{who} {weight:.2f}" for who, weight in found.items())
    print(f"How often each gives an entity its label: {said}.", file=sys.stderr)
    return found


def _texts(inputs: Sequence[Path], lang: str, nlp: Language) -> Iterator[Doc]:
    """The texts to label, as Docs of a pipeline."""
    from ..silver.corpus_files import corpus_files
    from ..silver.input_texts import read_texts

    return read_texts(corpus_files(inputs), "teach", nlp, nlp, ("en", lang), None)
