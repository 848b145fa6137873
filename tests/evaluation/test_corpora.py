"""Corpora by name: what is in them, what a missing one says, and how they are fetched."""

from __future__ import annotations

import importlib.util
import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest
import srsly

from tests.shared import xlner
from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.evaluation.corpora import KNOWN, find_corpora, read_pairs

ROOT = Path(__file__).parents[2]


def uner(rows):
    """Sentences of one word each."""
    return "\n".join(f"# sent_id = {i}\n# text = {w}\n1\t{w}\tB-LOC\t-\t-\n" for i, w in rows)


@pytest.fixture
def corpora(tmp_path):
    """A data folder with a little of each corpus."""
    for name, content in {
        "europarl_ner/en-europarl.test.conll02": "Lisbon\tB-LOC\n",
        "europarl_ner/de-europarl.test.conll02": "Lissabon\tB-LOC\n",
        "europarl_ner/it-europarl.test.conll02": "Lisbona\tB-LOC\n",
        "uner_pud/en_pud-ud-test.iob2": uner([("n01001-0001", "Lisbon")]),
        "uner_pud/sv_pud-ud-test.iob2": uner([("n01001-0001", "Lissabon")]),
        "masakhaner2/swa.test.txt": "Nairobi B-LOC\n",
        "masakhaner2/yor.test.txt": "Eko B-LOC\n",
        "masakhaner2/bbj.test.txt": "Bafusam B-LOC\n",
        "pan_x/sw/test": "sw:Nairobi\tB-LOC\nsw:ni\tO\nsw:mji\tO\n",
        "pan_x/en/test": "en:Lisbon\tB-LOC\nen:rains\tO\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def names(specification, folder):
    return [corpus.name for corpus in find_corpora(specification, folder)]


def test_the_languages_that_are_there(corpora):
    assert names("europarl-ner", corpora) == ["europarl-ner:de", "europarl-ner:it"]
    assert names("uner-pud", corpora) == ["uner-pud:sv"]
    assert names("uner-pud:sv", corpora) == ["uner-pud:sv"]
    # By the usual codes, whatever the files are called.
    assert set(names("masakhaner2", corpora)) == {
        "masakhaner2:sw",
        "masakhaner2:yo",
        "masakhaner2:bbj",
    }
    assert names("masakhaner2:swa", corpora) == names("masakhaner2:sw", corpora)
    # English is what is projected from.
    assert names("pan-x", corpora) == ["pan-x:sw"]


def test_what_is_in_them(corpora):
    (parallel,) = find_corpora("europarl-ner:it", corpora)
    (source,), (target,) = parallel.read()
    assert (source.words, target.words) == (["Lisbon"], ["Lisbona"])
    assert (parallel.source_lang, parallel.target_lang) == ("en", "it")
    (pan_x,) = find_corpora("pan-x:sw", corpora)
    (nothing,), (sentence,) = pan_x.read()
    assert nothing is None
    assert sentence.words == ["Nairobi", "ni", "mji"]
    assert sentence.entities == [(0, 1, "LOC")]


def test_the_folder_is_that_of_the_environment(corpora, monkeypatch):
    monkeypatch.setenv("XLNER_DATA", str(corpora))
    assert names("uner-pud", None) == ["uner-pud:sv"]
    monkeypatch.delenv("XLNER_DATA")
    monkeypatch.chdir(corpora)
    corpora.rename(corpora.parent / "assets")
    monkeypatch.chdir(corpora.parent)
    assert names("uner-pud", None) == ["uner-pud:sv"]


def test_files_of_ones_own(corpora):
    folder = corpora / "europarl_ner"
    files = [folder / f"{code}-europarl.test.conll02" for code in ("en", "de")]
    (own,) = find_corpora(f"en-de={files[0]},{files[1]}")
    assert own.name == "de-europarl.test:de"
    assert own.source_file == files[0]
    (alone,) = find_corpora(f"en-zh-Hant={files[1]}")
    assert (alone.source_lang, alone.target_lang) == ("en", "zh-Hant")
    assert alone.source_file is None


@pytest.mark.parametrize(
    ("specification", "error", "message"),
    [
        ("conll", InputError, "There is no corpus 'conll'.\nKnown: europarl-ner, uner-pud"),
        ("uner-pud:es", InputError, "uner-pud has no 'es'.\nIt has: pt, de, zh, sv, ru."),
        ("uner-pud:klingonish", SetupError, "'klingonish' is not the code of a language"),
        ("uner-bosque-dev", InputError, "There is nothing of uner-bosque-dev in"),
        ("en=a.conll,b.conll", InputError, "does not name a corpus"),
        ("en-pt=a,b,c", InputError, "does not name a corpus"),
        ("en-q9=a", SetupError, "'q9' is not the code of a language"),
        ("en-pt=", InputError, "'en-pt=' lacks the name of a file"),
        ("en-pt=a,", InputError, "'en-pt=a,' lacks the name of a file"),
        ("en-eng=a", InputError, "'en-eng=a' has 'en' on both sides"),
        ("pan-x:en", InputError, "'pan-x:en' has 'en' on both sides"),
    ],
)
def test_corpora_that_there_are_not(corpora, specification, error, message):
    with pytest.raises(error) as caught:
        find_corpora(specification, corpora)
    assert message in str(caught.value)


def test_files_of_ones_own_that_are_not_there(tmp_path):
    (own,) = find_corpora(f"en-pt={tmp_path / 'nowhere.conll'}")
    with pytest.raises(InputError, match=r"(?s)nowhere\.conll is not there.*Check the path"):
        own.check()


@pytest.mark.parametrize(
    ("specification", "missing", "how"),
    [
        ("uner-pud:ru", "ru_pud-ud-test.iob2", "python scripts/corpora.py uner-pud"),
        ("pan-x:ta", "pan_x/ta/test", "python scripts/corpora.py pan-x:ta"),
        ("masakhaner2:zu", "zul.test.txt", "python scripts/corpora.py masakhaner2"),
    ],
)
def test_a_corpus_that_is_not_there_says_how_to_get_it(corpora, specification, missing, how):
    config = ROOT / "configs" / "methods" / "default.cfg"
    arguments = ["evaluate", "compare", config, "--corpus", specification, "--data", corpora]
    result = xlner(*arguments, "--output", str(corpora / "out"))
    assert result.exit_code == 1
    for part in (missing, "is not there", "XLNER_DATA", how):
        assert part in result.stderr


# As many sentences of each kind as PUD has: news and Wikipedia, by the language they were written in.
PUD = [
    (f"{kind}{original}{n:03}-0001", f"{kind}{original}x{n}")
    for kind in "nw"
    for original, count in (("01", 375), ("02", 50), ("03", 25), ("04", 25), ("05", 25))
    for n in range(1, count + 1)
]


def upstreams(rows):
    """The order and the ids of UNER's Chinese file: 1-375, 501-875, 376-500, 876-1000."""
    moved = [*rows[:375], *rows[500:875], *rows[375:500], *rows[875:]]
    return [(f"batch-{n // 30:04}-{n % 30 + 1:04}", word) for n, (_, word) in enumerate(moved)]


def test_chinese_pud_has_an_order_of_its_own(tmp_path):
    (tmp_path / "en.iob2").write_text(uner(PUD))
    (tmp_path / "zh.iob2").write_text(uner(upstreams(PUD)))
    pairs, left_out = read_pairs(tmp_path / "en.iob2", tmp_path / "zh.iob2")
    assert (len(pairs), left_out) == (1000, 0)
    assert all(source.words == target.words for source, target in pairs)
    # Other files without a common id are still refused.
    (tmp_path / "pt.iob2").write_text(uner([(f"x-{i}", word) for i, word in PUD]))
    with pytest.raises(InputError, match="no sent_id in common"):
        read_pairs(tmp_path / "en.iob2", tmp_path / "pt.iob2")


@pytest.mark.data
def test_the_chinese_file_as_upstream_has_it(data, tmp_path):
    """The same pairs as from the file with the others' ids."""
    english, chinese = (data / "uner_pud" / f"{code}_pud-ud-test.iob2" for code in ("en", "zh"))
    given, _ = read_pairs(english, chinese)
    blocks = chinese.read_text().strip("\n").split("\n\n")
    moved = [*blocks[:375], *blocks[500:875], *blocks[375:500], *blocks[875:]]
    lines = [
        f"# sent_id = batch-{n // 30:04}-{n % 30 + 1:04}" if "sent_id" in line else line
        for n, block in enumerate(moved)
        for line in [*block.split("\n"), ""]
    ]
    (tmp_path / "zh.iob2").write_text("\n".join(lines))
    upstream, left_out = read_pairs(english, tmp_path / "zh.iob2")
    assert left_out == 0
    assert {(s.text, t.text, tuple(t.entities)) for s, t in upstream} == {
        (s.text, t.text, tuple(t.entities)) for s, t in given
    }


# Fetching them.


@pytest.fixture
def fetch(tmp_path, monkeypatch):
    """scripts/corpora.py in a project's folder, where nothing can be downloaded."""
    spec = importlib.util.spec_from_file_location("corpora", ROOT / "scripts" / "corpora.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    project = tmp_path / "project"
    project.mkdir()
    (project / "project.yml").write_bytes((ROOT / "project.yml").read_bytes())
    monkeypatch.chdir(project)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")

    def run(*wanted, data=""):
        monkeypatch.setenv("XLNER_DATA", str(data))
        script.main(list(wanted))

    return run


def test_every_corpus_has_assets_in_its_place():
    assets = [a for a in srsly.read_yaml(ROOT / "project.yml")["assets"] if a["extra"]]
    places = {asset["dest"] for asset in assets}
    assert len(places) == len(assets)
    for known in KNOWN.values():
        wanted = [known.target.format(lang=code) for code in known.languages.values()]
        wanted += [known.source] if known.source else []
        assert {f"assets/{name}" for name in wanted} <= places
    assert all(asset["url"].startswith("https://") for asset in assets)


def test_a_corpus_by_its_name(fetch, corpora, capsys):
    """Here with files of our own, which no checksum fits."""
    project = srsly.read_yaml("project.yml")
    for asset in project["assets"]:
        asset.pop("checksum", None)
    srsly.write_yaml("project.yml", project)
    (corpora / "europarl_ner" / "es-europarl.test.conll02").write_text("Lisboa\tB-LOC\n")
    fetch("europarl-ner", "pan-x:sw", data=corpora)
    made = {p for p in Path("assets").rglob("*") if p.is_file()}
    assert {p.as_posix() for p in made} == set(capsys.readouterr().out.split())
    assert {p.parent.name for p in made} == {"europarl_ner", "sw"}
    assert len(made) == 5
    assert names("europarl-ner", Path("assets")) == [
        f"europarl-ner:{x}" for x in ("de", "es", "it")
    ]
    assert names("pan-x", Path("assets")) == ["pan-x:sw"]


def panx_archive(file, **languages):
    with zipfile.ZipFile(file, "w") as packed:
        for lang, text in languages.items():
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w:gz") as archive:
                for split in ("train", "test", "dev"):
                    content = text.encode() if split == "test" else b"no\tO\n"
                    entry = tarfile.TarInfo(split)
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
            packed.writestr(f"{lang}.tar.gz", inner.getvalue())


def test_pan_x_comes_out_of_its_archive(fetch):
    archive = Path("assets/pan_x/panx_dataset.zip")
    archive.parent.mkdir(parents=True)
    panx_archive(archive, sw="sw:Nairobi\tB-LOC\nsw:ni\tO\n", ta="ta:a\tB-PER\nta:b\tO\n")
    fetch("pan-x:sw")
    assert names("pan-x", Path("assets")) == ["pan-x:sw"]
    (corpus,) = find_corpora("pan-x:sw", Path("assets"))
    assert corpus.read()[1][0].words == ["Nairobi", "ni"]
    fetch("pan-x")
    assert names("pan-x", Path("assets")) == ["pan-x:sw", "pan-x:ta"]
    with pytest.raises(InputError, match="no test file of 'qu'"):
        fetch("pan-x:qu")
    archive.write_text("Not found")
    with pytest.raises(InputError, match="is not PAN-X's archive"):
        fetch("pan-x:qu")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nothing", "There is no corpus 'nothing'"),
        ("masakhaner2", "Put it at assets/masakhaner2/bam.test.txt, or set XLNER_DATA"),
        ("pan-x:sw", "Put it at assets/pan_x/panx_dataset.zip, or set XLNER_DATA"),
    ],
)
def test_what_cannot_be_fetched(fetch, wanted, message):
    with pytest.raises(InputError, match=re.escape(message)):
        fetch(wanted)
    assert not [p for p in Path("assets").rglob("*") if p.is_file()]
