"""The methods that `xlner tune` compares where the user names none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spacy.language import Language
from thinc.api import Config

from ..errors import InputError
from ..pipeline.loading import for_languages

# These are always among them: what is kept if another is not surely better, and the two that bear
# witness (`evaluation/evidence.py`).
DEFAULT, PROJECTION, TRANSFER = "default", "projection", "transfer"

_FACTORY = "xl_projector"
_ALONE: dict[str, Any] = {"own_voice": False}
_ITERMAX = {"aligner": {"@xl_aligners": "xlner.SimAlign.v1", "method": "itermax"}}

# By the method's name, the settings of `xl_projector` in which it differs from the default.
_DIFFERENCES: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "bea": {"voter": {"@xl_voters": "xlner.BEA.v1"}},
    "rover": {"voter": {"@xl_voters": "xlner.Rover.v1"}},
    "simalign": _ITERMAX,
    PROJECTION: _ALONE,
    "projection-simalign": {**_ALONE, **_ITERMAX},
    "projection-ngrams": {
        **_ALONE,
        "candidates": {"@xl_candidates": "xlner.Ngrams.v1"},
        "measure": {"@xl_measures": "xlner.LinkF1.v1"},
    },
}


def rivals(nlp: Language, source_langs: Sequence[str], lang: str) -> dict[str, Config]:
    """The methods, the default one first.

    nlp (Language): The pipeline whose projector is the default method.
    source_langs (Sequence): Its source languages. Where there are several, the default and projection
        alone are tried from each of them, too.
    RAISES: InputError if it has not just one `xl_projector`.
    """
    names = [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == _FACTORY]
    if len(names) != 1:
        raise InputError(
            f"The pipeline has {len(names)} components xl_projector, not one: "
            f"{', '.join(nlp.pipe_names) or 'none at all'}.",
            hint="Give --config a pipeline with one; name others with --method NAME=CONFIG.",
        )
    found = {
        name: _changed(nlp, names[0], changes, source_langs, lang)
        for name, changes in _DIFFERENCES.items()
    }
    found[TRANSFER] = _transfer(lang)
    if len(source_langs) > 1:
        for source in source_langs:
            for name in (DEFAULT, PROJECTION):
                changes = _DIFFERENCES[name]
                found[f"{name}-{source}"] = _changed(nlp, names[0], changes, [source], lang)
    return found


def _changed(
    nlp: Language,
    component: str,
    changes: Mapping[str, Any],
    source_langs: Sequence[str],
    lang: str,
) -> Config:
    config = nlp.config.copy()
    # A block with other settings is another part: it does not keep settings of the old one.
    config["components"][component] = {**config["components"][component], **changes}
    return for_languages(config, source_langs, lang)


def _transfer(lang: str) -> Config:
    block = {"factory": "xl_transfer"}
    nlp = {"lang": "xx", "pipeline": ["xl_transfer"]}
    return for_languages(Config({"nlp": nlp, "components": {"xl_transfer": block}}), None, lang)
