"""Languages: spaCy's codes, tokenizers for them, and the codes translation models use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import langcodes
import spacy
from spacy.language import Language
from spacy.util import get_lang_class

from ..errors import SetupError
from .scripts import SCRIPTS

# NLLB (FLORES-200) names one language of a macrolanguage, or a script that is not the
# likeliest one, where the spaCy code names the whole. All others are made by rule.
_FLORES = {
    "ar": "arb_Arab",
    "ay": "ayr_Latn",
    "az": "azj_Latn",
    "et": "est_Latn",
    "fa": "pes_Arab",
    "ff": "fuv_Latn",
    "gn": "grn_Latn",
    "kr": "knc_Latn",
    "ku": "kmr_Latn",
    "lv": "lvs_Latn",
    "mg": "plt_Latn",
    "mn": "khk_Cyrl",
    "ms": "zsm_Latn",
    "ne": "npi_Deva",
    "no": "nob_Latn",
    "om": "gaz_Latn",
    "or": "ory_Orya",
    "ps": "pbt_Arab",
    "qu": "quy_Latn",
    "sq": "als_Latn",
    "sw": "swh_Latn",
    "tl": "tgl_Latn",
    "fil": "tgl_Latn",
    "uz": "uzn_Latn",
    "yi": "ydd_Hebr",
}


# Words that a shared tokenizer knows before it is replaced: some 50 MB.
MAX_WORDS = 100_000
_tokenizers: dict[str, Language] = {}

BY_CHARACTER = {"nlp": {"tokenizer": {"@tokenizers": "xlner.CharacterTokenizer.v1"}}}


@cache
def check_language(code: str) -> str:
    """The code in its standard form ("PT" -> "pt").

    RAISES: SetupError if no language has this code.
    """
    if not is_language(code):
        hint = "Use an ISO 639 code: pt, sw, gl, zh."
        if "," in code or " " in code:
            hint += " To name several, give the option once for each."
        elif code in ("", "xx"):
            hint += (
                " For a pipeline of spacy.blank('xx') set the language in the component's config: "
                'nlp.add_pipe("xl_projector", config={"target_lang": "sw"})'
            )
        raise SetupError(f"{code!r} is not the code of a language.", hint=hint)
    return str(langcodes.standardize_tag(code))


def is_language(code: str) -> bool:
    """Whether it is the code of a language."""
    try:
        language = langcodes.Language.get(code)
    except langcodes.LanguageTagError:
        return False
    return bool(language.is_valid()) and code.lower() not in ("", "xx", "und", "mul")


def check_sources(codes: Sequence[str], target: str) -> list[str]:
    """The codes of source languages in their standard form.

    RAISES: SetupError if there are none, one is there twice, one is no language, or one is the
        target language.
    """
    found: list[str] = []
    for code in codes:
        source = check_language(code)
        if same_language(source, target):
            raise SetupError(
                f"The source language is the target language ({source!r}): nothing to project.",
                hint="Project from another language, one that has an NER model.",
            )
        if any(same_language(source, other) for other in found):
            raise SetupError(
                f"There is the source language {source!r} twice: {', '.join(map(repr, codes))}.",
                hint="Name each source language once.",
            )
        found.append(source)
    if not found:
        raise SetupError(
            "source_langs is empty: there is nothing to project from.",
            hint='Name a language that has an NER model: source_langs = ["en"]',
        )
    return found


def has_spacy_rules(code: str) -> bool:
    """Whether spaCy has a tokenizer of its own for the language."""
    try:
        get_lang_class(code)
    except ImportError:
        return False
    return True


def tokenizer(code: str) -> Language:
    """A blank pipeline that the process shares: to tokenize with, from any thread. Components
    and memory zones must not be added to it.

    spaCy keeps every word. One that knows too many is replaced by a new one; Docs that were
    made with it keep it.
    """
    nlp = _tokenizers.get(code)
    if nlp is None or len(nlp.vocab) > MAX_WORDS:
        nlp = _tokenizers[code] = blank(code)
    return nlp


def blank(code: str) -> Language:
    """A new blank pipeline: the language's own, or the one for any language ("xx"), with a
    token a character where the language is written without spaces.

    RAISES: SetupError if spaCy's tokenizer needs a package that is not installed.
    """
    if not has_spacy_rules(code):
        unspaced = langcodes.Language.get(code).maximize().script in SCRIPTS
        return spacy.blank("xx", config=BY_CHARACTER if unspaced else {})
    try:
        return spacy.blank(code)
    except ImportError as error:
        raise SetupError(
            f"spaCy's tokenizer for {code!r} cannot be loaded.",
            hint=f"{error}\nOr go without words: spacy.blank('xx', config={BY_CHARACTER}), with "
            f'"target_lang": {code!r} in the component\'s config.',
        ) from error


def language_name(code: str) -> str:
    """spaCy's name with the code, "Ancient Greek (grc)"; the code alone if it has no name."""
    if code == "xx" or not has_spacy_rules(code):
        return code
    return f"{re.sub('(?<=[a-z])(?=[A-Z])', ' ', get_lang_class(code).__name__)} ({code})"


# Scripts that are written from right to left, by ISO 15924 code.
_RIGHT_TO_LEFT = {"Adlm", "Arab", "Aran", "Armi", "Hebr", "Mand", "Nkoo", "Rohg", "Syrc", "Thaa"}


def direction(code: str) -> str:
    """The direction of a language's usual script: "ltr" or "rtl". spaCy says it of the languages
    that it knows."""
    if has_spacy_rules(code):
        return str(get_lang_class(code).Defaults.writing_system["direction"])
    script = langcodes.Language.get(code).maximize().script
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


@cache
def iso639_1(code: str) -> str:
    """The short code (M2M100, Marian, MADLAD): "por" -> "pt", "zh-Hant" -> "zh"."""
    return str(langcodes.Language.get(code).language)


def same_language(one: str, other: str) -> bool:
    """Whether two codes name the same language, whatever its script or region."""
    return one == other or iso639_1(one) == iso639_1(other)


def flores200(code: str) -> str:
    """The code of NLLB-200: language in three letters and script, "por_Latn"."""
    language = langcodes.Language.get(code)
    short = str(language.language)
    if short in _FLORES and language.script is None:
        return _FLORES[short]
    likely = language.maximize()
    return f"{likely.to_alpha3()}_{likely.script}"
