"""What a vote without labels says of sources that are projected from, and what gold says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import spacy

from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.document.give import give_translation
from xlner_spacy.evaluation.metrics import micro_f1, only
from xlner_spacy.evaluation.projection import read_parallel
from xlner_spacy.evaluation.sources import Asked, among, ask, placed
from xlner_spacy.files import write_json
from xlner_spacy.pipeline.polls import listen_to_polls
from xlner_spacy.ranking.agreeing import agreement_of
from xlner_spacy.ranking.likeness import likeness
from xlner_spacy.ranking.sample_texts import sample_of
from xlner_spacy.voters.agreement import Agreement

from .gold import DATA, LABELS
from .measure import Score, by_chance, measure

PUD = ("uner_pud/{}_pud-ud-test.iob2", ("en", "de", "pt", "zh"))
EUROPARL = ("europarl_ner/{}-europarl.test.conll02", ("en", "de", "es"))
# Gold: the sources' entities are gold. Found: the recogniser finds them, and reads the text itself too.
RUNS = [
    *((PUD, target, "gold") for target in ("pt", "de", "zh")),
    *((PUD, target, "found") for target in ("pt", "de", "zh")),
    *((EUROPARL, target, "found") for target in ("de", "es")),
]


def run(file: Path, limit: int) -> None:
    """Measure what was not measured yet, and write it."""
    results = json.loads(file.read_text()) if file.is_file() else {}
    results.pop("rankings", None)
    for (files, langs), target, kind in RUNS:
        name = f"{files.split('/')[0]} {target}, {kind}"
        if name in results:
            continue
        sources = [lang for lang in langs if lang != target]
        asked = (gold_entities if kind == "gold" else found_entities)(files, target, sources, limit)
        labels = None if kind == "gold" else list(LABELS)
        gold = [only(entities, labels) for entities in asked.gold]
        f1 = {}
        for source in sources:
            votes = Agreement()(among(asked.polls, {source}))
            f1[source] = micro_f1([only(placed(own), labels) for own in votes], gold)
        expected = {who: round(value, 4) for who, value in agreement_of(asked.polls).f1.items()}
        results[name] = {"f1": f1, "expected": expected}
        print(name, results[name], flush=True)
        write_json(file, results)
    rankings = ranked(results)
    print(*rankings.items(), sep="\n")
    write_json(file, {**results, "rankings": rankings})


def gold_entities(files: str, target: str, sources: Sequence[str], limit: int) -> Asked:
    """Polls of projected gold entities."""
    nlp = spacy.blank(target)
    nlp.add_pipe("xl_projector", config={"source_langs": list(sources), "own_voice": False})
    golds = {source: DATA / files.format(source) for source in sources}
    return ask(nlp, DATA / files.format(target), golds, target, limit=limit)


def found_entities(files: str, target: str, sources: Sequence[str], limit: int) -> Asked:
    """Polls where the recogniser reads human translations, and the texts themselves."""
    nlp = spacy.blank(target)
    nlp.add_pipe("xl_projector", config={"source_langs": list(sources)})
    polls = listen_to_polls(nlp)
    golds = {source: DATA / files.format(source) for source in sources}
    rows, _ = read_parallel(DATA / files.format(target), golds)
    rows = [row for row in rows if len(row.sources) == len(sources)][:limit]
    docs = []
    for row in rows:
        doc = to_doc(nlp.vocab, row.target.words, row.target.text, target)
        for lang, source in row.sources.items():
            text = to_doc(spacy.blank(lang).vocab, source.words, source.text, lang).text
            give_translation(doc, text, lang=lang)
        docs.append(doc)
    for _ in nlp.pipe(docs, batch_size=64):
        pass
    return Asked(polls, [set(row.target.entities) for row in rows])


def ranked(results: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """How well sources are ranked over all runs: by agreement, by likeness, and without looking."""
    matrix = {name: own["f1"] for name, own in results.items()}

    def alike(name: str, sources: Sequence[str]) -> dict[str, float]:
        target = name.split()[1].strip(",")
        return likeness(sample_of(target)[:25], {s: sample_of(s)[:25] for s in sources})

    rankings: dict[str, Score] = {
        "agreement": lambda name, _: results[name]["expected"],
        "likeness": alike,
        "alphabetical": lambda _, sources: {s: -sorted(sources).index(s) for s in sources},
        "English first": lambda _, sources: {
            s: 2 * (s == "en") - sorted(sources).index(s) / 100 for s in sources
        },
    }
    found = {name: measure(score, matrix) for name, score in rankings.items()}
    return {"random": by_chance(matrix), **found}
