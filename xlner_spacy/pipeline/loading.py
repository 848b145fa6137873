"""Pipelines from configs, folders and packages, and configs that leave the languages open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spacy
from catalogue import RegistryError
from spacy.language import Language
from spacy.util import load_model_from_config
from thinc.api import Config, ConfigValidationError

from ..errors import InputError
from ..text.languages import blank, check_language, has_spacy_rules
from .component import StageComponent

# Factories that have a source language. (All of ours have a target language.)
_BILINGUAL = ("xl_translator", "xl_annotator", "xl_back_translator", "xl_projector")


def for_languages(config: Config, source_lang: str | None, target_lang: str) -> Config:
    """The config of a pipeline, for texts of another language.

    source_lang (str): The language of the translations. None: as the config says; so too if it
        names several source languages.
    target_lang (str): The language of the texts.
    RAISES: InputError if a component is no block.
    """
    config = config.copy()
    lang = target_lang if has_spacy_rules(target_lang) else "xx"
    config["nlp"] = {**config.get("nlp", {}), "lang": lang}
    components = config.get("components", {})
    for name, block in components.items():
        if not isinstance(block, dict):
            raise InputError(
                f"The component {name!r} of the config is {block!r}, not a block.",
                hint=f"Write a section [components.{name}] with a factory.",
            )
        if str(block.get("factory")).startswith("xl_"):
            block["target_lang"] = target_lang
    bilingual = [b for b in components.values() if b.get("factory") in _BILINGUAL]
    if source_lang is not None and len({b.get("source_lang", "en") for b in bilingual}) == 1:
        for block in bilingual:
            block["source_lang"] = source_lang
    return config


def read_config(
    path: Path, interpolate: bool = False, overrides: Mapping[str, Any] | None = None
) -> Config:
    """RAISES: InputError if the file is not there or not a config, or lacks the section of an
    override."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such config file.")
    try:
        return Config().from_disk(path, interpolate=interpolate, overrides=dict(overrides or {}))
    except ValueError as error:  # ConfigValidationError is one
        if overrides and isinstance(error, ConfigValidationError):
            raise _bad_override(overrides) from error
        raise InputError(f"{path} is not a config in spaCy's format: {error}") from error


def default_config(lang: str, source_lang: str = "en") -> Config:
    """The config of the default pipeline for a language pair, with all its blocks written out.

    RAISES: SetupError if a code is no language, or both are the same.
    """
    # Loading it chooses the blocks and fills in the settings that have a default.
    return _default(lang, source_lang).config


def load(
    pipeline: str | Path | None = None,
    *,
    lang: str | None = None,
    source_lang: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Language:
    """Load a pipeline from whatever describes it.

    pipeline (str | Path): A config file (.cfg), the folder of a saved pipeline or the name of an
        installed package. None: the default pipeline, `xl_projector` alone.
    lang (str): The language of the texts. Needed for the default pipeline and for a config that
        leaves the language open (lang = "xx"); otherwise the pipeline must be one for it.
    source_lang (str): The language of the translations; the default pipeline uses "en".
    overrides (Mapping): Config settings to replace, by their names with dots:
        {"components.xl_projector.max_words": 50}.
    RETURNS (Language): The pipeline. Models are loaded when the first text comes.
    RAISES: InputError if nothing can be loaded from `pipeline`, or it is for another language;
        SetupError if a code is no language.
    """
    overrides = dict(overrides or {})
    if pipeline is None:
        if lang is None:
            raise InputError(
                "The language of the texts is not given.", hint="Give it, for example --lang pt"
            )
        nlp = _default(lang, source_lang or "en")
        if not overrides:
            return nlp
        return from_config(_overridden(nlp.config, overrides), "The default config")
    if str(pipeline).endswith(".cfg"):
        config = read_config(Path(pipeline), overrides=overrides)
        if lang is not None and config.get("nlp", {}).get("lang") == "xx":
            config = for_languages(config, source_lang, check_language(lang))
        nlp = from_config(config, str(pipeline))
    else:
        nlp = _saved(pipeline, overrides)
    _check_languages(nlp, str(pipeline), lang, source_lang)
    return nlp


def source_lang_of(nlp: Language) -> str:
    """The language that a pipeline's components translate into."""
    for _, component in nlp.pipeline:
        for stage in getattr(component, "stages", ()):
            if hasattr(stage, "source_lang"):
                return str(stage.source_lang)
    return "en"


def check_projects(nlp: Language, name: object) -> None:
    """RAISES: InputError if a pipeline has none of our components."""
    if not any(isinstance(component, StageComponent) for _, component in nlp.pipeline):
        raise InputError(
            f"{name} describes a pipeline without an xl_ component ({', '.join(nlp.pipe_names)}).",
            hint='Add one: factory = "xl_projector"',
        )


def _default(lang: str, source_lang: str) -> Language:
    target, source = check_language(lang), check_language(source_lang)
    config = blank(target).config.copy()
    config["nlp"]["pipeline"] = ["xl_projector"]
    languages = {"source_lang": source, "target_lang": target}
    config["components"] = {"xl_projector": {"factory": "xl_projector", **languages}}
    return from_config(config, "The default config")


def _saved(pipeline: str | Path, overrides: dict[str, Any]) -> Language:
    try:
        return spacy.load(pipeline, config=overrides)
    except (ConfigValidationError, OSError, TypeError, ValueError) as error:
        raise InputError(
            f"{str(pipeline)!r} is not a pipeline that can be loaded: {error}",
            hint="Give a config (.cfg), the folder of a saved pipeline (spacy train writes "
            "training/model-best) or the name of an installed package.",
        ) from error


def from_config(config: Config, name: str) -> Language:
    """The pipeline of a config, with the defaults filled in.

    name (str): Whose config it is, for errors.
    RAISES: InputError if the config does not describe a pipeline, or one that needs a package
        that is not installed.
    """
    try:
        return load_model_from_config(config, auto_fill=True)
    except (ConfigValidationError, RegistryError, OSError, TypeError, ValueError) as error:
        raise InputError(f"{name} does not describe a pipeline: {error}") from error
    except ImportError as error:
        raise InputError(f"{name} needs a package that is not installed: {error}") from error


def _overridden(config: Config, overrides: dict[str, Any]) -> Config:
    try:
        return Config().from_str(config.to_str(), overrides=overrides)
    except ConfigValidationError as error:
        raise _bad_override(overrides) from error


def _bad_override(overrides: Mapping[str, Any]) -> InputError:
    return InputError(
        f"The config has no section for one of these: {', '.join(overrides)}.",
        hint="Write the name of a setting of the config, with its section: "
        "--components.xl_projector.max_words 50 (see them all: xlner init config --lang pt -)",
    )


def _check_languages(nlp: Language, name: str, lang: str | None, source_lang: str | None) -> None:
    for option, given, own in (
        ("--lang", lang, nlp.lang),
        ("--source-lang", source_lang, source_lang_of(nlp)),
    ):
        if given is not None and own not in (check_language(given), "xx"):
            raise InputError(
                f"{name} describes a pipeline for {own!r}, but {option} is {given!r}.",
                hint=f"Leave {option} out, or give a config of that language.",
            )
