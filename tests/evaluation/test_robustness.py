"""`xlner evaluate robustness`: what becomes of pipelines on changed texts, checked by hand."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.perturbations.texts import labels, texts
from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.copies import Material, make_copies, own_names
from xlner_spacy.evaluation.name_files import read_names
from xlner_spacy.evaluation.robustness import find, measure, pairs_of
from xlner_spacy.evaluation.suite import CLEAN, FULL, JOIN, QUICK, Change
from xlner_spacy.perturbations.labelled import labelled
from xlner_spacy.perturbations.names import Name, Names

GOLD = Path(__file__).parents[2] / "assets" / "gold.pt.jsonl"
ANA = labelled(
    ["Ana", "Sá", "vive", "em", "Faro", "."],
    [True, True, True, True, False, False],
    [(0, 2, "PER"), (4, 5, "LOC")],
)
RUI = labelled(["O", "Rui", "saiu", "."], [True, True, False, False], [(1, 2, "PER")])


def names_of(**given):
    names = Names()
    for label, every in given.items():
        for name in every:
            words = tuple(name.split())
            names.add(label, Name(words, (True,) * len(words)))
    return names


MATERIAL = Material(
    "pt",
    {
        "unseen": names_of(PER=["Zé"], LOC=["Loulé"], ORG=["TAP"]),
        "foreign": names_of(PER=["John Smith"], LOC=["Leeds"], ORG=["BBC"]),
    },
)


def rules(**patterns):
    """A pipeline that finds just these words."""
    nlp = spacy.blank("pt")
    nlp.add_pipe("entity_ruler").add_patterns(
        [{"label": label, "pattern": p} for label, words in patterns.items() for p in words]
    )
    return nlp


def copies_of(*changes, seeds=2, gold=(ANA, RUI)):
    return make_copies(gold, changes, MATERIAL, seeds)


# The suite


@settings(max_examples=25, deadline=None)
@given(gold=st.lists(texts(), max_size=5))
def test_every_copy_has_the_entities_of_the_texts(gold):
    copies, left_out, _ = make_copies(gold, FULL, MATERIAL, seeds=2)
    wanted = [label for text in gold for label in labels(text)]
    assert copies[0].change.name == CLEAN
    assert copies[0].texts == gold
    names = {copy.change.name for copy in copies}
    assert names.isdisjoint(left_out)
    assert names | set(left_out) == {CLEAN, *(change.name for change in FULL)}
    for copy in copies:
        assert [label for text in copy.texts for label in labels(text)] == wanted
        assert [len(own) for own in copy.names] == [len(text.entities) for text in copy.texts]
        if copy.change.perturbation != JOIN:
            assert len(copy.texts) == len(gold)


def test_the_suites_name_each_change_once():
    for suite in (QUICK, FULL):
        assert len({change.name for change in suite}) == len(suite)
    assert all(change in FULL for change in QUICK)


def test_what_does_not_depend_on_the_seed_is_made_once():
    lower = Change("lower", "case", settings={"form": "lower"})
    swapped = Change("swapped", "names", settings={"names": "own"})
    more = labelled(["Eva", "Luz"], [True, False], [(0, 2, "PER")])
    made = copies_of(lower, swapped, seeds=8, gold=(ANA, RUI, more)).made
    numbers = [(copy.change.name, copy.seed) for copy in made]
    assert numbers == [(CLEAN, 0), ("lower", 0), *(("swapped", n) for n in range(8))]
    assert made[1].texts[0].text == "ana sá vive em faro."
    # Of a smaller file, the first texts are changed alike.
    typos = Change("typos", "typos", 0.5)
    few, many = copies_of(typos, gold=(ANA,)).made, copies_of(typos, gold=(ANA, RUI)).made
    assert [copy.texts[0] for copy in few] == [copy.texts[0] for copy in many]


def test_names_are_those_of_the_file_and_keep_the_label():
    unseen = Change("unseen", "names", settings={"names": "unseen"})
    copy = copies_of(unseen).made[1]
    assert [text.text for text in copy.texts] == ["Zé vive em Loulé.", "O Zé saiu."]
    assert copy.names == [["Zé", "Loulé"], ["Zé"]]
    other = Change("other", "names", settings={"names": "own", "of": "other"})
    copy = copies_of(other).made[1]
    assert copy.texts[1].text == "O Faro saiu."
    assert labels(copy.texts[1]) == ["PER"]


def test_a_name_whose_letters_were_changed_is_still_the_name():
    typos = Change("typos", "typos", 1.0, {"where": "entities"})
    copy = copies_of(typos).made[1]
    assert copy.texts[0].text != ANA.text
    assert copy.names == [["Ana Sá", "Faro"], ["Rui"]]


def test_two_texts_become_one_unless_they_are_long():
    join = Change("joined", JOIN)
    copy = copies_of(join, gold=(ANA, RUI, ANA)).made[1]
    assert [text.text for text in copy.texts] == [f"{ANA.text} {RUI.text}", ANA.text]
    assert copy.names[0] == ["Ana Sá", "Faro", "Rui"]
    long = labelled(["a"] * 199, [True] * 199, [(0, 1, "PER")])
    assert "joined" in copies_of(join, gold=(long, ANA)).left_out


def test_what_is_left_out_and_why():
    _, left_out, partly = make_copies((RUI,), QUICK, Material("pt"))
    assert "--foreign" in left_out["foreign names"]
    assert "--train" in left_out["unseen names"]
    assert left_out["no diacritics"] == "it changes none of the texts"
    assert left_out["names of another type"] == "there are no other names for PER"
    assert not partly
    # Names for one of two labels.
    material = Material("pt", {"foreign": names_of(PER=["John"])})
    _, left_out, partly = make_copies((ANA, RUI), QUICK, material)
    assert "foreign names" not in left_out
    assert "LOC, which keep their own" in partly["foreign names"]


# Figures


def test_figures_by_hand():
    nlp = rules(PER=["Ana", "Rui", "saiu", "RUI"], LOC=["Faro"])
    changes = [Change("upper", "case", settings={"form": "upper"}), Change("joined", JOIN)]
    clean, upper, joined = measure(nlp, copies_of(*changes).made, seen=names_of(PER=["rui", "X"]))
    # Gold: Ana Sá, Faro, Rui. Found: Ana, Faro, Rui, saiu.
    assert (clean.precision, clean.recall) == (0.5, 0.6667)
    assert (clean.f1, clean.clean_f1, clean.drop) == (0.5714, 0.5714, 0)
    kinds = clean.kinds
    assert (kinds.right, kinds.wrong_words, kinds.made_up) == (2, 1, 1)
    assert (clean.recall_seen, clean.n_seen) == (1.0, 1)
    assert (clean.recall_unseen, clean.n_unseen) == (0.5, 2)
    assert clean.interval[0] <= clean.f1 <= clean.interval[1]
    # Found: RUI.
    assert (upper.f1, upper.drop, upper.copies) == (0.5, round(1 - 0.5 / 0.5714, 4), 1)
    assert upper.kinds.missed == 2
    assert (upper.recall_seen, upper.recall_unseen) == (1.0, 0.0)
    assert (joined.f1, joined.drop) == (clean.f1, 0)


def test_several_seeds_are_averaged():
    nlp = rules(PER=["Ana Sá", "Rui"], LOC=["Faro"])
    typos = Change("typos", "typos", 0.2, {"where": "entities"})
    clean, row = measure(nlp, copies_of(typos, seeds=6).made)
    assert (clean.f1, clean.spread) == (1.0, 0.0)
    assert row.copies == len(row.f1_of_copies) == 6
    assert min(row.f1_of_copies) < row.f1 < max(row.f1_of_copies) <= 1
    assert row.spread > 0
    assert row.kinds.right + row.kinds.missed + row.kinds.wrong_words == pytest.approx(3, abs=0.1)


def test_a_wrong_label_and_a_pipeline_without_any():
    clean, *_ = measure(rules(ORG=["Faro"]), copies_of().made)
    assert (clean.kinds.wrong_label, clean.kinds.missed) == (1, 2)
    assert (clean.f1, clean.drop) == (0.0, None)
    (clean,) = measure(spacy.blank("pt"), copies_of().made)
    assert clean.drop is None


def test_the_difference_of_two_pipelines():
    lower = Change("lower case", "case", settings={"form": "lower"})
    made = copies_of(lower, Change("typos", "typos", 0.1), gold=(ANA, RUI) * 10).made
    good = [find(rules(PER=["Ana Sá", "Rui"], LOC=["Faro"]), copy) for copy in made]
    none = [find(spacy.blank("pt"), copy) for copy in made]
    pairs = {pair.change: pair for pair in pairs_of(made, {"good": good, "none": none})}
    assert set(pairs) == {copy.change.name for copy in made}
    clean, lower = pairs[CLEAN], pairs["lower case"]
    assert (clean.difference, clean.low, clean.high, clean.is_sure) == (1.0, 1.0, 1.0, True)
    assert (lower.difference, lower.is_sure) == (0.0, False)


# The command


@pytest.fixture
def files(tmp_path):
    """Ten texts, and two pipelines on disk."""
    with GOLD.open(encoding="utf8") as lines:
        (tmp_path / "gold.jsonl").write_text("".join(islice(lines, 10)), encoding="utf8")
    rules(ORG=["EDP", "Decathlon"], LOC=["Setúbal", "Mértola"]).to_disk(tmp_path / "a")
    rules(PER=["Marta", "Gustavo"], LOC=["Mértola"]).to_disk(tmp_path / "b")
    return tmp_path


def run(files, *pipelines, options=(), gold="gold.jsonl", output="out"):
    paths = [files / name for name in pipelines]
    command = ["evaluate", "robustness", files / gold, *paths, "--lang", "pt", "-q"]
    return xlner(*command, "--seeds", "2", "--output", files / output, *options)


def outcome(files):
    return json.loads((files / "out" / "robustness.json").read_text(encoding="utf8"))


def cells(files):
    return {file.name: file.stat().st_mtime_ns for file in (files / "out" / "cells").iterdir()}


def test_tables_and_heat_map(files):
    result = run(files, "a", "b")
    assert result.exit_code == 0, result.output
    found = outcome(files)
    rows = {(row["pipeline"], row["change"]): row for row in found["rows"]}
    assert rows["a", CLEAN]["kinds"]["right"] == 4
    assert rows["a", "lower case"]["f1"] == 0
    assert rows["a", "lower case"]["drop"] == 1
    assert {pipeline for pipeline, _ in rows} == {"a", "b"}
    assert {(pair["first"], pair["second"]) for pair in found["pairs"]} == {("a", "b")}
    assert found["settings"]["versions"]["spacy"] == spacy.__version__
    assert set(found["left_out"]) == {"unseen names", "foreign names"}
    assert "Left out: foreign names" in result.stdout
    table = (files / "out" / "robustness.md").read_text(encoding="utf8")
    assert result.stdout.strip() in table
    assert "| lower case | 0.000, 0.000-0.000 (-100.0%) |" in table
    drawing = ElementTree.parse(files / "out" / "robustness.svg")
    drawn = {text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {"a", "b", "lower case", "two texts joined", f"{rows['a', CLEAN]['f1']:.3f}"} <= drawn
    assert "-100.0%  (0.000)" in drawn


@pytest.mark.long
def test_a_run_goes_on_where_it_was(files):
    assert run(files, "a").exit_code == 0
    first, before = outcome(files), cells(files)
    (gone,) = [name for name in sorted(before)][:1]
    (files / "out" / "cells" / gone).unlink()
    assert run(files, "a", "b").exit_code == 0
    after = cells(files)
    assert {name for name in before if before[name] == after[name]} == set(before) - {gone}
    assert len(after) == 2 * len(before)

    def figures(rows):
        return [{**row, "seconds": 0} for row in rows if row["pipeline"] == "a"]

    assert figures(outcome(files)["rows"]) == figures(first["rows"])
    # Another pipeline under the same name is measured anew.
    rules(LOC=["Mértola"]).to_disk(files / "a")
    assert run(files, "a").exit_code == 0
    assert len(cells(files)) == 3 * len(before)
    assert outcome(files)["rows"][0]["kinds"]["right"] == 1


def test_names_from_files(files):
    lines = [{"label": "PER", "text": "Zé Luz"}, {"label": "LOC", "text": "MÉRTOLA"}]
    (files / "names.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (files / "foreign.conll").write_text("John B-PER\nSmith I-PER\nleft O\n\nNASA B-ORG\n")
    options = [
        *("--names", files / "names.jsonl", "--foreign", files / "foreign.conll"),
        *("--train", files / "gold.jsonl"),
    ]
    result = run(files, "b", options=options)
    assert result.exit_code == 0, result.output
    found = outcome(files)
    assert found["left_out"] == {}
    # Mértola is in the training corpus; LOC has no foreign names.
    assert "unseen names: there are no other names for LOC, ORG" in result.stdout
    assert "foreign names: there are no other names for LOC" in result.stdout
    rows = {row["change"]: row for row in found["rows"]}
    assert rows[CLEAN]["n_unseen"] == 0
    n_persons = rows["unseen names"]["n_unseen"]
    assert n_persons > 0
    assert rows["unseen names"]["recall_unseen"] == 0
    assert rows[CLEAN]["recall_seen"] == rows[CLEAN]["recall"]


def test_labels_that_the_gold_has_not(files):
    rules(PERSON=["Marta"], LOC=["Mértola"]).to_disk(files / "c")
    result = run(files, "c")
    assert "c finds PERSON (1), which the gold does not have (LOC, ORG, PER)" in result.stdout
    result = run(files, "c", options=["--labels", "LOC"], output="locations")
    assert result.exit_code == 0, result.output
    assert "PERSON" not in result.stdout
    result = run(files, "c", options=["--labels", "DATE"], output="dates")
    assert result.exit_code == 1
    assert "labels LOC, ORG, PER, none of --labels" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("few.conll", "", "has no sentences"),
        ("few.jsonl", "", "its 0 texts have no entities"),
        ("few.conll", "Chove O\n. O\n", "its 1 texts have no entities"),
        ("few.conll", "Ana B-PER\n\n\n", None),
        ("few.jsonl", '{"text": "", "ents": []}\n{"text": "Zé", "ents": [[0, 2, "PER"]]}', None),
    ],
)
def test_little_gold(files, name, content, message):
    (files / name).write_text(content)
    result = run(files, "a", gold=name)
    assert result.exit_code == (0 if message is None else 1), result.output
    assert (message or "") in result.stderr
    if message:
        assert not (files / "out").exists()


def test_a_folder_with_other_results(files):
    assert run(files, "a").exit_code == 0
    kept = (files / "out" / "robustness.json").read_text()
    result = run(files, "a", options=["--limit", "5"])
    assert result.exit_code == 1
    assert "holds the results of another run (limit: None, now 5" in result.stderr
    assert (files / "out" / "robustness.json").read_text() == kept
    (files / "out" / "robustness.json").write_text("[]")
    assert "is not what this command wrote" in run(files, "a").stderr


def test_a_damaged_cell_is_named(files):
    assert run(files, "a").exit_code == 0
    cell = sorted((files / "out" / "cells").iterdir())[0]
    cell.write_text("{")
    result = run(files, "a")
    assert result.exit_code == 1
    assert f"{cell} is damaged" in result.stderr


def test_what_cannot_be_measured_is_named(files):
    assert "There is no suite 'huge'" in run(files, "a", options=["--suite", "huge"]).stderr
    assert "is there twice" in run(files, "a", "b", "a").stderr
    (files / "none.conll").write_text("Chove O\n")
    result = run(files, "a", options=["--foreign", files / "none.conll"])
    assert "none.conll: there are no names in it" in result.stderr
    # Before anything is measured.
    assert "nowhere" in run(files, "a", "nowhere").stderr
    assert not (files / "out").exists()


def test_names_of_a_corpus_and_of_a_list(files):
    nlp = spacy.blank("pt")
    names = read_names(files / "gold.jsonl", nlp, "pt")
    assert names.has("LOC", "setúbal")
    assert not names.has("PER", "Setúbal")
    assert own_names([ANA]).labels() == ["PER", "LOC"]
    (files / "broken.jsonl").write_text("{")
    with pytest.raises(InputError, match="line 1"):
        read_names(files / "broken.jsonl", nlp, "pt")
