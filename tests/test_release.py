"""What a release is made of: the template in the wheel, the workflows, the entry for spaCy's universe."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import srsly
from packaging.specifiers import SpecifierSet

import xlner_spacy
from xlner_spacy.cli import init_project
from xlner_spacy.errors import InputError, SetupError

ROOT = Path(xlner_spacy.__file__).parents[1]
PROJECT = srsly.read_yaml(ROOT / "project.yml")


def files_of(folder):
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


def named_in_project():
    """The files that its commands read and that no command and no download makes."""
    text = (ROOT / "project.yml").read_text(encoding="utf8")
    made = {asset["dest"] for asset in PROJECT["assets"]}
    made |= {output for command in PROJECT["commands"] for output in command.get("outputs", [])}
    named = set(re.findall(r"\b(?:scripts|configs|assets)/[\w./-]+\.(?:py|cfg|jsonl)", text))
    return named - made


def test_a_checkout_has_what_the_project_reads(tmp_path):
    count = init_project.copy_template(tmp_path / "new")
    found = files_of(tmp_path / "new")
    assert len(found) == count
    assert named_in_project() <= found
    assert len(named_in_project()) > 15


@pytest.mark.long
def test_the_wheel_has_the_same_template(tmp_path, monkeypatch):
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path / "lib")]
    subprocess.run(command, cwd=ROOT, check=True)
    monkeypatch.setattr(init_project, "PACKAGE", tmp_path / "lib" / "xlner_spacy")
    init_project.copy_template(tmp_path / "of-wheel")
    monkeypatch.undo()
    init_project.copy_template(tmp_path / "of-checkout")
    assert files_of(tmp_path / "of-wheel") == files_of(tmp_path / "of-checkout")
    listed = [sys.executable, "-m", "spacy", "project", "run", "build", "--dry", "of-wheel"]
    done = subprocess.run(listed, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "xlner build assets/sample.pt.jsonl" in done.stdout


def test_a_folder_with_something_in_it_stays_as_it_is(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        init_project.copy_template(tmp_path)
    with pytest.raises(InputError, match="exists already"):
        init_project.copy_template(tmp_path / "mine.txt")
    assert files_of(tmp_path) == {"mine.txt"}


def test_the_folder_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    init_project.copy_template(Path())
    assert (tmp_path / "project.yml").is_file()
    assert not [*tmp_path.glob(".draft*")]


def test_an_installation_without_its_template_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(init_project, "PACKAGE", tmp_path / "xlner_spacy")
    with pytest.raises(SetupError, match="without the project's template"):
        init_project.copy_template(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_workflows_call_targets_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf8")
    called = set()
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        jobs = srsly.read_yaml(file)["jobs"]
        steps = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
        called |= set(re.findall(r"^make ([a-z-]+)", "\n".join(steps), re.MULTILINE))
    assert called == {"test", "test-more", "check", "docs", "release"}
    assert all(f"\n{target}:" in makefile for target in called)


def test_the_entry_for_the_universe_shows_the_readme_s_example():
    [entry] = srsly.read_json(ROOT / "universe.json")["resources"]
    code = "\n".join(entry["code_example"])
    compile(code, "universe.json", "exec")
    [text] = re.findall(r'nlp\("(.*)"\)', code)
    assert text in (ROOT / "README.md").read_text(encoding="utf8")


def test_the_python_that_is_declared_is_the_one_that_is_tested():
    setup = (ROOT / "setup.cfg").read_text(encoding="utf8")
    [required] = re.findall(r"python_requires = (.*)", setup)
    declared = re.findall(r"Python :: (3\.\d+)", setup)
    accepted = [f"3.{n}" for n in range(8, 20) if f"3.{n}.5" in SpecifierSet(required)]
    assert accepted == declared
    tests = srsly.read_yaml(ROOT / ".github" / "workflows" / "tests.yml")
    assert [tests["jobs"]["tests"]["steps"][1]["with"]["python-version"]] == declared
