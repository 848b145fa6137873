"""A hook of mkdocs: reference pages of every component and part, made from the code.

The settings, their types and defaults come from the signatures, the words from the docstrings, so
the pages cannot say anything else than the code.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from spacy.language import Language

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGE = "xlner-spacy"
# Where pages that lie elsewhere in the repository are on the site.
_MOVED = {
    "../CONTRIBUTING.md": "contributing.md",
    "../benchmarks/results/": "measured/",
    "../../benchmarks/results/": "../measured/",
    "../assets/GUIDELINES.md": "guidelines.md",
}
# "name (type): text", or several names; continuation lines are indented.
_SETTING = re.compile(r"^(\w+(?:, \w+)*)(?: \([^)]*\))?: ")
_SECTION = re.compile(r"^(RETURNS|RAISES)\b")
_NOT_SETTINGS = ("nlp", "name", "self")
TITLES = {
    "spacy_xl_translators": "Translators (`@xl_translators`)",
    "spacy_xl_annotators": "Annotators (`@xl_annotators`)",
    "spacy_xl_aligners": "Aligners (`@xl_aligners`)",
    "spacy_xl_candidates": "Candidates (`@xl_candidates`)",
    "spacy_xl_measures": "Measures (`@xl_measures`)",
    "spacy_xl_matchers": "Matchers (`@xl_matchers`)",
    "spacy_xl_voters": "Voters (`@xl_voters`)",
    "spacy_augmenters": "Augmenters (`@augmenters`)",
    "spacy_readers": "Corpus readers (`@readers`)",
    "spacy_callbacks": "Callbacks (`@callbacks`)",
    "spacy_tokenizers": "Tokenizers (`@tokenizers`)",
}


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages, and the pages that lie outside docs/."""
    pages = {
        "index.md": _within_docs((ROOT / "README.md").read_text(encoding="utf8")),
        "reference/components.md": components(),
        "reference/parts.md": parts(),
        "contributing.md": _within_docs((ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")),
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    for file in sorted(RESULTS.rglob("*")):
        if file.suffix in (".md", ".svg", ".png"):
            path = f"measured/{file.relative_to(RESULTS)}"
            files.append(File.generated(config, path, abs_src_path=str(file)))
    guidelines = str(ROOT / "assets" / "GUIDELINES.md")
    files.append(File.generated(config, "guidelines.md", abs_src_path=guidelines))
    return files


def on_page_markdown(markdown: str, **kwargs: Any) -> str:
    """Links to pages that lie elsewhere in the repository than on the site."""
    for there, here in _MOVED.items():
        markdown = markdown.replace(f"({there}", f"({here}")
    return markdown


def _within_docs(markdown: str) -> str:
    """A page from above docs/, with its links as they are on the site."""
    markdown = markdown.replace("(CONTRIBUTING.md)", "(contributing.md)").replace("(docs/", "(")
    # Files that are no pages stay names.
    return re.sub(r"\[([^\]]*)\]\((CITATION\.cff)\)", r"`\2`", markdown)


def components() -> str:
    """The page of the components' settings."""
    lines = ["# Components", "", "What `nlp.add_pipe` takes, by name.", ""]
    for point in _points("spacy_factories"):
        factory = point.load()  # registers it
        lines += section(point.name, factory, defaults=_defaults(point.name))
    return "\n".join(lines)


def parts() -> str:
    """The page of every registered part."""
    lines = [
        "# Parts",
        "",
        "Every block of a config names one of these functions or classes. "
        "[Methods](../methods.md) says which to choose.",
        "",
    ]
    for group, title in TITLES.items():
        points = _points(group)
        if points:
            lines += [f"## {title}", ""]
        for point in points:
            lines += section(point.name, point.load(), level=3)
    return "\n".join(lines)


def section(
    name: str, part: Any, level: int = 2, defaults: dict[str, Any] | None = None
) -> list[str]:
    """One part: its description, then a table of its settings.

    defaults: Of a component; those of other parts are in their signature.
    """
    text, settings, notes = split(inspect.getdoc(part) or "")
    rows = [
        f"| `{parameter.name}` | {_code(_type(parameter))} | {_default(parameter, defaults)} "
        f"| {_cell(settings.get(parameter.name, ''))} |"
        for parameter in _parameters(part)
    ]
    lines = [f"{'#' * level} `{name}`", "", text, ""]
    if rows:
        lines += ["| setting | type | default | |", "| --- | --- | --- | --- |", *rows, ""]
    return [*lines, *(f"{note}\n" for note in notes)]


def split(docstring: str) -> tuple[str, dict[str, str], list[str]]:
    """A docstring's text, its settings by name, and what it returns and raises."""
    text: list[str] = []
    settings: dict[str, str] = {}
    notes: list[str] = []
    names: list[str] = []
    for line in docstring.splitlines():
        setting, note = _SETTING.match(line), _SECTION.match(line)
        if note:
            names = []
            notes.append(line)
        elif setting:
            names = setting[1].split(", ")
            settings.update(dict.fromkeys(names, line[setting.end() :]))
        elif line.startswith((" ", "\t")) and (names or notes):
            for name in names:
                settings[name] += f" {line.strip()}"
            if not names:
                notes[-1] += f" {line.strip()}"
        else:
            names = []
            text.append(line)
    return "\n".join(text).strip(), settings, notes


def _points(group: str) -> list[importlib.metadata.EntryPoint]:
    found = importlib.metadata.distribution(PACKAGE).entry_points.select(group=group)
    return sorted(found, key=lambda point: point.name)


def _parameters(part: Any) -> Iterator[inspect.Parameter]:
    for parameter in inspect.signature(part).parameters.values():
        if parameter.name not in _NOT_SETTINGS:
            yield parameter


def _type(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return ""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(parameter: inspect.Parameter, defaults: dict[str, Any] | None) -> str:
    if defaults and parameter.name in defaults:
        return _code(repr(defaults[parameter.name]))
    return "" if parameter.default is parameter.empty else _code(repr(parameter.default))


def _defaults(factory: str) -> dict[str, Any]:
    return dict(Language.get_factory_meta(factory).default_config)


def _code(text: str) -> str:
    return f"`{_cell(text)}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
