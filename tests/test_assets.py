"""The assets of project.yml: pinned, and checked when they are fetched."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import srsly

ROOT = Path(__file__).parents[1]
ASSETS = srsly.read_yaml(ROOT / "project.yml")["assets"]
WITH_CHECKSUM = [asset for asset in ASSETS if "checksum" in asset]


def run(script, *arguments, cwd, **env):
    command = [sys.executable, ROOT / "scripts" / script, *arguments]
    env = {**os.environ, **env}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def md5(content):
    return hashlib.md5(content).hexdigest()


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset["dest"])
def test_an_asset_is_pinned_to_a_commit_or_a_release(asset):
    host, _, path = asset["url"].removeprefix("https://").partition("/")
    reference = path.split("/")[2]
    pinned = r"[0-9a-f]{40}" if "github" in host else r"\d+(\.\d+)+"
    assert re.fullmatch(pinned, reference), f"{reference} may change"
    assert re.fullmatch(r"[0-9a-f]{32}", asset.get("checksum", "0" * 32))


@pytest.mark.data
@pytest.mark.parametrize("asset", WITH_CHECKSUM, ids=lambda asset: asset["dest"])
def test_checksums_are_those_of_the_data_that_the_figures_were_measured_on(data, asset):
    file = data / Path(asset["dest"]).relative_to("assets")
    if not file.is_file():
        pytest.skip(f"there is no {file}")
    assert md5(file.read_bytes()) == asset["checksum"]


@pytest.mark.long
def test_another_version_of_a_corpus_is_refused(tmp_path):
    (asset,) = (a for a in ASSETS if a["dest"] == "assets/uner_pud/pt_pud-ud-test.iob2")
    shutil.copy(ROOT / "project.yml", tmp_path)
    copy = tmp_path / "data" / "uner_pud" / "pt_pud-ud-test.iob2"
    copy.parent.mkdir(parents=True)
    copy.write_text("1\tAna\tB-PER\n")
    result = run("corpora.py", asset["dest"], cwd=tmp_path, XLNER_DATA=str(tmp_path / "data"))
    assert result.returncode == 1
    for part in (str(copy), asset["checksum"], md5(copy.read_bytes()), asset["url"]):
        assert part in result.stderr
    assert list((tmp_path / "assets" / "uner_pud").iterdir()) == []


@pytest.mark.long
def test_missing_checksums_are_added_and_wrong_ones_reported(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    project = tmp_path / "project.yml"
    asset = '  - dest: "assets/{0}"\n    url: "file://{1}/{0}"\n{2}'.format
    known = f'    checksum: "{md5(b"b")}"\n'
    right = asset("b", tmp_path, known)
    project.write_text(f"# Corpora\nassets:\n{asset('a', tmp_path, '')}# The second\n{right}")
    result = run("checksums.py", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    added = asset("a", tmp_path, f'    checksum: "{md5(b"a")}"\n')
    assert project.read_text() == f"# Corpora\nassets:\n{added}# The second\n{right}"

    lost = asset("none", tmp_path, "")
    project.write_text(f"assets:\n{asset('c', tmp_path, known)}{lost}{asset('a', tmp_path, '')}")
    result = run("checksums.py", cwd=tmp_path)
    assert result.returncode == 1
    printed = " ".join(result.stdout.split())  # lines are wrapped
    assert f"has {md5(b'c')}, project.yml says {md5(b'b')}" in printed
    assert "assets/none: cannot be downloaded" in printed
    assert project.read_text() == f"assets:\n{asset('c', tmp_path, known)}{lost}{added}"
