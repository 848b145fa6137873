"""The documentation says what is so: its Python blocks run and print what stands below them, its
commands exist with the options that they name."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
import typer

from xlner_spacy.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# A page that shows code of a file that there is not yet, or of other machines.
NOT_RUN = {"CONTRIBUTING.md", "workflow.md", "methods.md", "speed.md"}


def blocks(page):
    return _BLOCK.findall(page.read_text(encoding="utf8"))


@pytest.mark.models
@pytest.mark.parametrize("page", [p for p in PAGES if p.name not in NOT_RUN], ids=lambda p: p.name)
def test_python_blocks_print_what_the_page_says(page):
    """In order, as a reader would type them into one session."""
    found = blocks(page)
    scope = {}
    for n, (language, code) in enumerate(found):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(page), "exec"), scope)  # noqa: S102
        follows = found[n + 1] if n + 1 < len(found) else ("text", "")
        if printed.getvalue():
            assert follows[0] == "", f"{page.name}: no output stands below\n{code}"
            assert printed.getvalue() == follows[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_python_blocks_are_python(page):
    for language, code in blocks(page):
        if language == "python":
            compile(code, str(page), "exec")


def commands():
    for page in PAGES:
        for language, code in blocks(page):
            if language in ("", "bash"):
                for line in code.replace("\\\n", " ").splitlines():
                    if line.startswith("xlner "):
                        yield pytest.param(line, id=f"{page.name}: {line[:60]}")


@pytest.mark.parametrize("line", commands())
def test_commands_exist_with_their_options(line):
    """They are parsed, not run."""
    words = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    options = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    unknown = {o for o in options if o not in known and "." not in o}
    assert not unknown


def pictures():
    for page in PAGES:
        for place in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf8")):
            if "://" not in place:
                yield pytest.param(page.parent / place, id=f"{page.name}: {place}")


@pytest.mark.parametrize("picture", pictures())
def test_pictures_are_there(picture):
    """mkdocs builds a page without a picture, too."""
    assert picture.is_file()
