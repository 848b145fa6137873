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
from xlner_spacy.voters.agreement import Agreement

from .gold import DATA, LABELS

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
