"""configs/languages: each loads anywhere, names what it needs, and works where Apertium is."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.shared import xlner
from xlner_spacy.pipeline.loading import load, source_langs_of
from xlner_spacy.translators.apertium import DATA, Apertium

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs" / "languages").glob("*.cfg"))
TEXTS = {
    "bs": "Ana Petrović živi u Zagrebu.",
    "eu": "Maria Madrilen bizi da.",
    "gl": "María vive en Madrid.",
    "hr": "Ana Petrović živi u Zagrebu.",
    "is": "Jón býr í London.",
    "mk": "Ана живее во Скопје.",
    "sr": "Ana Petrović živi u Beogradu.",
}


def packages(path):
    (line,) = re.findall(r"^#   apt-get install (.+)$", path.read_text("utf8"), re.MULTILINE)
    return line.split()


def language(nlp):
    (component,) = [component for _, component in nlp.pipeline]
    (lang,) = {stage.target_lang for stage in component.stages if hasattr(stage, "target_lang")}
    return lang


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_loads_without_apertium_and_says_what_it_needs(path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    nlp = load(path)
    assert language(nlp) == path.stem
    for source in source_langs_of(nlp):
        with pytest.raises(Exception, match="apt-get install apertium ") as error:
            Apertium()(["text"], from_lang=path.stem, to_lang=source)
        named = str(error.value).split("apt-get install ")[1].split()
        assert set(named) <= set(packages(path))
        assert len(named) == 2


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_pair_that_is_not_installed_is_named(path, monkeypatch, tmp_path):
    if not shutil.which("apertium"):
        (tmp_path / "apertium").touch(mode=0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path))
    texts, out = tmp_path / "texts.txt", tmp_path / "out.jsonl"
    texts.write_text(TEXTS[path.stem] + "\n", "utf8")
    result = xlner("project", str(texts), str(out), "--config", str(path), "-q")
    assert result.exit_code == 1
    assert f"apt-get install {packages(path)[1]}" in result.stderr
    assert not out.exists()


@pytest.mark.models
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_finds_a_place(path, tmp_path):
    missing = [p for p in packages(path)[1:] if not (Path(DATA) / p).is_dir()]
    if missing or not shutil.which("apertium"):
        pytest.skip(f"needs Apertium: apt-get install apertium {' '.join(packages(path)[1:])}")
    (tmp_path / "texts.txt").write_text(TEXTS[path.stem] + "\n", "utf8")
    files = [str(tmp_path / "texts.txt"), str(tmp_path / "out.jsonl")]
    result = xlner("project", *files, "--config", str(path), "-q")
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "out.jsonl").read_text("utf8"))
    assert "LOC" in {entity["label"] for entity in record["ents"]}


def test_every_config_is_in_the_table():
    text = (ROOT / "docs" / "languages.md").read_text("utf8")
    assert len(CONFIGS) > 5
    for path in CONFIGS:
        assert f"`{path.stem}.cfg`" in text
