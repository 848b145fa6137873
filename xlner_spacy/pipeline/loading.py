"""Configs: reading them, and those that leave the languages open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from thinc.api import Config

from ..errors import InputError
from ..text.languages import has_spacy_rules

# Factories that must know both languages, and those that must know the texts'. The others take
# them from what is on the Doc.
_BILINGUAL = ("xl_translator", "xl_annotator", "xl_back_translator", "xl_projector")
_MONOLINGUAL = ("xl_aligner", "xl_ensemble")
# Blocks whose source is not in the source language, or whose target is not in the target one.
_BACKWARD = "backward"  # of xlner.Symmetrized.v1
_SAME_LANGUAGE = "same_language_aligner"  # of xl_aligner: text and back-translation


def for_languages(config: Config, source_lang: str | None, target_lang: str) -> Config:
    """The config of a pipeline, for texts of another language.

    source_lang (str): The language of the translations. None: as the config says.
    target_lang (str): The language of the texts.
    Blocks inside the components (an aligner that is told the languages) get them where they
    have such a setting already.
    RAISES: InputError if a component is no block.
    """
    config = config.copy()
    lang = target_lang if has_spacy_rules(target_lang) else "xx"
    config["nlp"] = {**config.get("nlp", {}), "lang": lang}
    for name, block in config.get("components", {}).items():
        if not isinstance(block, dict):
            raise InputError(
                f"The component {name!r} of the config is {block!r}, not a block.",
                hint=f"Write a section [components.{name}] with a factory.",
            )
        factory = block.get("factory")
        if factory in _BILINGUAL or factory in _MONOLINGUAL:
            block["target_lang"] = target_lang
        if factory in _BILINGUAL and source_lang is not None:
            block["source_lang"] = source_lang
        _set_inside(block, source_lang, target_lang)
    return config


def _set_inside(block: dict[str, Any], source_lang: str | None, target_lang: str | None) -> None:
    for name, inner in block.items():
        if not isinstance(inner, dict):
            continue
        source, target = source_lang, target_lang
        if name == _BACKWARD:
            source, target = target, source
        elif name == _SAME_LANGUAGE:
            source = target
        for key, lang in (("source_lang", source), ("target_lang", target)):
            if lang is not None and isinstance(inner.get(key), str):
                inner[key] = lang
        _set_inside(inner, source, target)


def read_config(path: Path, interpolate: bool = False) -> Config:
    """RAISES: InputError if the file is not there or not a config."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such config file.")
    try:
        return Config().from_disk(path, interpolate=interpolate)
    except ValueError as error:
        raise InputError(f"{path} is not a config in spaCy's format: {error}") from error
