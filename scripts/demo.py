"""The demo: project the sample texts, print what was found, write a page to look at."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
from spacy.tokens import Doc
from tqdm import tqdm
from wasabi import table

from xlner_spacy import load
from xlner_spacy.corpus.texts import read_docs
from xlner_spacy.errors import XlnerError
from xlner_spacy.files import atomic_file, make_folder
from xlner_spacy.reports.page import render_page
from xlner_spacy.text.terminal import printable, visible


def main(
    texts: Annotated[Path, typer.Argument(help="A .jsonl or .txt file.")],
    folder: Annotated[Path, typer.Argument(help="Where index.html goes.")],
    lang: Annotated[str, typer.Option(help="Language of the texts.")] = "pt",
) -> None:
    """Print the projected entities of each text and write a page that shows them."""
    try:
        show(texts, folder, lang)
    except (XlnerError, OSError) as error:
        typer.secho(visible(f"Error: {error}"), fg="red", err=True)
        raise typer.Exit(1) from error


def show(texts: Path, folder: Path, lang: str) -> None:
    """Project, print and write."""
    make_folder(folder)
    print("Making the pipeline (the first time, the encoder is unpacked: some seconds) ...")
    nlp = load(lang=lang)
    docs = list(tqdm(nlp.pipe(read_docs(str(texts), nlp, "en"), batch_size=16), unit="text"))
    for doc in docs:
        print(as_text(doc))
    placed = sum(len(doc.ents) for doc in docs)
    lost = sum(len(doc._.xl_unplaced) for doc in docs)
    print(f"{len(docs)} texts, {placed} entities placed, {lost} not placed.")
    page = folder / "index.html"
    with atomic_file(page) as file:
        file.write(render_page(docs, "xlner-spacy: projected entities", lang).encode("utf8"))
    print("Confidence: from 0 to 1, by word links and the recogniser's probability.")
    print(f"To see each text above its translation, open {page}")


def as_text(doc: Doc) -> str:
    """A text, and below it one line per entity: its label, its source and its confidence."""
    rows = [
        (
            printable(ent.text),
            ent.label_,
            printable(ent._.xl_source["text"]),
            f"{ent._.xl_confidence:.2f}",
        )
        for ent in doc.ents
    ]
    text = f"{printable(doc.text)}\n"
    return text + row_lines(rows) if rows else f"{text}  (no entities)\n"


def row_lines(rows: list[tuple[str, ...]]) -> str:
    """Aligned columns, indented."""
    columns = str(
        table(rows, header=("entity", "label", "from (source)", "confidence"), max_col=60)
    )
    return indent(columns.strip("\n"), "    ") + "\n"


if __name__ == "__main__":
    typer.run(main)
