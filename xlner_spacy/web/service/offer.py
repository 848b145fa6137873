"""What may be chosen: languages, methods and sources, with what is installed for each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ...errors import SetupError
from ...models import embedded
from ...pipeline.routes import best_route
from ...ranking.sample_texts import sample_texts
from ...text.languages import check_language, direction, language_name, same_language
from .example_texts import EXAMPLES
from .offered_methods import METHODS
from .service_choice import CONFIG, Choice

DEFAULT_METHOD = "default"


class NotOffered(ValueError):
    """A choice that the service does not have. The message says which and what there is."""


class Offer:
    """The choices of a service.

    default: What the command line asked for.
    is_fixed (bool): Whether that is all there is.
    """

    def __init__(self, default: Choice, is_fixed: bool) -> None:
        self.default = default
        self.is_fixed = is_fixed or default.method == CONFIG

    def overview(self) -> dict[str, Any]:
        """Languages and methods, for a page that lets people choose."""
        codes = [self.default.lang] if self.is_fixed else offered_languages(self.default.lang)
        return {
            "default": {
                "lang": self.default.lang,
                "method": self.default.method,
                "source_langs": list(self.default.sources),
            },
            "fixed": self.is_fixed,
            "languages": [_language(code) for code in codes],
            "methods": self._methods(),
        }

    def _methods(self) -> list[dict[str, Any]]:
        if self.default.method == CONFIG:
            about = "The pipeline that the service was started with."
            translates = bool(self.default.sources)
            return [_method(CONFIG, "As configured", about, translates, "")]
        missing = "" if embedded.is_installed() else "needs the extra offline"
        return [
            _method(name, method.title, method.about, method.blocks is not None, missing)
            for name, method in METHODS.items()
            if not self.is_fixed or name == self.default.method
        ]

    def sources(self, lang: str) -> list[dict[str, Any]]:
        """The languages that texts of a language can be projected from, what works now first.

        RAISES: NotOffered.
        """
        lang = self._language(lang)
        if self.is_fixed:
            return [{**_language(s), "state": "now", "how": ""} for s in self.default.sources]
        return offered_sources(lang)

    def choice(
        self, lang: str | None, method: str | None, source_langs: list[str] | None
    ) -> Choice:
        """A request's choice, with what it leaves out filled in.

        RAISES: NotOffered.
        """
        code = self._language(lang) if lang else self.default.lang
        name = method or self.default.method
        asked = None if source_langs is None else tuple(map(_checked, source_langs))
        if self.is_fixed:
            own = Choice(code, name, self.default.sources if asked is None else asked)
            if own != self.default:
                raise NotOffered(f"This service has one pipeline only: {_words(self.default)}.")
            return own
        if name not in METHODS:
            raise NotOffered(f"There is no such method. There are: {', '.join(METHODS)}.")
        if METHODS[name].blocks is None:
            return Choice(code, name, ())
        if code == self.default.lang and asked in (None, self.default.sources):
            return Choice(code, name, self.default.sources)
        usable = [own["code"] for own in offered_sources(code) if own["state"] == "now"]
        chosen = tuple(usable[:1]) if asked is None else asked
        if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(usable):
            there = f"from {', '.join(usable)}" if usable else "from no language: use transfer"
            raise NotOffered(f"Texts in {code} can be projected here {there}.")
        return Choice(code, name, chosen)

    def _language(self, code: str) -> str:
        code = _checked(code)
        known = [self.default.lang] if self.is_fixed else offered_languages(self.default.lang)
        if code not in known:
            raise NotOffered(f"This service has no texts in {code!r}: see GET /languages.")
        return code


def _checked(code: str) -> str:
    try:
        return check_language(code)
    except SetupError as error:
        raise NotOffered("One of the languages is not the code of a language.") from error


def _words(choice: Choice) -> str:
    sources = f" from {', '.join(choice.sources)}" if choice.sources else ""
    return f"{choice.lang}, {choice.method}{sources}"


@lru_cache
def offered_languages(first: str) -> list[str]:
    """The languages that the embedded recogniser was tried on, by code."""
    return sorted({first, *sample_texts()})


@lru_cache(maxsize=256)
def offered_sources(lang: str) -> list[dict[str, Any]]:
    """The source languages of a language: what works now, what an installation brings. What takes a download is
    left out: a request must not begin one."""
    found = []
    for code in sample_texts():
        if not same_language(code, lang):
            route = best_route(code, lang)
            if route.state != "download":
                found.append({**_language(code), "state": route.state, "how": route.how})
    # English first: most is known of it.
    return sorted(found, key=lambda own: (own["state"] != "now", own["code"] != "en", own["name"]))


@lru_cache(maxsize=256)
def _language(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": language_name(code).removesuffix(f" ({code})"),
        "dir": direction(code),
        "example": EXAMPLES.get(code, ""),
    }


def _method(name: str, title: str, about: str, translates: bool, missing: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "about": about,
        "translates": translates,
        "missing": missing,
    }
