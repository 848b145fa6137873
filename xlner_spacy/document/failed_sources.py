"""Which source languages were asked about a text, and which of them failed on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from spacy.tokens import Doc

from ..text.languages import same_language
from ..types import Problem
from .attributes import language_of

_STAGES = ("translate", "annotate")  # what fails later concerns the text
_ERROR = "error"
_NOTHING_TO_ASK = "empty text"


def sources(doc: Doc) -> dict[str, str]:
    """The source languages that were asked about a text. For each the reason why it has failed: the
    text has no translation, or nothing has annotated it; "" if it has not. One that lacks a
    sentence has not failed.

    RETURNS: Reasons do not quote the text: "translate: error (RuntimeError)".
    """
    problems = _problems(doc)
    found: dict[str, str] = {}
    for translation in doc._.xl_translations or []:
        lang = translation["lang"]
        own = _pop(problems, lang)
        errors = [problem for problem in own if problem["reason"] == _ERROR]
        usable = translation["text"].strip() and translation["entities"] is not None
        found[lang] = _words([*errors, *own]) if errors or not usable else ""
    found.update({lang: _words(own) for lang, own in problems.items()})
    # A back-translation is in the language of the text, and no source.
    return {lang: why for lang, why in found.items() if not same_language(lang, language_of(doc))}


def has_failed(doc: Doc) -> bool:
    """Whether an error has cost a text its entities. One that struck some of its source languages has
    not: the others decide."""
    errors = [
        p for p in doc._.xl_problems or [] if p["reason"] == _ERROR and p["stage"] != "listen"
    ]
    asked = sources(doc)
    langs = {p["lang"] for p in errors if p["stage"] in _STAGES}
    struck = [lang for lang in asked if any(same_language(lang, other) for other in langs - {""})]
    elsewhere = any(p["stage"] not in _STAGES or not _is_of(p, asked) for p in errors)
    return elsewhere or (bool(struck) and all(asked.values()))


def _is_of(problem: Problem, asked: Mapping[str, str]) -> bool:
    lang = problem["lang"]
    return bool(lang) and any(same_language(lang, other) for other in asked)


def _problems(doc: Doc) -> dict[str, list[Problem]]:
    """What kept the sources from being heard, by language."""
    found: dict[str, list[Problem]] = {}
    for problem in doc._.xl_problems or []:
        if problem["stage"] in _STAGES and problem["lang"] and problem["reason"] != _NOTHING_TO_ASK:
            found.setdefault(problem["lang"], []).append(problem)
    return found


def _pop(problems: dict[str, list[Problem]], lang: str) -> list[Problem]:
    """Take out those of a language, however its code is written."""
    codes = [code for code in problems if same_language(code, lang)]
    return [problem for code in codes for problem in problems.pop(code)]


def _words(problems: Sequence[Problem]) -> str:
    """The first problem, without what is of the text."""
    if not problems:
        return "no translation"
    stage, reason, detail = (problems[0][key] for key in ("stage", "reason", "detail"))
    return (
        f"{stage}: {reason} ({detail.partition(':')[0]})"
        if reason == _ERROR
        else f"{stage}: {reason}"
    )


def count_sources(doc: Doc, asked: Counter[str], failed: Counter[str]) -> None:
    """Count the sources of a text that has gone through.

    asked (Counter): Texts by language.
    failed (Counter): Of these the texts without a vote of the language, by language and reason:
        "de: translate: error (RuntimeError)".
    """
    found = sources(doc)
    asked.update(found.keys())
    failed.update(f"{lang}: {why}" for lang, why in found.items() if why)


def failed_on(lang: str, failed: Mapping[str, int]) -> dict[str, int]:
    """On how many texts a language failed, by reason, the most frequent one first.

    failed: As in `count_sources`.
    """
    begin = f"{lang}: "
    own = {key.removeprefix(begin): n for key, n in failed.items() if key.startswith(begin)}
    return dict(sorted(own.items(), key=lambda item: -item[1]))


def lost_sources(asked: Mapping[str, int], failed: Mapping[str, int]) -> list[str]:
    """For each language that failed on all its texts, where another did not, what to say of it.

    asked, failed: As in `count_sources`.
    """
    reasons = {lang: failed_on(lang, failed) for lang in asked}
    lost = [lang for lang, own in reasons.items() if sum(own.values()) == asked[lang]]
    if len(lost) == len(asked):
        return []
    return [
        f"The source {lang!r} failed on every text ({asked[lang]}), most often by "
        f"{next(iter(reasons[lang]))!r}. The others decided without it."
        for lang in lost
    ]
