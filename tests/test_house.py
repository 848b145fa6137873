"""The tree keeps its shape: few flat modules, short files with names of their own, and imports that
only go down."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import xlner_spacy

PACKAGE = Path(xlner_spacy.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
METHODS = ("translators", "annotators", "aligners", "candidates", "measures", "matchers", "voters")
# Those that only training uses, augmenters among them, which are in a registry of spaCy's.
MORE_METHODS = tuple(
    f"training/{name}" for name in ("augmenters", "losses", "weightings", "adversaries")
)
# From low to high; what stands in one line may know each other.
LAYERS = [
    {"about", "errors", "settings", "files", "registry", "types"},
    {"text", "document", "models", "solving", "perturbations"},
    {"corpus"},
    set(METHODS),
    {"pipeline"},
    {"silver", "ranking"},
    {"training"},
    {"evaluation"},
    {"reports"},
    {"review"},
    {"web"},
    {"cli"},
]


def place(parts):
    """The number of the layer that a module is in; None for the package itself."""
    return next((n for n, layer in enumerate(LAYERS) if parts and parts[0] in layer), None)


def imported(file):
    """The modules of this package that a file imports, at its top or in a function."""
    here = file.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level]
            parts = (*base, *(node.module.split(".") if node.module else ()))
            if parts:
                yield parts
            else:
                yield from ((alias.name,) for alias in node.names)


def test_every_module_has_a_layer():
    names = {file.relative_to(PACKAGE).with_suffix("").parts[0] for file in FILES}
    assert names - {"__init__"} <= set().union(*LAYERS)


def test_few_modules_lie_flat():
    assert len([file for file in PACKAGE.glob("*.py") if file.name != "__init__.py"]) <= 6


def test_files_are_short_and_have_names_of_their_own():
    assert [f.name for f in FILES if len(f.read_text(encoding="utf8").splitlines()) > 400] == []
    names = Counter(file.name for file in FILES if file.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_imports_only_go_down():
    upwards = []
    for file in FILES:
        own = place(file.relative_to(PACKAGE).with_suffix("").parts)
        for parts in imported(file):
            other = place(parts)
            if own is not None and other is not None and other > own:
                upwards.append(f"{file.relative_to(PACKAGE)} -> {'.'.join(parts)}")
    assert upwards == []


def test_folders_of_methods_hold_methods_only():
    """Each file has a registered class or function."""
    registered = (PACKAGE.parent / "setup.cfg").read_text(encoding="utf8")
    for folder in METHODS + MORE_METHODS:
        module = folder.replace("/", ".")
        for file in (PACKAGE / folder).glob("*.py"):
            if file.name != "__init__.py":
                assert f"xlner_spacy.{module}.{file.stem}:" in registered, file
