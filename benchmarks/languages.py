"""What works offline in which language (docs/languages.md): the recogniser, projection from Apertium's translations, both.

    XLNER_DATA=... python -m benchmarks.languages [--only PATTERN] [--kept FOLDER]

writes benchmarks/results/languages.json and languages.md. Gold files are measured by F1. NTREX has no labels: its first 200
sentences are measured by consistency with English. What the recogniser finds in the human English texts is projected
onto the language's own human texts, and what a system finds there is compared with it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any

import spacy
import typer
from sacrebleu.metrics import CHRF
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from benchmarks.domains import TRANSFER_ALONE
from benchmarks.views import BATCH, VIEWS, Asked, Material, figures, hear_all, translator
from benchmarks.voices import Gold, read
from xlner_spacy import give_translation
from xlner_spacy.evaluation.metrics import TokenEntity, token_entities
from xlner_spacy.files import atomic_file, write_json
from xlner_spacy.pipeline.stages.match import OWN, OWN_WEIGHT
from xlner_spacy.text.languages import tokenizer
from xlner_spacy.voters.consensus import Consensus

DATA = Path(os.environ.get("XLNER_DATA", "assets"))
RESULTS = Path(__file__).parent / "results"
# How many texts of each gold file; Basque has 1,846, the Norwegian ones 900 each.
GOLD = {"basque": 600, "croatian": 600, "serbian": 300, "norwegian": 300, "nynorsk": 300}
SENTENCES = 200  # of NTREX
NTREX = {
    "gl": "glg",
    "eu": "eus",
    "hr": "hrv",
    "mk": "mkd",
    "is": "isl",
    "ca": "cat",
    "af": "afr",
    "be": "bel",
    "bs": "bos",
    "sl": "slv",
}
SOURCES = {
    "da": "dan",
    "en": "eng",
    "es": "spa",
    "fr": "fra",
    "hr": "hrv",
    "it": "ita",
    "nl": "nld",
    "pt": "por",
    "ru": "rus",
    "sl": "slv",
    "sv": "swe",
}


def gold_material(name: str) -> tuple[Material, list[set[TokenEntity]]]:
    """The texts of a gold file, and their entities."""
    source = next(source for source in TRANSFER_ALONE if source.name == name)
    gold = Gold(source.name, source.lang, DATA / source.file)

    def docs(nlp: Language) -> list[Doc]:
        return read(gold, nlp, GOLD[name])

    right = [token_entities(doc) for doc in docs(spacy.blank("xx"))]
    return Material(name, source.lang, docs), right


def ntrex_material(lang: str) -> Material:
    """The first sentences of NTREX in a language."""
    make_doc = tokenizer(lang).make_doc

    def docs(nlp: Language) -> Iterator[Doc]:
        for line in _lines(NTREX[lang]):
            doc = make_doc(line)
            spaces = [bool(token.whitespace_) for token in doc]
            yield Doc(nlp.vocab, [token.text for token in doc], spaces)

    return Material(f"ntrex-{lang}", lang, docs)


def _lines(code: str) -> list[str]:
    return (DATA / f"ntrex/{code}.txt").read_text("utf8").splitlines()[:SENTENCES]


def from_english(material: Material, kept: Path | None) -> list[set[TokenEntity]]:
    """The entities of the human English texts, as the recogniser finds them, on those of a language."""
    file = kept / f"{material.name}-reference.json" if kept else None
    if file and file.is_file():
        return [{(a, b, label) for a, b, label in text} for text in json.loads(file.read_text())]
    nlp = spacy.blank("xx")
    config = {"source_langs": ["en"], "target_lang": material.lang, "own_voice": False}
    nlp.add_pipe("xl_projector", config=config)
    docs = list(material.read(nlp))
    for doc, line in zip(docs, _lines("eng"), strict=True):
        give_translation(doc, line, lang="en")
    piped = nlp.pipe(docs, batch_size=BATCH)
    found = [token_entities(doc) for doc in tqdm(piped, total=len(docs), disable=None)]
    if file:
        write_json(file, [sorted(text) for text in found])
    return found


def chrf(lang: str) -> dict[str, float]:
    """How near Apertium's translations are to the human ones, by source language (sacrebleu)."""
    scores = {}
    for source in {view.source for view in VIEWS[lang].values() if view.source}:
        answers = translator("")(_lines(NTREX[lang]), from_lang=lang, to_lang=source)
        score = CHRF().corpus_score(answers, [_lines(SOURCES[source])]).score
        scores[source] = round(score, 1)
    return scores


def measure(asked: Asked, *, consistency: bool) -> dict[str, Any]:
    """Every system on the texts of a language."""
    langs = [who for who in asked.by_view if len(who) == 2]
    each = dict.fromkeys(langs, 1.0)
    systems = {"transfer": {OWN: 1.0}}
    systems |= {f"projection {lang}": {lang: 1.0} for lang in langs}
    systems |= {f"both {lang}": {lang: 1.0, OWN: OWN_WEIGHT} for lang in langs}
    if len(langs) > 1:
        systems |= {"projection all": each, "both all": {**each, OWN: OWN_WEIGHT * len(langs)}}
    result: dict[str, Any] = {"sentences": len(asked.gold), "entities": sum(map(len, asked.gold))}
    for name, weights in systems.items():
        found = asked.found(Consensus(), weights)
        result[name] = figures(found, asked.gold)
        if consistency:
            result[name]["labels"] = f1_of_labels(found, asked.gold)
    return result


def f1_of_labels(one: list[set[TokenEntity]], other: list[set[TokenEntity]]) -> float:
    """F1 between the labels of two sides, counted, sentence by sentence (evaluation/consistency.py)."""
    shared = total = 0
    for first, second in zip(one, other, strict=True):
        labels = [Counter(label for *_, label in side) for side in (first, second)]
        shared += (labels[0] & labels[1]).total()
        total += labels[0].total() + labels[1].total()
    return round(2 * shared / total, 4) if total else 0.0


def markdown(results: dict[str, dict[str, Any]]) -> str:
    """A row a system."""
    rows = ["| texts | system | F1 or mentions | 95% | spans | labels |", "| --- " * 6 + "|"]
    for name, result in results.items():
        for system, own in result.items():
            if isinstance(own, dict):
                low, high = own["interval"]
                labels = f"{own['labels']:.3f}" if "labels" in own else ""
                cells = f"{own['f1']:.4f} | {low:.3f}-{high:.3f} | {own['spans']:.3f} | {labels}"
                rows.append(f"| {name} | {system} | {cells} |")
    return "\n".join(rows) + "\n"


def main(
    only: Annotated[str, typer.Option(help="Names of texts, with * and ?.")] = "*",
    kept: Annotated[Path | None, typer.Option(help="Where ballots are kept.")] = None,
    output: Annotated[Path, typer.Option(help="Where both files go.")] = RESULTS,
) -> None:
    """Measure; what is in the output of an earlier run is not measured again."""
    output.mkdir(parents=True, exist_ok=True)
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    file = output / "languages.json"
    results: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.is_file() else {}
    for name in [*GOLD, *(f"ntrex-{lang}" for lang in NTREX)]:
        if not fnmatch(name, only) or name in results:
            continue
        if name in GOLD:
            material, right = gold_material(name)
        else:
            material = ntrex_material(name.removeprefix("ntrex-"))
            right = from_english(material, kept)
        asked = Asked(hear_all(material, kept), right)
        results[name] = measure(asked, consistency=name not in GOLD)
        if name not in GOLD:
            results[name]["chrF"] = " ".join(f"{k} {v}" for k, v in chrf(material.lang).items())
        write_json(file, results)
    with atomic_file(output / "languages.md") as out:
        out.write(markdown(results).encode())


if __name__ == "__main__":
    typer.run(main)
