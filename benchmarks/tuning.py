"""`xlner tune` against gold: the regret of what it chooses (docs/results.md).

    XLNER_DATA=... python -m benchmarks.tuning KEPT [--only PATTERN]

takes the first 200 texts of each gold file through all methods, which it keeps in the folder KEPT, and writes
benchmarks/results/tuning.json and tuning.md. `--weights` prints the weights of evaluation/evidence.py as learnt from all of them.

Whatever is tuned is tuned on other languages: for each language the weights of the evidence, the missing
share and the threshold are learnt from the files of all others, with the same weight for each language.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from spacy.tokens import Doc, Span
from tqdm import tqdm

from benchmarks.tuning_estimators import report
from xlner_spacy import give_translation
from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.corpus.gold import read_gold
from xlner_spacy.evaluation.metrics import only, token_entities
from xlner_spacy.evaluation.projection import read_parallel
from xlner_spacy.evaluation.rivals import PROJECTION, rivals
from xlner_spacy.evaluation.trials import run_trials
from xlner_spacy.files import write_json
from xlner_spacy.pipeline.loading import load
from xlner_spacy.text.languages import blank, check_language

PROJECT = Path(__file__).parents[1]
DATA = Path(os.environ.get("XLNER_DATA", "assets"))
LABELS = ["PER", "LOC", "ORG"]
FIRST = 200
FRENCH = ("wol", "bam", "mos", "bbj")  # their translations are French
APERTIUM = {"components.xl_projector.translator": {"@xl_translators": "xlner.Apertium.v1"}}
PUD = "uner_pud/{}_pud-ud-test.iob2"
EUROPARL = "europarl_ner/{}-europarl.test.conll02"


class Gold(NamedTuple):
    """Labelled texts, with their translations or without."""

    name: str
    group: str  # files of one language are left out together; Croatian and Serbian too
    lang: str
    sources: list[str]
    read: Callable[[], list[Doc]]
    overrides: Mapping[str, Any] | None = None


def golds() -> Iterator[Gold]:
    """All that is measured."""
    for code in ("lug", "luo", "pcm", "tsn", "wol", "bam", "mos", "bbj"):
        lang, source = check_language(code), "fr" if code in FRENCH else "en"
        yield Gold(f"masakha-{code}", code, lang, [source], lambda c=code: _masakha(c))
    assets = PROJECT / "assets/gold.pt.jsonl"
    yield Gold("assets", "pt", "pt", ["en"], lambda: _plain(assets, "pt"))
    bosque = DATA / "uner_portuguese_bosque/pt_bosque-ud-dev.iob2"
    yield Gold("bosque-dev", "pt", "pt", ["en"], lambda: _plain(bosque, "pt"))
    for files, name, lang, every in (
        (PUD, "pud", "pt", ["en", "de", "zh"]),
        (PUD, "pud", "de", ["en", "pt", "zh"]),
        (PUD, "pud", "zh", ["en", "pt", "de"]),
        (EUROPARL, "europarl", "de", ["en", "es"]),
        (EUROPARL, "europarl", "es", ["en", "de"]),
    ):
        for sources in (["en"], every):
            suffix = f"-{len(sources)}" if len(sources) > 1 else ""
            read = lambda f=files, t=lang, s=sources: _parallel(f, t, s)  # noqa: E731
            yield Gold(f"{name}-{lang}{suffix}", lang, lang, sources, read)
    apertium = DATA / "apertium_dev"
    for name, lang, group, sources, file in (
        ("basque", "eu", "eu", ["en", "es"], "basque_nerc/nerc_id.test.jsonl"),
        ("croatian", "hr", "sh", ["en"], "setimes_hr_sr/more.hr.iob2"),
        ("serbian", "sr", "sh", ["en"], "setimes_hr_sr/more.sr.iob2"),
    ):
        texts = lambda f=file, t=lang: _plain(apertium / f, t)  # noqa: E731
        yield Gold(name, group, lang, sources, texts, APERTIUM)


def _plain(file: Path, lang: str) -> list[Doc]:
    return [doc for _, doc in zip(range(FIRST), read_gold(file, blank(lang), lang), strict=False)]


def _masakha(code: str) -> list[Doc]:
    file = DATA / f"masakha_parallel/{code}.test.jsonl"
    docs = _plain(file, check_language(code))
    lines = [line for line in file.read_text("utf8").splitlines() if line.strip()]
    for doc, line in zip(docs, lines, strict=False):
        record = json.loads(line)
        give_translation(doc, record["translation"], lang=record["lang"])
    return docs


def _parallel(files: str, lang: str, sources: Sequence[str]) -> list[Doc]:
    """Target sentences with the texts of the other sides, without their labels."""
    rows, _ = read_parallel(DATA / files.format(lang), {s: DATA / files.format(s) for s in sources})
    nlp = blank(lang)
    docs = []
    for row in rows[:FIRST]:
        doc = to_doc(nlp.vocab, row.target.words, row.target.text, lang)
        doc.ents = [Span(doc, *entity) for entity in row.target.entities]
        for code, side in row.sources.items():
            text = to_doc(nlp.vocab, side.words, side.text, code).text
            give_translation(doc, text, lang=code)
        docs.append(doc)
    return docs


def try_out(gold: Gold) -> dict[str, Any]:
    """What every method finds, as JSON."""
    docs = gold.read()
    nlp = load(lang=gold.lang, source_langs=gold.sources, overrides=gold.overrides)
    methods = rivals(nlp, gold.sources, gold.lang)
    trials, failed = run_trials(methods, docs)
    return {
        "name": gold.name,
        "group": gold.group,
        "words": [[token.text for token in doc] for doc in docs],
        "gold": [sorted(only(token_entities(doc), LABELS)) for doc in docs],
        "found": {
            name: [[[*entity, sure] for entity, sure in own.items()] for own in trial.found]
            for name, trial in trials.items()
        },
        "scores": [
            [e["score"] for t in own for e in t["entities"] or []]
            for own in trials[PROJECTION].translations
        ],
        "seconds": {name: round(trial.seconds, 2) for name, trial in trials.items()},
        "failed": failed,
    }


def main(
    kept: Annotated[Path, typer.Argument(help="A folder for what methods find.")],
    only_: Annotated[str, typer.Option("--only", help="Names of files, with * and ?.")] = "*",
    weights: Annotated[bool, typer.Option(help="Print the weights.")] = False,
) -> None:
    """Measure; methods are not run again on what is in KEPT."""
    kept.mkdir(parents=True, exist_ok=True)
    every = [gold for gold in golds() if fnmatch(gold.name, only_)]
    for gold in tqdm(every, disable=None):
        file = kept / f"{gold.name}.json"
        if not file.is_file():
            write_json(file, try_out(gold))
    records = [json.loads((kept / f"{gold.name}.json").read_text("utf8")) for gold in every]
    report(records, Path(__file__).parent / "results", weights=weights)


if __name__ == "__main__":
    typer.run(main)
