"""`xlner evaluate compare`, as a researcher runs it: a small corpus, a few methods."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
import spacy
from thinc.api import Config

from tests.shared import xlner
from xlner_spacy.types import Link

ROOT = Path(__file__).parents[2]
METHODS = ROOT / "configs" / "methods"

EN = """
Maria B-PER|lives O|in O|Lisbon B-LOC|. O
Petrobras B-ORG|opened O|an O|office O|in O|Porto B-LOC|. O
John B-PER|Smith I-PER|met O|Maria B-PER|in O|New B-LOC|York I-LOC|. O
It O|rained O|. O
"""
PT = """
Maria B-PER|mora O|em O|Lisboa B-LOC|. O
Petrobras B-ORG|abriu O|um O|escritório O|em O|Porto B-LOC|. O
John B-PER|Smith I-PER|viu O|Maria B-PER|em O|Nova B-LOC|Iorque I-LOC|. O
Ontem O|choveu O|. O
"""


def columns(text):
    return text.strip().replace("\n", "\n\n").replace("|", "\n").replace(" ", "\t") + "\n"


def sentences(text):
    return [[cell.split(" ")[0] for cell in line.split("|")] for line in text.strip().split("\n")]


# What the parts below were asked for, by their names.
calls: Counter = Counter()
ENGLISH = {
    "".join(f" {w}" if w != "." else w for w in pt).strip(): " ".join(en).replace(" .", ".")
    for en, pt in zip(sentences(EN), sentences(PT), strict=True)
}
NAMES = {"Maria": "PER", "Lisbon": "LOC", "Petrobras": "ORG", "Porto": "LOC", "New York": "LOC"}


@spacy.registry.xl_translators("test.Known.v1")
def make_known():
    def translate(texts, *, from_lang, to_lang):
        calls["translated"] += len(texts)
        return [ENGLISH[text] for text in texts]

    return translate


@spacy.registry.xl_annotators("test.Names.v1")
def make_names():
    def annotate(texts):
        calls["annotated"] += len(texts)
        return [
            [(m.start(), m.end(), NAMES[m.group()]) for m in re.finditer("|".join(NAMES), text)]
            for text in texts
        ]

    return annotate


@spacy.registry.xl_aligners("test.SamePlace.v1")
def make_same_place(shift: int = 0):
    def align(pairs, **languages):
        calls["aligned"] += len(pairs)
        return [
            [Link(k, k + shift, 0.9) for k in range(min(len(s), len(t)) - shift)] for s, t in pairs
        ]

    return align


@spacy.registry.xl_aligners("test.Broken.v1")
def make_broken():
    def align(pairs, **languages):
        raise RuntimeError("out of order")

    return align


@spacy.registry.xl_candidates("test.Careless.v1")
def make_careless():
    """Does what a part must not do: it changes what it is given."""

    def generate(bitexts):
        found = []
        for bitext in bitexts:
            found.append([[(s, e)] for s, e in bitext.entities])
            bitext.entities.clear()
        return found

    return generate


@spacy.Language.component("test_careless")
def careless(doc):
    """Changes what others left on the Doc, in place."""
    for record in doc._.xl_translations:
        record["words"].reverse()
        record["entities"].clear()
    return doc


def method(matcher="Greedy", measure="NameF1", shift=0, **more):
    """A config whose parts are all given."""
    projector = {
        "factory": "xl_projector",
        "translator": {"@xl_translators": "test.Known.v1"},
        "annotator": {"@xl_annotators": "test.Names.v1"},
        "aligner": {"@xl_aligners": "test.SamePlace.v1", "shift": shift},
        "candidates": {"@xl_candidates": "xlner.Ngrams.v1"},
        "measure": {"@xl_measures": f"xlner.{measure}.v1"},
        "matcher": {"@xl_matchers": f"xlner.{matcher}.v1"},
        **more,
    }
    return pipeline(xl_projector=projector)


def pipeline(**components):
    return Config({"nlp": {"lang": "xx", "pipeline": list(components)}, "components": components})


def stages(*names, **blocks):
    """The same parts, as components of their own."""
    own = method()["components"]["xl_projector"]
    made = {
        "xl_translator": {"factory": "xl_translator", "translator": own["translator"]},
        "xl_annotator": {"factory": "xl_annotator", "annotator": own["annotator"]},
        "xl_aligner": {"factory": "xl_aligner", "aligner": own["aligner"]},
        "xl_matcher": {"factory": "xl_matcher", **{k: own[k] for k in ("measure", "matcher")}},
        "xl_back_translator": {"factory": "xl_back_translator"},
        "xl_transfer": {"factory": "xl_transfer", "annotator": own["annotator"]},
        "test_careless": {"factory": "test_careless"},
        **blocks,
    }
    return {name: made[name] for name in names}


@pytest.fixture
def folder(tmp_path):
    calls.clear()
    (tmp_path / "en.conll").write_text(columns(EN))
    (tmp_path / "pt.conll").write_text(columns(PT))
    return tmp_path


def write(folder, **configs):
    for name, config in configs.items():
        config.to_disk(folder / f"{name}.cfg")
    return [folder / f"{name}.cfg" for name in configs]


def compare(folder, configs, *options, corpora=None, out="out"):
    """RETURNS: The exit status, the rows in order, and what went to standard error."""
    corpora = corpora or [f"en-pt={folder / 'en.conll'},{folder / 'pt.conll'}"]
    named = [part for corpus in corpora for part in ("--corpus", corpus)]
    arguments = ["evaluate", "compare", *configs, *named, "--output", folder / out, *options]
    result = xlner(*arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    table = folder / out / "compare.csv"
    rows = list(csv.DictReader(table.open())) if table.is_file() and not result.exit_code else []
    return result.exit_code, rows, result.stderr


def figures(rows):
    """All that a method found, without the seconds that it took."""
    return {r["method"]: {k: v for k, v in r.items() if k != "seconds"} for r in rows}


def alone(folder, config, *options, **more):
    calls.clear()
    status, rows, stderr = compare(folder, [config], *options, out=f"alone-{config.stem}", **more)
    assert status == 0, stderr
    return figures(rows)[config.stem]


def test_the_rows_and_what_is_in_them(folder):
    configs = write(folder, zeta=method(), beta=method(shift=1))
    (folder / "again.conll").write_text(columns(PT))
    again = f"en-pt={folder / 'en.conll'},{folder / 'again.conll'}"
    given = f"en-pt={folder / 'en.conll'},{folder / 'pt.conll'}"
    status, rows, _ = compare(folder, configs, corpora=[given, again])
    assert status == 0
    # Corpora and methods in the order of the command.
    assert [(r["corpus"], r["method"]) for r in rows] == [
        ("pt:pt", "zeta"),
        ("pt:pt", "beta"),
        ("again:pt", "zeta"),
        ("again:pt", "beta"),
    ]
    best = rows[0]
    assert best["task"] == "projection"
    assert (best["f1"], best["precision"], best["recall"]) == ("1.0", "1.0", "1.0")
    assert (best["low"], best["high"], best["unlabelled_f1"]) == ("1.0", "1.0", "1.0")
    assert (best["gold"], best["predicted"], best["correct"]) == ("7", "7", "7")
    assert float(rows[1]["f1"]) < 1

    table = (folder / "out" / "compare.md").read_text().splitlines()
    assert table[0] == "| method | pt:pt | again:pt | mean |"
    assert table[2] == "| zeta | **1.0000** | **1.0000** | 1.0000 |"
    assert table[3].startswith("| beta | 0.")
    assert "projection" in table[5]
    svg = (folder / "out" / "compare.svg").read_text()
    ET.fromstring(svg)
    for text in ("zeta", "beta", "pt:pt", "again:pt"):
        assert f"<!-- {text} -->" in svg or f">{text}<" in svg


def test_equal_steps_are_done_once(folder):
    configs = write(
        folder,
        one=method(),
        two=method("ILP"),
        three=method(measure="LinkDensity"),
        stages=pipeline(**stages("xl_translator", "xl_annotator", "xl_aligner", "xl_matcher")),
        moved=method(shift=1),
    )
    status, rows, _ = compare(folder, configs, "--task", "translate-test")
    assert status == 0
    assert [row["task"] for row in rows] == ["translate-test"] * 5
    # Four sentences; two aligners. Whether a step is xl_projector's or a component's own is all one.
    assert calls == {"translated": 4, "annotated": 4, "aligned": 8}
    together = figures(rows)
    for config in configs:
        assert together[config.stem] == alone(folder, config, "--task", "translate-test")
        assert calls == {"translated": 4, "annotated": 4, "aligned": 4}


def test_gold_translations_are_not_made_anew(folder):
    configs = write(
        folder,
        one=method(),
        two=pipeline(**stages("xl_translator", "xl_annotator", "xl_aligner", "xl_matcher")),
    )
    assert compare(folder, configs)[0] == 0
    assert calls == {"aligned": 4}


def test_variables_in_configs(folder):
    """Two configs with the same words but other values are two methods."""
    one = method()
    one["vars"] = {"shift": 0}
    one["components"]["xl_projector"]["aligner"]["shift"] = "${vars.shift}"
    two = one.copy()
    two["vars"]["shift"] = 1
    _, rows, _ = compare(folder, write(folder, one=one, two=two))
    assert rows[0]["f1"] == "1.0"
    assert rows[1]["f1"] != "1.0"


def test_no_method_changes_what_another_one_sees(folder):
    rude = ["xl_translator", "xl_annotator", "xl_aligner", "test_careless", "xl_matcher"]
    configs = write(
        folder,
        first=method(),
        careless=method(candidates={"@xl_candidates": "test.Careless.v1"}),
        rude=pipeline(**stages(*rude)),
        last=method("ILP"),
    )
    _, rows, _ = compare(folder, configs, "--task", "translate-test")
    together = figures(rows)
    for config in configs:
        assert together[config.stem] == alone(folder, config, "--task", "translate-test")
    assert together["first"]["f1"] == together["last"]["f1"] != together["rude"]["f1"]


@pytest.mark.long
def test_ensembles_and_transfer(folder):
    """Each gives what it gives alone: two ensembles with other members, model transfer twice and
    with projection behind it."""
    paper = {"measure": {"@xl_measures": "xlner.LinkDensity.v1"}}
    nothing = {"matcher": {"@xl_matchers": "xlner.Greedy.v1", "min_score": 2.0}}
    first = ["xl_translator", "xl_annotator", "xl_aligner", "xl_ensemble"]

    def ensemble(**methods):
        voter = {"@xl_voters": "xlner.Rover.v1", "threshold": 0.4, "alpha": 1.0}
        block = {"factory": "xl_ensemble", "methods": methods, "voter": voter}
        return pipeline(**stages(*first, xl_ensemble=block))

    fill = method(overwrite=False)["components"]["xl_projector"]
    configs = write(
        folder,
        projector=method(),
        agree=ensemble(default={}, paper=paper),
        differ=ensemble(default={}, nothing=nothing, nothing2=nothing),
        transfer=pipeline(**stages("xl_transfer")),
        transfer2=pipeline(**stages("xl_transfer")),
        filled=pipeline(**stages("xl_transfer"), xl_projector=fill),
    )
    for task in ("projection", "translate-test"):
        status, rows, stderr = compare(folder, configs, "--task", task, out=task)
        assert status == 0, stderr
        together = figures(rows)
        for config in configs:
            own = compare(folder, [config], "--task", task, out=f"{task}-{config.stem}")[1]
            assert together[config.stem] == figures(own)[config.stem]
        assert together["agree"]["f1"] == together["projector"]["f1"]
        assert together["differ"]["predicted"] == "0"
        # English names alone are found in the Portuguese texts; projection adds the others.
        assert together["transfer"]["f1"] == together["transfer2"]["f1"]
        assert 0 < int(together["transfer"]["correct"]) < int(together["filled"]["correct"])


@pytest.mark.parametrize("lang", ["pt", "sw"])
def test_an_ensemble_of_methods(folder, lang):
    """Its members are configs that leave the language open, too."""
    one, two = write(folder, one=method(), two=method("ILP"))
    members = {"factory": "xl_ensemble", "pipelines": {"one": str(one), "two": str(two)}}
    (ensemble,) = write(folder, both=pipeline(xl_ensemble=members))
    corpus = f"en-{lang}={folder / 'en.conll'},{folder / 'pt.conll'}"
    for task in ("projection", "translate-test"):
        configs = [one, ensemble]
        status, rows, stderr = compare(folder, configs, "--task", task, corpora=[corpus], out=task)
        assert status == 0, stderr
        assert [row["error"] for row in rows] == ["", ""]
        assert rows[0]["f1"] == rows[1]["f1"]


def test_what_is_known_is_not_measured_again(folder):
    configs = write(folder, one=method(), two=method("ILP"))
    _, rows, stderr = compare(folder, configs)
    assert "pt:pt: one" in stderr
    calls.clear()
    _, again, stderr = compare(folder, configs)
    assert again == rows
    assert not calls
    assert "pt:pt: one" not in stderr
    # A comment is no change; a setting is one.
    configs[0].write_text("# a comment\n" + configs[0].read_text())
    method("ILP", shift=1).to_disk(configs[1])
    _, changed, stderr = compare(folder, configs)
    assert "one" not in stderr
    assert "pt:pt: two" in stderr
    assert changed[0] == rows[0]
    assert changed[1]["f1"] != rows[1]["f1"]
    # So is another file of the same name, and other labels or another number of sentences.
    (folder / "pt.conll").write_text(columns(PT.replace("Maria B-PER", "Maria B-ORG")))
    assert "pt:pt: one" in compare(folder, configs)[2]
    assert "pt:pt: one" in compare(folder, configs, "--limit", 2)[2]
    assert "pt:pt: one" not in compare(folder, configs)[2]


def test_a_run_that_was_killed_goes_on(folder, monkeypatch):
    from xlner_spacy.evaluation import compare as module

    configs = write(folder, one=method(), two=method("ILP"))
    write_json = module.write_json

    def kill(*arguments):
        write_json(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_json", kill)
        assert compare(folder, configs)[0] != 0
    assert len(json.loads((folder / "out" / "compare.json").read_text())["rows"]) == 1
    assert not (folder / "out" / "compare.csv").exists()
    _, rows, stderr = compare(folder, configs)
    assert "pt:pt: one" not in stderr
    assert "pt:pt: two" in stderr
    assert [row["method"] for row in rows] == ["one", "two"]


def test_limit_and_labels(folder):
    configs = write(folder, one=method())
    _, rows, _ = compare(folder, configs, "--limit", 2, "--labels", "LOC,ORG", "--quiet")
    assert (rows[0]["gold"], rows[0]["predicted"]) == ("3", "3")
    assert calls["aligned"] == 2


def test_a_method_that_cannot_run_is_a_row_with_its_error(folder):
    missing = {"@xl_annotators": "xlner.HuggingFaceNER.v1", "model": str(folder / "nowhere")}
    unknown = {"@xl_matchers": "xlner.NoSuch.v1"}
    raw = {"factory": "ner"}  # never trained
    configs = write(
        folder,
        missing=pipeline(xl_transfer={"factory": "xl_transfer", "annotator": missing}),
        wrong=method(max_words="x"),
        unknown=_with(method(), matcher=unknown),
        broken=_with(method(), aligner={"@xl_aligners": "test.Broken.v1"}),
        empty=pipeline(),
        raw=pipeline(ner=raw),
        good=method(),
    )
    (folder / "again.conll").write_text(columns(PT))
    corpora = [
        f"en-pt={folder / 'en.conll'},{folder / name}" for name in ("pt.conll", "again.conll")
    ]
    status, rows, _ = compare(folder, configs, corpora=corpora)
    assert status == 0
    errors = {row["method"]: row["error"] for row in rows}
    assert errors["good"] == ""
    assert "nowhere" in errors["missing"]
    assert "max_words" in errors["wrong"]
    assert "NoSuch" in errors["unknown"]
    assert "out of order" in errors["broken"]
    assert "no components" in errors["empty"]
    assert "'ner' failed" in errors["raw"]
    table = (folder / "out" / "compare.md").read_text()
    assert "| missing | - | - | - |" in table
    assert "- broken does not run on pt:pt, again:pt: Every text failed." in table
    ET.fromstring((folder / "out" / "compare.svg").read_text())
    # Whoever mends what was missing runs it again.
    method().to_disk(configs[0])
    _, rows, stderr = compare(folder, configs)
    assert rows[0]["f1"] == "1.0"
    assert "pt:pt: good" not in stderr
    assert "pt:pt: broken" in stderr


def _with(config, **blocks):
    config["components"]["xl_projector"].update(blocks)
    return config


def test_no_method_can_run(folder):
    configs = write(folder, broken=_with(method(), aligner={"@xl_aligners": "test.Broken.v1"}))
    status, _, stderr = compare(folder, configs)
    assert status == 1
    assert "No method could run" in stderr
    assert "out of order" in stderr


@pytest.mark.models
def test_a_language_that_a_translator_has_not(folder):
    """FastTranslate knows Portuguese; the other method goes on."""
    fast = {"@xl_translators": "xlner.FastTranslate.v1"}
    (folder / "sw.conll").write_text(columns(PT))
    configs = write(folder, fast=_with(method(), translator=fast), known=method())
    status, rows, _ = compare(folder, configs, corpora=[f"en-sw={folder / 'sw.conll'}"])
    assert status == 0
    assert "sw" in rows[0]["error"]
    assert rows[1]["task"] == "translate-test"
    assert float(rows[1]["f1"]) > 0.8


@pytest.mark.skipif(find_spec("sudachipy") is not None, reason="Japanese can be tokenized here")
def test_a_language_that_spacy_needs_a_package_for(folder):
    (folder / "ja.conll").write_text(columns(PT))
    given = f"en-pt={folder / 'en.conll'},{folder / 'pt.conll'}"
    japanese = f"en-ja={folder / 'en.conll'},{folder / 'ja.conll'}"
    status, rows, _ = compare(folder, write(folder, one=method()), corpora=[japanese, given])
    assert status == 0
    assert "SudachiPy" in rows[0]["error"]
    assert rows[1]["f1"] == "1.0"


def test_components_of_other_packages(folder):
    """What they do is part of what a method is: two pipelines with another sentence splitter
    in front do not share what comes after it."""
    projector = method()["components"]["xl_projector"]
    splitter = {"factory": "sentencizer", "punct_chars": ["."]}
    other = {"factory": "sentencizer", "punct_chars": ["em"]}
    configs = write(
        folder,
        one=pipeline(sentencizer=splitter, xl_projector=projector),
        same=pipeline(sentencizer=splitter, xl_projector=projector),
        other=pipeline(sentencizer=other, xl_projector=projector),
    )
    status, rows, stderr = compare(folder, configs)
    assert status == 0, stderr
    # Translations are given, so that the sentences make no difference here but to what is shared.
    assert calls["aligned"] == 8
    assert len({row["f1"] for row in rows}) == 1


def test_bad_input(folder):
    (good,) = write(folder, good=method())
    given = f"en-pt={folder / 'en.conll'},{folder / 'pt.conll'}"
    (folder / "bad.cfg").write_text("[nlp\n")
    (folder / "other").mkdir()
    (folder / "other" / "good.cfg").write_text(good.read_text())
    (folder / "other" / "pt.conll").write_text(columns(PT))
    alike = [given, f"en-pt={folder / 'en.conll'},{folder / 'other' / 'pt.conll'}"]
    cases = [
        ([folder / "no.cfg"], [], [given], "no.cfg: there is no such config file"),
        ([folder / "bad.cfg"], [], [given], "bad.cfg is not a config"),
        ([good, folder / "other" / "good.cfg"], [], [given], "Two configs are called 'good'"),
        ([good], [], alike, "Two corpora are called 'pt:pt'"),
        ([good], ["--task", "magic"], [given], "projection, translate-test"),
        ([good], ["--task", "projection"], [f"en-pt={folder / 'pt.conll'}"], "no source side"),
        ([good], [], [given, f"en-pt={folder / 'no.conll'}"], "no.conll is not there"),
    ]
    for configs, options, corpora, message in cases:
        status, _, stderr = compare(folder, configs, *options, corpora=corpora)
        assert status == 1
        assert message in stderr
        assert not calls
    (folder / "out").mkdir(exist_ok=True)
    for damaged in ("[]", '{"rows": [{}]}', '{"rows": 5}', '{"rows": [5]}', '{"rows": ["ab"]}'):
        (folder / "out" / "compare.json").write_text(damaged)
        status, _, stderr = compare(folder, [good])
        assert status == 1
        assert "not what this command wrote" in stderr
    status, _, stderr = compare(folder, [good], out="good.cfg")
    assert status == 1
    assert "good.cfg cannot be made" in stderr
    (five,) = write(folder, five=method())
    five.write_text("[components]\nxl_projector = 5\n")
    status, _, stderr = compare(folder, [five], out="five")
    assert status == 1
    assert "'xl_projector' of the config is 5" in stderr


def test_a_damaged_row_of_a_known_measurement(folder):
    (good,) = write(folder, good=method())
    assert compare(folder, [good])[0] == 0
    kept = folder / "out" / "compare.json"
    content = json.loads(kept.read_text())
    del content["rows"][0]["interval"]
    kept.write_text(json.dumps(content))
    status, _, stderr = compare(folder, [good])
    assert status == 1
    assert "not what this command wrote" in stderr


def test_a_config_that_is_given_twice_is_measured_once(folder):
    (good,) = write(folder, good=method())
    (folder / "other").mkdir()
    status, rows, _ = compare(folder, [good, folder / "other" / ".." / "good.cfg"])
    assert status == 0
    assert [row["method"] for row in rows] == ["good"]


def test_labels_that_nothing_has(folder):
    (good,) = write(folder, good=method())
    for _ in range(2):  # also where the figures are known
        _, rows, stderr = compare(folder, [good], "--labels", "PER,LCO", "--quiet")
        assert int(rows[0]["gold"]) > 0
        assert "pt:pt: nothing has the label 'LCO'. The gold has: LOC, ORG, PER." in stderr
    assert "nothing has" not in compare(folder, [good], "--labels", "PER,LOC")[2]


@pytest.mark.models
def test_the_papers_methods_on_the_embedded_models(folder):
    """Back-translation and projection side by side, on both tasks, as it is alone."""
    names = ["default", "back-translation-ngrams", "back-translation-heuristic"]
    configs = [METHODS / f"{name}.cfg" for name in names]
    for task in ("projection", "translate-test"):
        status, rows, stderr = compare(folder, configs, "--task", task, out=task)
        assert status == 0, stderr
        assert [row["error"] for row in rows] == ["", "", ""]
        assert float(rows[0]["f1"]) > 0.7
        assert all(float(row["f1"]) > 0.3 for row in rows)
        assert all(float(row["seconds"]) > 0 for row in rows)
    own = compare(folder, [configs[1]], "--task", task, out="alone")[1]
    assert figures(rows)[names[1]] == figures(own)[names[1]]
