"""`xlner evaluate shift`: figures by hand, cells that are kept, and what is refused."""

from __future__ import annotations

import json
import math

import pytest
import spacy

from tests.shared import xlner
from xlner_spacy.errors import InputError
from xlner_spacy.evaluation.domains import Domain, find_domains
from xlner_spacy.evaluation.kinds_of_errors import kinds_of_errors
from xlner_spacy.evaluation.pipeline_names import named_pipelines
from xlner_spacy.evaluation.shift import evaluate_shift
from xlner_spacy.evaluation.shift_tables import as_markdown, as_plot

NEWS = (
    "Ana B-PER\nvive O\nem O\no O\nPorto B-LOC\n\nSecreta B-ORG\nabre O\n\nRui B-PER\nri O\n\n" * 4
)
LAW = (
    "O O\nréu O\nAna B-PESSOA\nGil I-PESSOA\n\nRui B-PESSOA\nfoi O\na O\nPorto B-LOCAL\n\nTribunal O\n\n"
    * 4
)
MAP = {"PESSOA": "PER", "LOCAL": "LOC"}


def rules(folder, lang="pt", **patterns):
    """A pipeline on disk that finds just these words."""
    nlp = spacy.blank(lang)
    nlp.add_pipe("entity_ruler").add_patterns(
        [{"label": label, "pattern": p} for label, words in patterns.items() for p in words]
    )
    nlp.to_disk(folder)
    return str(folder)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "news.conll").write_text(NEWS)
    (tmp_path / "law.conll").write_text(LAW)
    rules(tmp_path / "a", PER=["Ana", "Rui"], LOC=["Porto"], ORG=["Tribunal"])
    rules(tmp_path / "b", PER=["Ana Gil", "Rui"], LOC=["Tribunal"])
    return tmp_path


def domains(files, labels=MAP, **settings):
    return [
        Domain("news", "pt", files / "news.conll"),
        Domain("law", "pt", files / "law.conll", labels, **settings),
    ]


def run(files, pipelines=("a", "b"), own=None, **settings):
    return evaluate_shift(
        named_pipelines(str(files / name) for name in pipelines),
        own or domains(files),
        settings.pop("in_domains", ["news"]),
        files / "out",
        quiet=True,
        **settings,
    )


def test_figures_by_hand(files):
    outcome = run(files)
    row = outcome["rows"][0]
    assert (row["pipeline"], row["domain"], row["in_domain"]) == ("a", "law", "news")
    assert row["labels"] == ["LOC", "PER"]  # no ORG in law: neither Secreta nor Tribunal counts
    # In: all 3 found. Out: Ana for Ana Gil; Rui and Porto right.
    assert (row["in"]["f1"], row["out"]["f1"]) == (1.0, 0.6667)
    assert row["drop"]["value"] == row["relative_drop"]["value"] == 0.3333
    assert row["out"]["errors"] == {"wrong_words": 4, "wrong_label": 0, "missed": 0, "made_up": 0}
    # b: in: Rui alone of 3. Out: Ana Gil and Rui of 3, and Tribunal is made up.
    other = outcome["rows"][1]
    assert (other["in"]["f1"], other["out"]["f1"]) == (0.5, 0.6667)
    assert other["relative_drop"]["value"] == -0.3333
    assert other["out"]["errors"] == {"wrong_words": 0, "wrong_label": 0, "missed": 4, "made_up": 4}
    (difference,) = outcome["differences"]
    assert (difference["first"], difference["second"]) == ("a", "b")
    assert difference["value"] == 0.6667
    assert difference["low"] < 0.6667 < difference["high"]
    assert outcome["notes"] == []
    assert outcome["lines"] == {}


def test_kinds_of_errors():
    gold = [{(0, 1, "PER"), (2, 4, "LOC"), (5, 6, "ORG"), (8, 9, "PER")}]
    found = [{(0, 1, "LOC"), (3, 4, "LOC"), (8, 9, "PER"), (10, 11, "PER")}]
    expected = {"wrong_words": 1, "wrong_label": 1, "missed": 1, "made_up": 1}
    assert kinds_of_errors(found, gold) == expected


def test_cells_are_kept_without_texts_and_not_run_again(files):
    lines: list[str] = []
    first = run(files, report=lines.append)
    assert lines == ["news: a", "law: a", "news: b", "law: b"]
    written = "".join(path.read_text() for path in (files / "out").rglob("*.json"))
    assert not any(word in written for word in ("Ana", "réu", "Secreta"))
    lines.clear()
    # Other labels are scored of what is kept, too.
    assert run(files, report=lines.append) == first
    run(files, labels=["PER"], report=lines.append)
    assert lines == []
    # An interrupted run goes on; another pipeline under the name and other texts are other cells.
    next((files / "out" / "cells").glob("b-law-*")).unlink()
    run(files, report=lines.append)
    assert lines == ["law: b"]
    rules(files / "b", PER=["Rui"])
    (files / "law.conll").write_text(LAW * 2)
    lines.clear()
    run(files, report=lines.append)
    assert lines == ["law: a", "news: b", "law: b"]
    lines.clear()
    run(files, limit=2, report=lines.append)
    assert len(lines) == 4


def test_labels_of_the_pipelines(files):
    rules(files / "c", PERSON=["Ana", "Rui"])
    outcome = run(files, ["c"])
    assert outcome["rows"][0]["relative_drop"] is None
    assert "finds none of the labels scored in news, but PERSON" in outcome["notes"][0]
    outcome = run(files, ["c"], pipeline_labels={"PERSON": "PER"})
    assert outcome["rows"][0]["in"]["f1"] == 0.8
    assert outcome["notes"] == []


def test_a_pipeline_that_finds_no_entity(files):
    spacy.blank("pt").to_disk(files / "none")
    outcome = run(files, ["a", "none"])
    assert outcome["rows"][1]["in"]["f1"] == 0
    assert outcome["rows"][1]["relative_drop"] is None
    assert outcome["notes"] == ["none finds no entity in news.", "none finds no entity in law."]
    assert "value" not in outcome["differences"][0]
    assert "| none | 0.0000" in as_markdown(outcome)
    assert as_plot(outcome).endswith("</svg>\n")


def test_baselines(files):
    words = ["Ana", "Rui", "Porto"]
    for n in range(5):
        rules(
            files / f"base{n}", PER=[words[n % 3], *["Rui", "ri"][: n // 3 + 1]], LOC=["Porto"][:n]
        )
    names = [f"base{n}" for n in range(5)]
    outcome = run(files, [*names, "b", "a"], baselines=names)
    line = outcome["lines"]["law"]
    assert [row["effective_robustness"] is None for row in outcome["rows"][:5]] == [True] * 5
    # b has an F1 of .5 in the domain, the logit of which is 0.
    expected = 1 / (1 + math.exp(-line["intercept"]))
    rho = outcome["rows"][5]["effective_robustness"]
    assert rho["value"] == pytest.approx(2 / 3 - expected, abs=1e-4)
    assert rho["low"] < rho["value"] < rho["high"]
    # a has all of them right: no F1 to expect.
    assert outcome["rows"][6]["effective_robustness"] is None
    assert "Effective robustness (Taori et al. 2020)" in as_markdown(outcome)
    assert as_plot(outcome) == as_plot(outcome)


def test_several_languages(files):
    english = Domain("tweets", "en", files / "news.conll")
    outcome = run(files, own=[*domains(files), english])
    assert outcome["notes"] == ["tweets differs from news in language, too."]
    own = [*domains(files), english, Domain("web", "en", files / "law.conll", MAP)]
    outcome = run(files, own=own, in_domains=["news", "web"])
    compared = {row["domain"]: row["in_domain"] for row in outcome["rows"]}
    assert compared == {"law": "news", "tweets": "web"}
    with pytest.raises(InputError, match="No domain is compared with the in-domain set 'web'"):
        run(files, own=[*own[:2], own[3]], in_domains=["news", "web"])
    own.append(Domain("dutch", "nl", files / "news.conll"))
    with pytest.raises(InputError, match="dutch is in 'nl': no in-domain set"):
        run(files, own=own, in_domains=["news", "web"])
    with pytest.raises(InputError, match="tweets and web are both in-domain sets of 'en'"):
        run(files, own=own, in_domains=["news", "tweets", "web"])


def test_a_long_text_of_many_entities(files):
    (files / "long.conll").write_text("Ana B-PER\nri O\n" * 1500)
    own = [domains(files)[0], Domain("long", "pt", files / "long.conll")]
    outcome = run(files, ["a"], own)
    assert outcome["rows"][0]["out"]["f1"] == 1.0
    assert outcome["domains"]["long"]["longest"] == 3000


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"in_domains": ["web"]}, "'web' is not among the domains"),
        ({"in_domains": []}, "no in-domain set to compare with"),
        ({"in_domains": ["news", "law"]}, "no other domain to compare with"),
        ({"labels": ["DATE"]}, "share no label of DATE"),
        ({"baselines": ["a", "b"]}, "5 baselines; there are 2"),
        ({"baselines": ["c"]}, "'c' is not among the pipelines"),
        ({"pipelines": ["nowhere"]}, "nowhere' is not a pipeline that can be loaded"),
        ({"pipelines": []}, "No pipeline is named"),
    ],
)
def test_what_does_not_fit(settings, problem, files):
    with pytest.raises(InputError, match=problem):
        run(files, **settings)


def test_domains_that_do_not_fit(files):
    news = domains(files)[0]
    with pytest.raises(
        InputError, match="share no label: news has LOC, ORG, PER and law has LOCAL"
    ):
        run(files, own=domains(files, {}))
    with pytest.raises(InputError, match="law has no ORG in 12 texts"):
        run(files, own=domains(files, {"ORGANIZACAO": "ORG"}, keep_others=False))
    with pytest.raises(InputError, match="Two domains are called 'news'"):
        run(files, own=[news, news])
    (files / "texts.jsonl").write_text('{"text": "", "ents": []}\n')
    with pytest.raises(InputError, match="texts has none"):
        run(files, own=[news, Domain("texts", "pt", files / "texts.jsonl")])
    (files / "empty.conll").write_text("")
    with pytest.raises(InputError, match="has no sentences"):
        run(files, own=[news, Domain("empty", "pt", files / "empty.conll")])


def test_command_line(files):
    out = files / "out"
    arguments = [
        files / "a",
        f"second={files / 'b'}",
        "--in-domain",
        f"news={files / 'news.conll'}",
    ]
    arguments += ["--domain", f"law={files / 'law.conll'}", "--lang", "pt", "-o", out]
    arguments += [item for old, new in MAP.items() for item in ("--label-map", f"{old}={new}")]
    result = xlner("evaluate", "shift", *arguments)
    assert result.exit_code == 0, result.output
    assert "| law (news) | LOC PER     | second" in result.stdout.replace("PER |", "PER     |")
    assert "law: second" in result.stderr
    rows = json.loads((out / "shift.json").read_text())["rows"]
    assert [row["pipeline"] for row in rows] == ["a", "second"]
    assert (out / "shift.md").read_text().startswith(result.stdout.rstrip())
    assert "law" in (out / "shift.svg").read_text()
    again = [item for item in arguments if item != "--in-domain"]
    again[again.index(f"news={files / 'news.conll'}")] = f"--domain=news={files / 'news.conll'}"
    assert xlner("evaluate", "shift", *again, "--in-domain", "news").stdout == result.stdout
    result = xlner("evaluate", "shift", *arguments, "--in-domain", "nowhere")
    assert result.exit_code == 1
    assert "There is no domain 'nowhere'" in result.stderr


def test_command_line_with_a_config_of_domains(files, monkeypatch):
    config = files / "domains.cfg"
    config.write_text(
        "[domains]\n"
        f'[domains.news]\nlang = "pt"\nfile = "{files / "news.conll"}"\n'
        f'[domains.law]\nlang = "pt"\nfile = "{files / "law.conll"}"\n'
        '[domains.law.labels]\nPESSOA = "PER"\nLOCAL = "LOC"\n'
    )
    arguments = [files / "a", "--domains", config, "--in-domain", "news", "-o", files / "out", "-q"]
    result = xlner("evaluate", "shift", *arguments)
    assert result.exit_code == 0, result.output
    assert "0.6667" in result.stdout
    monkeypatch.setenv("XLNER_DATA", str(files))
    result = xlner("evaluate", "shift", *arguments, "--domain", "letters")
    assert result.exit_code == 1
    assert "Set XLNER_DATA" in result.stderr


@pytest.mark.data
@pytest.mark.models
def test_the_recogniser_on_law(data, tmp_path):
    own = find_domains(["uner-bosque-dev", "lener_br"], folder=data)
    pipelines = {"recogniser": "configs/recogniser.cfg"}
    outcome = evaluate_shift(pipelines, own, ["uner-bosque-dev"], tmp_path, limit=40, quiet=True)
    (row,) = outcome["rows"]
    assert row["in"]["f1"] > 0.6
    assert row["out"]["counts"]["predicted"] > 10
    assert outcome["domains"]["lener_br"]["left_out"]
