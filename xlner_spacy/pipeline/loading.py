"""Pipelines from configs, folders and packages, and configs that leave the languages open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

# Factories that have a source language. (All of ours have a target language.) The projector has a
# list of them.
_ONE_SOURCE = ("xl_translator", "xl_annotator", "xl_back_translator")
_PROJECTOR = "xl_projector"


def for_languages(config: Config, source_langs: Sequence[str] | None, target_lang: str) -> Config:
    """The config of a pipeline, for texts of another language.

    source_langs (Sequence): The languages of the translations. None: as the config says; so too
        if its components name several.
    target_lang (str): The language of the texts.
    RAISES: InputError if a component is no block, or is for one source language where several
        are wanted.
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
    if source_langs:
        _set_sources(components, list(source_langs))
    return config


def _set_sources(components: dict[str, dict[str, Any]], source_langs: list[str]) -> None:
    single = {n: b for n, b in components.items() if b.get("factory") in _ONE_SOURCE}
    if len({block.get("source_lang", "en") for block in single.values()}) > 1:
        return
    if single and len(source_langs) > 1:
        raise InputError(
            f"{', '.join(single)} of the config have one source language each, not "
            f"{', '.join(source_langs)}.",
            hint="Give one --source-lang, or a config with xl_projector alone.",
        )
    for block in single.values():
        block["source_lang"] = source_langs[0]
    for block in components.values():
        if block.get("factory") == _PROJECTOR:
            block["source_langs"] = source_langs


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


def default_config(lang: str, source_langs: Sequence[str] = ("en",)) -> Config:
    """The config of the default pipeline for its languages, with all its blocks written out.

    RAISES: SetupError if a code is no language, or both are the same.
    """
    # Loading it chooses the blocks and fills in the settings that have a default.
    return _default(lang, source_langs).config


def load(
    pipeline: str | Path | None = None,
    *,
    lang: str | None = None,
    source_langs: Sequence[str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Language:
    """Load a pipeline from whatever describes it.

    pipeline (str | Path): A config file (.cfg), the folder of a saved pipeline or the name of an
        installed package. None: the default pipeline, `xl_projector` alone.
    lang (str): The language of the texts. Needed for the default pipeline and for a config that
        leaves the language open (lang = "xx"); otherwise the pipeline must be one for it.
    source_langs (Sequence): The languages of the translations; the default pipeline uses ["en"].
    overrides (Mapping): Config settings to replace, by their names with dots:
        {"components.xl_projector.max_words": 50}.
    RETURNS (Language): The pipeline. Models are loaded when the first text comes.
    RAISES: InputError if nothing can be loaded from `pipeline`, or it is for another language;
        SetupError if a code is no language.
    """
    overrides = dict(overrides or {})
    if isinstance(source_langs, str):
        raise InputError(
            f"source_langs={source_langs!r} is a string, not a list of languages.",
            hint=f"Write source_langs=[{source_langs!r}].",
        )
    if pipeline is None:
        if lang is None:
            raise InputError(
                "The language of the texts is not given.", hint="Give it, for example --lang pt"
            )
        nlp = _default(lang, source_langs or ["en"])
        if not overrides:
            return nlp
        return from_config(_overridden(nlp.config, overrides), "The default config")
    if str(pipeline).endswith(".cfg"):
        config = read_config(Path(pipeline), overrides=overrides)
        if lang is not None and config.get("nlp", {}).get("lang") == "xx":
            config = for_languages(config, source_langs, check_language(lang))
        nlp = from_config(config, str(pipeline))
    else:
        nlp = _saved(pipeline, overrides)
    _check_languages(nlp, str(pipeline), lang, source_langs)
    return nlp


def load_finder(pipeline: str | None, lang: str | None) -> Language:
    """A pipeline that finds entities in texts as they are.

    pipeline (str): As in `load`. None: the embedded recogniser (`xl_transfer`).
    lang (str): The language of the texts; None: any.
    """
    if pipeline is not None:
        return load(pipeline, lang=lang if pipeline.endswith(".cfg") else None)
    nlp = spacy.blank("xx")
    nlp.add_pipe("xl_transfer", config={"target_lang": lang} if lang else {})
    return nlp


def source_langs_of(nlp: Language) -> list[str]:
    """The languages that a pipeline's components translate into; English if none does."""
    stages = [s for _, component in nlp.pipeline for s in getattr(component, "stages", ())]
    found = dict.fromkeys(str(s.source_lang) for s in stages if hasattr(s, "source_lang"))
    return list(found) or ["en"]


def check_projects(nlp: Language, name: object) -> None:
    """RAISES: InputError if a pipeline has none of our components."""
    if not any(isinstance(component, StageComponent) for _, component in nlp.pipeline):
        raise InputError(
            f"{name} describes a pipeline without an xl_ component ({', '.join(nlp.pipe_names)}).",
            hint='Add one: factory = "xl_projector"',
        )


def _default(lang: str, source_langs: Sequence[str]) -> Language:
    target, sources = check_language(lang), [check_language(code) for code in source_langs]
    config = blank(target).config.copy()
    config["nlp"]["pipeline"] = ["xl_projector"]
    languages = {"source_langs": sources, "target_lang": target}
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


def _check_languages(
    nlp: Language, name: str, lang: str | None, source_langs: Sequence[str] | None
) -> None:
    options: list[tuple[str, Sequence[str], list[str]]] = [
        ("--lang", [lang] if lang else [], [str(nlp.lang)]),
        ("--source-lang", source_langs or [], source_langs_of(nlp)),
    ]
    for option, given, own in options:
        if given and own != ["xx"] and {check_language(code) for code in given} != set(own):
            raise InputError(
                f"{name} describes a pipeline for {_quoted(own)}, but {option} is "
                f"{_quoted(given)}.",
                hint=f"Leave {option} out, or give a config of that language.",
            )


def _quoted(codes: Iterable[str]) -> str:
    return ", ".join(map(repr, codes))
