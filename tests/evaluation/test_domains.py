"""Domains by name, as files, and in a config."""

from __future__ import annotations

import pytest

from xlner_spacy.errors import InputError, SetupError
from xlner_spacy.evaluation.domains import KNOWN, find_domains, read_domains

GOLD = "Ana B-PESSOA\nama O\no O\nRio B-LOCAL\nem O\nmaio B-TEMPO\n\nChove O\n"


def test_a_known_name_and_where_to_get_it(tmp_path):
    (domain,) = find_domains(["lener_br"], folder=tmp_path)
    assert (domain.lang, domain.labels["PESSOA"]) == ("pt", "PER")
    with pytest.raises(InputError, match=r"Set XLNER_DATA .* lener_br=FILE"):
        domain.read()


def test_the_variable_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XLNER_DATA", str(tmp_path))
    (domain,) = find_domains(["letters"])
    assert domain.file.is_relative_to(tmp_path)
    monkeypatch.delenv("XLNER_DATA")
    (domain,) = find_domains(["letters"])
    with pytest.raises(InputError, match="Set XLNER_DATA"):
        domain.check()


def test_a_known_name_with_a_file_of_its_own(tmp_path):
    (tmp_path / "law.conll").write_text(GOLD)
    (domain,) = find_domains([f"lener_br={tmp_path / 'law.conll'}"])
    texts = domain.read()
    assert texts.gold == [{(0, 1, "PER"), (3, 4, "LOC")}, set()]
    assert texts.left_out == {"TEMPO": 1}
    assert texts.labels == ["LOC", "ORG", "PER"]  # annotated with, though none is here
    assert domain.read(1).gold == texts.gold[:1]


def test_a_file(tmp_path):
    (tmp_path / "law.conll").write_text(GOLD)
    (domain,) = find_domains([f"law={tmp_path / 'law.conll'}"], lang="PT")
    assert domain.lang == "pt"
    assert domain.read().labels == ["LOCAL", "PESSOA", "TEMPO"]
    assert domain.digest() == domain.digest()
    (other,) = find_domains([f"law={tmp_path / 'law.conll'}"], lang="pt", labels={"LOCAL": "LOC"})
    assert other.read().labels == ["LOC", "PESSOA", "TEMPO"]
    (other,) = find_domains([f"law={tmp_path / 'law.conll'}"], lang="pt", labels={"LOCAL": ""})
    assert other.read().left_out == {"LOCAL": 1}


def test_a_corpus(tmp_path):
    (domain,) = find_domains(["uner-pud:pt"], folder=tmp_path)
    assert (domain.name, domain.lang) == ("uner-pud:pt", "pt")
    with pytest.raises(InputError, match=r"uner-pud:pt: .* is not there"):
        domain.check()


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("nowhere", "There is no domain 'nowhere'"),
        ("law=x.conll", "language of the texts is not given"),
        ("law=", "names no domain and file"),
        ("=x.conll", "names no domain and file"),
        ("uner-pud:xh", "has no 'xh'"),
    ],
)
def test_what_names_nothing(item, problem, tmp_path):
    with pytest.raises(InputError, match=problem):
        find_domains([item], folder=tmp_path)


def test_an_unknown_language():
    with pytest.raises(SetupError, match="not the code of a language"):
        find_domains(["law=x.conll"], lang="portuguese!")


@pytest.mark.parametrize("name", ["empty.conll", "empty.jsonl"])
def test_an_empty_file(name, tmp_path):
    (tmp_path / name).write_text("")
    (domain,) = find_domains([f"law={tmp_path / name}"], lang="pt")
    with pytest.raises(InputError, match=r"has no (sentences|texts)"):
        domain.read()


def test_a_config(tmp_path):
    (tmp_path / "law.conll").write_text(GOLD)
    config = tmp_path / "domains.cfg"
    config.write_text(
        f'[domains]\n\n[domains.law]\nlang = "pt"\nfile = "{tmp_path / "law.conll"}"\n\n'
        '[domains.law.labels]\nPESSOA = "PER"\nTEMPO = ""\n\n'
        f'[domains.btc]\nfile = "{tmp_path / "b.conll"}"\n'
    )
    law, btc = read_domains(config)
    assert law.read().gold[0] == {(0, 1, "PER"), (3, 4, "LOCAL")}
    assert law.read().left_out == {"TEMPO": 1}
    assert (btc.file, btc.lang) == (tmp_path / "b.conll", "en")
    assert btc.prepare == KNOWN["btc"].prepare


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("", "names no domains"),
        ("[domains]\n", "names no domains"),
        ('[domains]\nlaw = "x"\n', r"\[domains.law\] has other settings"),
        ('[domains]\n[domains.law]\nlang = "pt"\n', "has no file"),
        ("[domains]\n[domains.law]\n", "has no file and no lang"),
        ('[domains]\n[domains.law]\nlang = "pt"\nfile = "x"\nsize = 3\n', r"\(size\)"),
        ('[domains]\n[domains.law]\nlang = "pt"\nfile = 3\n', "not all values are strings"),
        ('[domains]\n[domains.law]\nlang = "pt"\nfile = "x"\nlabels = ["PER"]\n', "not all values"),
        (
            '[domains]\n[domains.law]\nlang = "pt"\nfile = "x"\nprepare = "magic"\n',
            "no preparation 'magic'.*\nKnown: hipe",
        ),
        ("nonsense", "not a config"),
    ],
)
def test_a_bad_config(section, problem, tmp_path):
    (tmp_path / "domains.cfg").write_text(section)
    with pytest.raises(InputError, match=problem):
        read_domains(tmp_path / "domains.cfg")


@pytest.mark.data
@pytest.mark.long
@pytest.mark.parametrize("name", KNOWN)
def test_every_known_domain_has_the_labels_of_its_map(name, data):
    (domain,) = find_domains([name], folder=data)
    if not domain.file.is_file():
        pytest.skip(f"needs {domain.file.name}")
    texts = domain.read()
    found = {label for own in texts.gold for *_, label in own}
    assert found == set(texts.labels)
    assert not texts.left_out.keys() & set(domain.labels)
