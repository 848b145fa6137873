"""What translate-test loses where: each part of it with gold in its place, in turn.

    XLNER_DATA=... python benchmarks/breakdown.py [SOURCE_NER]

On UNER-PUD, whose English and Portuguese sentences translate each other and are both annotated.
SOURCE_NER: training/ewt/model-last of the workflow `bosque` unless given. Writes
benchmarks/results/breakdown.json.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import Doc

from xlner_spacy import give_translation
from xlner_spacy.annotators.spacy_pipeline import SpacyPipeline
from xlner_spacy.corpus.conll import GoldSentence, read_conll
from xlner_spacy.corpus.detokenize import to_doc
from xlner_spacy.evaluation.metrics import interval, score, token_entities
from xlner_spacy.evaluation.model import evaluate_model
from xlner_spacy.files import write_json
from xlner_spacy.text.languages import tokenizer

RESULT = Path(__file__).parent / "results" / "breakdown.json"


def source_doc(sentence: GoldSentence, with_entities: bool) -> Doc:
    """The human translation, on its gold tokens."""
    doc = to_doc(tokenizer("en").vocab, sentence.words, sentence.text, "en")
    if with_entities:
        doc.ents = [doc.char_span(*_offsets(doc, e), label=e[2]) for e in sentence.entities]
    return doc


def _offsets(doc: Doc, entity: tuple[int, int, str]) -> tuple[int, int]:
    span = doc[entity[0] : entity[1]]
    return span.start_char, span.end_char


def run(
    ner: str, pairs: list[tuple[GoldSentence, GoldSentence]], translated: bool, entities: bool
) -> dict[str, Any]:
    """Project onto the Portuguese sentences.

    translated (bool): Whether the English is the human translation, not the machine's.
    entities (bool): Whether its entities are gold, not the NER's.
    """
    nlp = spacy.blank("pt")
    component = nlp.add_pipe("xl_projector")
    component.use(annotator=SpacyPipeline(ner))  # type: ignore[attr-defined]
    docs = []
    for source, target in pairs:
        doc = to_doc(nlp.vocab, target.words, target.text, "pt")
        if translated:
            english = source_doc(source, entities)
            give_translation(doc, english if entities else english.text)
        docs.append(doc)
    docs = list(nlp.pipe(docs))
    found = [token_entities(doc) for doc in docs]
    gold = [set(target.entities) for _, target in pairs]
    result = score(docs, found, gold)
    return {
        "f1": result["f1"],
        "interval": interval(found, gold),
        "unlabelled": result["unlabelled"]["f1"],
        "precision": result["precision"],
        "recall": result["recall"],
    }


def main(ner: str) -> None:
    """Measure and write."""
    data = Path(os.environ["XLNER_DATA"]) / "uner_pud"
    english = {s.sent_id: s for s in read_conll(data / "en_pud-ud-test.iob2")}
    portuguese = read_conll(data / "pt_pud-ud-test.iob2")
    pairs = [(english[s.sent_id], s) for s in portuguese]
    on_english = evaluate_model([ner], data / "en_pud-ud-test.iob2", "en", quiet=True)
    rows = {
        "the source NER on the English gold sentences": {
            "f1": on_english["f1"],
            "interval": on_english["interval"],
            "unlabelled": on_english["unlabelled"]["f1"],
            "precision": on_english["precision"],
            "recall": on_english["recall"],
        },
        "gold English entities, human translation": run(ner, pairs, True, True),
        "source NER, human translation": run(ner, pairs, True, False),
        "source NER, machine translation": run(ner, pairs, False, False),
    }
    write_json(RESULT, {"corpus": "UNER-PUD en-pt", "source_ner": ner, "rows": rows})
    for name, row in rows.items():
        print(f"{name:48} F1 {row['f1']:.4f} without labels {row['unlabelled']:.4f}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "training/ewt/model-last")
