"""Configs that leave the languages open."""

from __future__ import annotations

from thinc.api import Config

from .languages import has_spacy_rules

# Factories that must know both languages, and those that must know the texts'. The others take
# them from what is on the Doc.
_BILINGUAL = ("xl_translator", "xl_source", "xl_back_translator", "xl_projector")
_MONOLINGUAL = ("xl_aligner", "xl_ensemble")


def for_languages(config: Config, source_lang: str | None, target_lang: str) -> Config:
    """The config of a pipeline, for texts of another language.

    source_lang (str): The language of the translations. None: as the config says.
    target_lang (str): The language of the texts.
    """
    config = config.copy()
    lang = target_lang if has_spacy_rules(target_lang) else "xx"
    config["nlp"] = {**config.get("nlp", {}), "lang": lang}
    for block in config.get("components", {}).values():
        factory = block.get("factory")
        if factory in _BILINGUAL or factory in _MONOLINGUAL:
            block["target_lang"] = target_lang
        if factory in _BILINGUAL and source_lang is not None:
            block["source_lang"] = source_lang
    return config
