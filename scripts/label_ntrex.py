"""Silver labels for the recogniser's second stage: NTREX's English, labelled and projected.

    XLNER_DATA=... python scripts/label_ntrex.py silver.jsonl [--recogniser FOLDER]

The recogniser labels the English side; its labels are projected onto the other languages and vote with
what it finds there (`own_voice`). One line per sentence: the text, its words and entities, which words
two voters could not agree on, and whether a name found no place.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import spacy
import srsly
import typer
from ntrex import ENGLISH, read_ntrex
from spacy.tokens import Doc
from tqdm import tqdm

from xlner_spacy import give_translation
from xlner_spacy.annotators.recogniser import Recogniser
from xlner_spacy.files import atomic_file

# The languages of the test sets that figures are reported on, and what is close to them.
LEFT_OUT = ["por", "deu", "zho", "spa", "ita", "glg", "eus", "nob", ENGLISH]


def main(
    output: Annotated[Path, typer.Argument(help="A .jsonl file.")],
    recogniser: Annotated[str | None, typer.Option(help="Folder of a model.")] = None,
    sentences: Annotated[int, typer.Option(help="Sentences of each language.")] = 500,
) -> None:
    """Label, project and write."""
    texts = read_ntrex()
    model = Recogniser(model=recogniser)
    records: list[dict[str, Any]] = []
    for code in tqdm([code for code in texts if code not in LEFT_OUT], unit="language"):
        records += _labelled(code, texts[code], texts[ENGLISH], model, sentences)
    with atomic_file(output) as file:
        for record in records:
            file.write(f"{srsly.json_dumps(record)}\n".encode())


def _labelled(
    code: str, texts: list[str], english: list[str], model: Recogniser, sentences: int
) -> Iterator[dict[str, Any]]:
    # Characters where words are not separated, whatever is installed for the language.
    tokenizer = {"@tokenizers": "xlner.CharacterTokenizer.v1"}
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": tokenizer}})
    config = {"target_lang": code.split("-")[0], "own_voice": True}
    nlp.add_pipe("xl_projector", config=config).use(annotator=model, voice=model)
    usable = [k for k, s in enumerate(english) if 5 < len(s.split()) < 40 and texts[k].strip()]
    chosen = random.Random(code).sample(usable, sentences)
    docs = [give_translation(nlp.make_doc(texts[k].strip()), english[k], lang="en") for k in chosen]
    return (_record(doc) for doc in nlp.pipe(docs) if not any(token.is_space for token in doc))


def _record(doc: Doc) -> dict[str, Any]:
    unsure = [
        doc.char_span(lost["start_char"], lost["end_char"], alignment_mode="expand")
        for lost in doc._.xl_unplaced
        if lost["translation"] == -1
    ]
    return {
        "text": doc.text,
        "words": [(token.idx, token.idx + len(token)) for token in doc],
        "ents": [(ent.start, ent.end, ent.label_) for ent in doc.ents],
        "unsure": [(span.start, span.end) for span in unsure if span is not None],
        "lost": any(lost["translation"] >= 0 for lost in doc._.xl_unplaced),
    }


if __name__ == "__main__":
    typer.run(main)
